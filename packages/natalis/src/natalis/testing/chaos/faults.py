"""The faults: each strikes, and is mended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import asyncpg

from natalis.testing.chaos.fleet import Fleet, Process
from natalis.testing.chaos.schedule import Ground, Kind, Strike
from natalis.testing.chaos.site import Site
from natalis.testing.servers.postgres import Postgres, PostgresDatabase, PostgresReplica
from natalis.testing.servers.programs import ProgramFailed
from natalis.testing.servers.proxy import TcpProxy
from natalis.testing.servers.rabbitmq import RabbitMQ
from natalis.testing.servers.rabbitmq_cluster import ClusterVirtualHost, RabbitMQCluster
from natalis.testing.servers.server import Server, ServerFailed

QUEUE = "birthday-messages"


class Fault(Protocol):
    """Something that goes wrong, and is put right."""

    async def strike(self) -> None:
        """Go wrong."""
        ...

    async def mend(self) -> None:
        """Be put right: on return whatever was struck answers again."""
        ...


@dataclass(frozen=True, slots=True)
class ProcessKilled:
    """SIGKILL to a process of the fleet; its supervisor starts it again."""

    fleet: Fleet
    process: Process

    async def strike(self) -> None:
        """Kill it."""
        self.process.is_held = True
        await asyncio.to_thread(self.process.kill)

    async def mend(self) -> None:
        """Start it again."""
        await self.fleet.bring_back(self.process)


@dataclass(frozen=True, slots=True)
class Stopped:
    """SIGSTOP to a process or a server, then SIGCONT: a machine that stood still, and does not know it."""

    who: Server

    async def strike(self) -> None:
        """Stop it."""
        await asyncio.to_thread(self.who.pause)

    async def mend(self) -> None:
        """Let it go on."""
        await asyncio.to_thread(self.who.resume)


@dataclass(frozen=True, slots=True)
class ClockJumped:
    """The clock of one process is set off, and set right again."""

    process: Process
    by: timedelta

    async def strike(self) -> None:
        """Set it off."""
        self._set(self.by)

    async def mend(self) -> None:
        """Set it right."""
        self._set(timedelta())

    def _set(self, by: timedelta) -> None:
        if self.process.hand is None:
            raise ServerFailed(f"this {self.process.role} has no clock that can be set off")
        self.process.hand.set_off(by)


@dataclass(frozen=True, slots=True)
class ServerKilled:
    """SIGKILL to a server, which is started again."""

    server: Server | RabbitMQCluster

    async def strike(self) -> None:
        """Kill it."""
        await asyncio.to_thread(self.server.kill)

    async def mend(self) -> None:
        """Start it."""
        await asyncio.to_thread(self.server.start)


@dataclass(frozen=True, slots=True)
class NodeKilled:
    """SIGKILL to one node of the broker, which comes back and joins the others."""

    node: RabbitMQ
    cluster: RabbitMQCluster

    async def strike(self) -> None:
        """Kill it."""
        await asyncio.to_thread(self.node.kill)

    async def mend(self) -> None:
        """Start it and wait until all know it."""
        await asyncio.to_thread(self.cluster.start)


@dataclass(frozen=True, slots=True)
class DatabaseRestarted:
    """PostgreSQL is stopped in immediate mode and started again, once or several times in a row."""

    server: Postgres
    times: int = 1

    async def strike(self) -> None:
        """Stop it."""
        for _ in range(self.times - 1):
            await asyncio.to_thread(self.server.restart)
        await asyncio.to_thread(self.server.stop_immediately)

    async def mend(self) -> None:
        """Start it."""
        await asyncio.to_thread(self.server.start)


@dataclass(frozen=True, slots=True)
class Cut:
    """Every connection there is is reset; new ones are served."""

    proxies: Sequence[TcpProxy]

    async def strike(self) -> None:
        """Cut them."""
        for proxy in self.proxies:
            proxy.cut()

    async def mend(self) -> None:
        """Nothing to be done."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Connections are reset and new ones refused."""

    proxies: Sequence[TcpProxy]

    async def strike(self) -> None:
        """Refuse."""
        for proxy in self.proxies:
            await proxy.refuse()

    async def mend(self) -> None:
        """Serve again."""
        for proxy in self.proxies:
            await proxy.pass_through()


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing gets through any more, and nobody is told: a cable pulled out."""

    proxies: Sequence[TcpProxy]

    async def strike(self) -> None:
        """Pull it out."""
        for proxy in self.proxies:
            proxy.black_hole()

    async def mend(self) -> None:
        """Put it in again."""
        for proxy in self.proxies:
            await proxy.pass_through()


@dataclass(frozen=True, slots=True)
class ReplicaDelayed:
    """The replica receives and shows nothing new: its lag grows until it is let go on."""

    replica: PostgresReplica

    async def strike(self) -> None:
        """Hold it up."""
        await asyncio.to_thread(self.replica.pause_replay)

    async def mend(self) -> None:
        """Let it go on."""
        await asyncio.to_thread(self.replica.resume_replay)


@dataclass(slots=True)
class SnapshotHeld:
    """Somebody else's long transaction: what died since it began cannot be cleared away."""

    database: PostgresDatabase
    _connection: asyncpg.Connection | None = field(default=None, init=False)

    async def strike(self) -> None:
        """Begin it."""
        self._connection = await asyncpg.connect(self.database.admin_url)
        await self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        await self._connection.fetchval("SELECT count(*) FROM deliveries WHERE stage = 'w'")

    async def mend(self) -> None:
        """End it."""
        if self._connection is not None:
            await self._connection.close()


