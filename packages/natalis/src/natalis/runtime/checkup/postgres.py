"""PostgreSQL: the database of a fleet, what it promises, how many connections it has for us, and its replica."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from natalis.errors import StoreUnavailable
from natalis.ports.clock import Clock
from natalis.runtime import clock_skew
from natalis.runtime.checkup.finding import Finding, State, ill, told, warning, well
from natalis.runtime.settings import Settings
from natalis.stores.postgres import API_POOL, WORKER_POOL
from natalis.stores.postgres.inspecting import (
    Connections,
    Inspection,
    ReplicaInspection,
    inspect,
    inspect_replica,
)

OLDEST = 15
SMALLEST_FLEET = API_POOL.most + 3 * WORKER_POOL.most
"""Connections of one API, planner, dispatcher and worker, when all are busy."""
_RISKS = {
    "fsync": "a crash of the machine can lose or damage anything: set fsync = on",
    "full_page_writes": "a crash can leave half-written pages: set full_page_writes = on",
    "synchronous_commit": "a crash loses what was acknowledged in the last moments: set synchronous_commit = on",
}


async def check_database(settings: Settings, clock: Clock) -> Sequence[Finding]:
    """Look at the database; where it cannot be reached, that is all."""
    return list(judge(await inspect(settings.database_url, clock=clock)))


async def check_replica(settings: Settings, clock: Clock) -> Finding:
    """Look at the replica; without it everything is read from the primary, so that it is away is a warning."""
    try:
        found = await inspect_replica(
            settings.database_replica_url or "", primary_url=settings.database_url, clock=clock
        )
    except StoreUnavailable as error:
        return told("replica", State.WARNING, error)
    return judge_replica(found)


def judge(found: Inspection) -> Iterator[Finding]:
    """Say of a database how it is, what it promises, what its clock says, and how many connections it has left."""
    yield _database(found)
    yield _durability(found)
    yield _skew(found.skew)
    yield _pooled(found) if found.is_pooled else judge_connections(found.connections)


def judge_replica(found: ReplicaInspection) -> Finding:
    """Say of a replica whether it can be read from."""
    if not found.is_replica or not found.is_ours:
        detail = f"{found.place} is no replica of the database in DATABASE_URL: it would be asked about other people"
        return ill("replica", detail, "name a streaming replica of it in DATABASE_REPLICA_URL, or unset that")
    if found.lag is not None:
        return well("replica", f"{found.place}, {found.lag.total_seconds() * 1000:.0f} ms behind")
    if found.is_paused:
        return warning("replica", f"{found.place} has stopped replaying", "run there: SELECT pg_wal_replay_resume()")
    remedy = "see pg_stat_replication on the primary, and the replica's log and disk; the primary is read meanwhile"
    return warning("replica", f"{found.place} is more than 1 s behind", remedy)


def judge_connections(found: Connections) -> Finding:
    """Hold the connections that are left against what the processes that run may still open, and one more API."""
    owed = sum(_most(held) - held for held in found.instances.values())
    wanted = owed + (API_POOL.most if found.instances else SMALLEST_FLEET)
    pools = f"an API takes up to {API_POOL.most} and any other process up to {WORKER_POOL.most}"
    running = (
        f"{len(found.instances)} process(es) of Natalis connected" if found.instances else "nobody of ours connected"
    )
    detail = f"{found.free} of {found.most} connections free, {running}; {pools}"
    if found.free >= wanted:
        return well("connections", detail)
    remedy = f"{wanted} should be: raise max_connections or the limit of role or database, or put pgbouncer in between"
    return warning("connections", detail, remedy)


def _most(held: int) -> int:
    """Return how many connections a process may come to: an API holds its least from the start."""
    return API_POOL.most if held >= API_POOL.least else WORKER_POOL.most


def _database(found: Inspection) -> Finding:
    if found.number // 10_000 < OLDEST:
        detail = f"{found.place} is PostgreSQL {found.version}"
        return ill("database", detail, f"use PostgreSQL {OLDEST} or later")
    if found.is_replica:
        detail = f"{found.place} is a replica, which takes no writes"
        return ill("database", detail, "name the primary in DATABASE_URL, and this one in DATABASE_REPLICA_URL")
    if found.fault:
        return told("database", State.ILL, StoreUnavailable(found.fault))
    if found.missing:
        detail = f"{found.place} lacks {len(found.missing)} step(s) of migration: {', '.join(found.missing)}"
        return warning("database", detail, "`natalis migrate --apply` adds them, and so does a start")
    pooler = ", behind a pooler in transaction mode" if found.is_pooled else ""
    return well("database", f"{found.place}, PostgreSQL {found.version}{pooler}, version {found.migrated_to}")


def _durability(found: Inspection) -> Finding:
    if not found.risks:
        return well("durability", "what it acknowledges is on its disk")
    detail = ", ".join(f"{name} = {value}" for name, value in found.risks.items())
    return warning("durability", detail, "; ".join(_RISKS[name] for name in found.risks))


def _skew(skew: timedelta) -> Finding:
    detail = clock_skew.told(skew)
    if abs(skew) > clock_skew.MUCH:
        return warning("clock", detail, clock_skew.REMEDY)
    return well("clock", detail)


def _pooled(found: Inspection) -> Finding:
    least = f"a pooler answers, and opens them for all: its default_pool_size bounds what {found.place} has to bear"
    return well("connections", least)
