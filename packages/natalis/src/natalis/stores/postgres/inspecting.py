"""Looks at a server and a database without changing them: what they are, what they promise, how much room they have."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from natalis.ports.clock import Clock
from natalis.stores.postgres.address import Address, parse_address
from natalis.stores.postgres.failures import DRIVER_ERRORS, translated
from natalis.stores.postgres.lone import connected
from natalis.stores.postgres.migrating import plan_migrations
from natalis.stores.postgres.replica import MOST_LAG
from natalis.stores.postgres.session import R, Row, Session

_PATIENCE = timedelta(seconds=5)  # for the server to let us in, and for each answer
_LOOKS = 3  # at the server's clock; the quickest answer tells most
_BREATH = timedelta(milliseconds=20)
_INSTANCE = re.compile(r".*-[0-9a-f]{8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Connections:
    """How many there may be.

    Attributes:
        most: That all clients together may have.
        free: That we could open now.
        instances: How many each process of ours holds in this database.
    """

    most: int
    free: int
    instances: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a database is.

    Attributes:
        place: Where it is, without a password.
        number: The server's version as it counts: 150004 is 15.4.
        version: The same, as it is written.
        is_replica: Whether it takes no writes because it follows another server.
        is_pooled: Whether a pooler in transaction mode answers in its place.
        risks: Settings under which the server acknowledges what it may lose, by name.
        skew: How far its clock is ahead of ours.
        connections: How many there may be.
        migrated_to: The last migration it has had whole; 0 for none.
        missing: The steps it lacks, each as `0002 find_by_name`.
        fault: Why nothing can be written, with a remedy; empty when it can.
    """

    place: str
    number: int
    version: str
    is_replica: bool
    is_pooled: bool
    risks: Mapping[str, str]
    skew: timedelta
    connections: Connections
    migrated_to: int
    missing: tuple[str, ...]
    fault: str


@dataclass(frozen=True, slots=True)
class ReplicaInspection:
    """What a replica is.

    Attributes:
        place: Where it is, without a password.
        is_replica: Whether it follows a server at all.
        is_ours: Whether that is our primary.
        is_paused: Whether it was told to stand still.
        lag: How long it took to show what the primary had written when we asked; None when it did not within
            `MOST_LAG`.
    """

    place: str
    is_replica: bool
    is_ours: bool
    is_paused: bool
    lag: timedelta | None


class _ServerRow(Row):
    number: int
    version: str
    is_replica: bool
    pid: int
    fsync: str
    full_page_writes: str
    synchronous_commit: str


class _ClockRow(Row):
    at: datetime


class _TextRow(Row):
    text: str


class _LeftRow(Row):
    size: int
    free: int


class _InstanceRow(Row):
    instance: str
    size: int


class _YesRow(Row):
    yes: bool


class _PositionRow(Row):
    position: int


async def inspect(url: str, *, clock: Clock) -> Inspection:
    """Look at a database; what is tried is undone.

    Raises:
        StoreUnavailable: It cannot be reached, belongs to another program, or needs a newer version of this one.
    """
    address = parse_address(url)
    async with _session(address) as session:
        server = await _row(session, "server", _ServerRow)
        skew = await _skew(session, clock)
        connections = await _connections(session)
        plan = await plan_migrations(url)
        return Inspection(
            place=address.shown,
            number=server.number,
            version=server.version,
            is_replica=server.is_replica,
            is_pooled=session.connection.get_server_pid() != server.pid,
            risks=_risks(server),
            skew=skew,
            connections=connections,
            migrated_to=plan.version,
            missing=tuple(f"{step.version:04d} {step.name}" for step in plan.missing),
            fault="" if server.is_replica else await _fault(session, address, is_empty=plan.version == 0),
        )


async def clock_skew(url: str, *, clock: Clock) -> timedelta:
    """Return how far the server's clock is ahead of ours; raises `StoreUnavailable`."""
    async with _session(parse_address(url)) as session:
        return await _skew(session, clock)


async def inspect_replica(url: str, *, primary_url: str, clock: Clock) -> ReplicaInspection:
    """Look at a replica beside its primary.

    Raises:
        StoreUnavailable: One of them cannot be reached.
    """
    address = parse_address(url)
    async with _session(parse_address(primary_url)) as primary, _session(address) as replica:
        follows = (await _row(replica, "server", _ServerRow)).is_replica
        identities = [(await _row(each, "system_identity", _TextRow)).text for each in (primary, replica)]
        return ReplicaInspection(
            place=address.shown,
            is_replica=follows,
            is_ours=identities[0] == identities[1],
            is_paused=follows and (await _row(replica, "replay_is_paused", _YesRow)).yes,
            lag=await _lag(primary, replica, clock),
        )


def _risks(server: _ServerRow) -> Mapping[str, str]:
    found = {"fsync": server.fsync, "full_page_writes": server.full_page_writes}
    found["synchronous_commit"] = server.synchronous_commit
    return {name: value for name, value in found.items() if value == "off"}


async def _skew(session: Session, clock: Clock) -> timedelta:
    """Return how far the server's clock is ahead: its word, held against the middle of the time it took to answer."""
    looks: list[tuple[timedelta, timedelta]] = []
    for _ in range(_LOOKS):
        asked, before = clock.monotonic(), clock.now()
        row = await _row(session, "server_clock", _ClockRow)
        took = clock.monotonic() - asked
        looks.append((took, row.at - (before + took / 2)))
    return min(looks)[1]


async def _connections(session: Session) -> Connections:
    left = await _row(session, "connections_left", _LeftRow)
    rows = await session.rows("connections_of_instances", _InstanceRow)
    ours = {row.instance: row.size for row in rows if _INSTANCE.fullmatch(row.instance)}
    return Connections(left.size, left.free, ours)


async def _fault(session: Session, address: Address, *, is_empty: bool) -> str:
    """Write and undo it, or where there is nothing to write to yet, ask whether it may be made."""
    if is_empty:
        allowed = (await _row(session, "may_create", _YesRow)).yes
        return "" if allowed else f"we may not make tables in {address.shown}: make its user the owner of the database"
    try:
        await session.connection.execute("BEGIN")
        await session.run("put_fact", name="check-up", text="")
    except DRIVER_ERRORS as error:
        return str(translated(error, address.shown))
    finally:
        await session.connection.execute("ROLLBACK")
    return ""


async def _lag(primary: Session, replica: Session, clock: Clock) -> timedelta | None:
    written = (await _row(primary, "written_position", _PositionRow)).position
    began = clock.monotonic()
    while (await _row(replica, "replayed_position", _PositionRow)).position < written:
        if clock.monotonic() - began > MOST_LAG:
            return None
        await clock.sleep(_BREATH)
    return clock.monotonic() - began


@asynccontextmanager
async def _session(address: Address) -> AsyncIterator[Session]:
    async with connected(address, within=_PATIENCE, statement=_PATIENCE) as connection:
        yield Session(connection)


async def _row(session: Session, query: str, shape: type[R]) -> R:
    row = await session.row(query, shape)
    if row is None:
        raise TypeError(f"{query} always has a row")
    return row
