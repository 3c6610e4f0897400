"""Opens a PostgreSQL database as a store."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from natalis.ports.clock import Clock
from natalis.ports.store import Pool, Store
from natalis.stores.postgres.address import Address, parse_address
from natalis.stores.postgres.census import PostgresCensus
from natalis.stores.postgres.desk import PostgresDesk
from natalis.stores.postgres.engine import Engine
from natalis.stores.postgres.facts import PostgresFacts, PostgresFeedback
from natalis.stores.postgres.history import PostgresHistory
from natalis.stores.postgres.inbox import SLOTS, PostgresInbox
from natalis.stores.postgres.ledger import PostgresLedger
from natalis.stores.postgres.maintaining import Upkeep
from natalis.stores.postgres.migrating import apply_migrations, plan_migrations
from natalis.stores.postgres.months import Months
from natalis.stores.postgres.options import PoolOptions
from natalis.stores.postgres.outbox import PostgresOutbox
from natalis.stores.postgres.people import PostgresPeople
from natalis.stores.postgres.plans import PostgresPlans
from natalis.stores.postgres.recovery import PostgresRecovery
from natalis.stores.postgres.replica import Replica
from natalis.stores.postgres.servers import Server, connect
from natalis.stores.postgres.session import Row
from natalis.stores.postgres.suppressions import PostgresSuppressions
from natalis.stores.postgres.tokens import PostgresTokens


class _Number(Row):
    number: int


class PostgresConnection:
    """Implements `natalis.ports.store.Connection`."""

    def __init__(self, engine: Engine, upkeep: Upkeep) -> None:
        self._engine = engine
        self._upkeep = upkeep

    async def ping(self) -> None:
        """Read and return; raises `StoreUnavailable`."""
        await self._engine.once(lambda session: session.row("anything", _Number))

    def pools(self) -> Sequence[Pool]:
        """Return how many connections are in use, to the primary and to the replica."""
        return self._engine.pools()

    async def maintain(self, *, today: date, keep: timedelta | None) -> Sequence[str]:
        """Make months ahead, and let go of those past their retention."""
        return await self._upkeep.maintain(today=today, keep=keep)

    async def close(self) -> None:
        """Finish what was begun, then let go of every connection."""
        await self._engine.close()


async def open_store(
    url: str,
    *,
    clock: Clock,
    instance: str,
    replica_url: str | None = None,
    options: PoolOptions | None = None,
    migrate: bool = True,
) -> Store:
    """Open a database as a store; close it with `store.connection.close()`.

    Args:
        url: `postgresql://user:password@host:port/database`. A pgbouncer in transaction mode is noticed; say
            `?pgbouncer=true` to spare it the question.
        clock: Tells how old the verdict on the replica is, and waits for another process that migrates.
        instance: Who this process is, as the server lists it (`application_name`).
        replica_url: A streaming replica, for reads that bear a second of lag.
        options: Sizes and time-outs of the pools.
        migrate: Whether to bring the database up to date first.

    Raises:
        StoreUnavailable: It cannot be reached, is not ours, or needs a newer version; says what to do.
        InvalidInput: A URL is not PostgreSQL's.
    """
    address, sizes = parse_address(url), options or PoolOptions()
    other = None if replica_url is None else parse_address(replica_url)
    if migrate and (await plan_migrations(url)).missing:
        await apply_migrations(url, clock=clock)
    primary = await connect(address, statement=sizes.statement, options=sizes, instance=instance)
    try:
        replica = None if other is None else await _replica(other, address, sizes, clock, instance)
    except BaseException:
        await primary.close()
        raise
    return _bundle(Engine(primary, replica), address, slot=zlib.crc32(instance.encode()) % SLOTS)


async def _replica(address: Address, primary: Address, options: PoolOptions, clock: Clock, instance: str) -> Replica:
    """Open pools that connect when they are first used: a replica may be down at the start, too."""
    one = replace(options, most=1)
    late = options.replica_statement
    server = await connect(address, statement=late, options=options, instance=instance, may_be_away=True)
    watch: Server = await connect(
        primary, statement=options.statement, options=one, instance=instance, may_be_away=True
    )
    return Replica(server, watch, clock)


def _bundle(engine: Engine, address: Address, *, slot: int) -> Store:
    months = Months(engine)
    return Store(
        connection=PostgresConnection(engine, Upkeep(engine, months, address)),
        people=PostgresPeople(engine),
        plans=PostgresPlans(engine, months),
        outbox=PostgresOutbox(engine),
        inbox=PostgresInbox(engine, slot=slot),
        recovery=PostgresRecovery(engine),
        ledger=PostgresLedger(engine),
        history=PostgresHistory(engine),
        desk=PostgresDesk(engine),
        suppressions=PostgresSuppressions(engine),
        tokens=PostgresTokens(engine),
        facts=PostgresFacts(engine),
        feedback=PostgresFeedback(engine),
        census=PostgresCensus(engine),
    )