def fault_of(strike: Strike, site: Site, fleet: Fleet) -> Fault:
    """Return the fault that a strike asks for; asks the broker who leads, so it may block."""
    match strike.ground:
        case Ground.PROCESS:
            return _of_process(strike, fleet)
        case Ground.DATABASE:
            return _of_database(strike, site)
        case Ground.REPLICA:
            return _of_replica(strike, site.servers.replica)
        case Ground.BROKER:
            return _of_broker(strike, site)
        case Ground.CACHE:
            # Without a cache there is nothing to kill, and the schedule stays the same for every seed.
            return Cut(()) if site.servers.cache is None else ServerKilled(site.servers.cache)


def _of_process(strike: Strike, fleet: Fleet) -> Fault:
    found = fleet.of(strike.target)
    if strike.kind is Kind.CLOCK_JUMPED:
        return ClockJumped(_one_of([process for process in found if process.hand is not None], strike), strike.jump)
    return (
        Stopped(_one_of(found, strike)) if strike.kind is Kind.STOPPED else ProcessKilled(fleet, _one_of(found, strike))
    )


def _of_database(strike: Strike, site: Site) -> Fault:
    database, way = site.servers.database, [site.to_database]
    faults: dict[Kind, Callable[[], Fault]] = {
        Kind.DATABASE_RESTARTED: lambda: DatabaseRestarted(database.server),
        Kind.DATABASE_RESTARTED_TWICE: lambda: DatabaseRestarted(database.server, times=2),
        Kind.DATABASE_KILLED: lambda: ServerKilled(database.server),
        Kind.DATABASE_CUT: lambda: Cut(way),
        Kind.DATABASE_REFUSED: lambda: Refused(way),
        Kind.DATABASE_SILENT: lambda: Silent(way),
        Kind.SNAPSHOT_HELD: lambda: SnapshotHeld(database),
    }
    return faults[strike.kind]()


def _of_replica(strike: Strike, replica: PostgresReplica) -> Fault:
    faults: dict[Kind, Callable[[], Fault]] = {
        Kind.REPLICA_KILLED: lambda: ServerKilled(replica),
        Kind.REPLICA_STOPPED: lambda: Stopped(replica),
        Kind.REPLICA_DELAYED: lambda: ReplicaDelayed(replica),
    }
    return faults[strike.kind]()


def _of_broker(strike: Strike, site: Site) -> Fault:
    broker, ways = site.servers.broker, site.to_broker
    faults: dict[Kind, Callable[[], Fault]] = {
        Kind.NODE_KILLED: lambda: NodeKilled(_node(broker, strike), broker.cluster),
        Kind.NODE_STOPPED: lambda: Stopped(_node(broker, strike)),
        Kind.BROKER_KILLED: lambda: ServerKilled(broker.cluster),
        Kind.BROKER_AWAY: lambda: ServerKilled(broker.cluster),
        Kind.BROKER_CUT: lambda: Cut(ways),
        Kind.BROKER_SILENT: lambda: Silent(ways),
    }
    return faults[strike.kind]()


def _one_of(processes: Sequence[Process], strike: Strike) -> Process:
    return processes[int(strike.draw * len(processes))]


def _node(broker: ClusterVirtualHost, strike: Strike) -> RabbitMQ:
    try:
        leader = broker.leader_of(QUEUE)
    except (ServerFailed, ProgramFailed):
        leader = broker.cluster.nodes[0]
    if strike.target == "leader":
        return leader
    followers = [node for node in broker.cluster.nodes if node is not leader]
    return followers[int(strike.draw * len(followers))]
