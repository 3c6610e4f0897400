"""What does a batch cost on PostgreSQL: rows a second, the server's processor time, bytes of its log?

One process calls the store alone, in batches of 1,000, on a server that flushes at each commit. Look-ups are measured
in a database of a million people.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from natalis.clocks.system import SystemClock
from natalis.domain.delivery import DeliveryKey, Status
from natalis.domain.planning import Decision, Plannable, decide_plans
from natalis.ports.inbox import Claimed, Completion
from natalis.ports.outbox import Disposal, Due, DueWindow, Queued
from natalis.ports.store import Store
from natalis.stores.postgres import WORKER_POOL, open_store
from natalis.stores.postgres.migrating import apply_migrations
from natalis.testing.builders import an_arrival
from natalis.testing.journeys import HORIZON, LEASE, TOLERANCE, TOMORROW_AT_NINE, Journey, a_birthday_tomorrow
from natalis.testing.servers.postgres import Postgres, PostgresDatabase
from perf.figures import Figure, quantile
from perf.targets import Target, at_least, at_most

BATCH = 1_000
_LAST_DAY = datetime(2026, 6, 12, 10, tzinfo=UTC)  # of what is live in million.sql
MILLION = Path(__file__).parent.parent / "tests" / "integration" / "postgres" / "million.sql"
_TICKS = os.sysconf("SC_CLK_TCK")
_SHARE = """
    SELECT 100.0 * sum(n_tup_hot_upd) / sum(n_tup_upd) FROM pg_stat_user_tables WHERE relname LIKE 'deliveries%'
"""
_ANSWER, _MESSAGE = "202 Accepted", "0190c3f2-1111-7000-8000-000000000001"


def run(*, quick: bool) -> list[Figure]:
    """Measure each step of a delivery's life, and look-ups among a million people."""
    count = 10_000 if quick else 100_000
    with Postgres(durable=True, settings={"shared_buffers": "1GB", "max_wal_size": "8GB"}) as server:
        figures = asyncio.run(_steps(server.create_database(), count))
        return figures if quick else [*figures, *asyncio.run(_look_ups(server.create_database()))]


@dataclass(slots=True)
class Meter:
    """Rows a second of each step, and what all of them together cost the server."""

    database: PostgresDatabase
    count: int
    figures: list[Figure] = field(default_factory=list)
    busy: float = 0.0
    written: int = 0

    @contextmanager
    def step(self, name: str, target: Target | None = None, *, costs: bool = True) -> Iterator[None]:
        """Measure a step that handles `count` rows; one that `costs` is part of a delivery's life."""
        log, busy, begun = self._log(), self._busy(), time.perf_counter()
        yield
        took = time.perf_counter() - begun
        self.figures.append(Figure(name, self.count / took, "rows/s", target))
        if costs:
            self.busy += self._busy() - busy
            self.written += self._log() - log

    def costs(self) -> list[Figure]:
        """Return what 1,000 deliveries cost, from plan to sent."""
        share = self.database.sql(_SHARE)
        return [
            Figure(
                "server's processor time per 1,000", 1000 * self.busy / self.count, "s", at_most(0.15, stretch=0.08)
            ),
            Figure("server's log per 1,000", self.written / self.count / 1000, "MB", at_most(2.5, stretch=1.2)),
            Figure("updates of deliveries that touch no index", float(share or 0), "%"),
        ]

    def _log(self) -> int:
        return int(self.database.sql("SELECT pg_current_wal_lsn() - '0/0'"))

    def _busy(self) -> float:
        pid = int((self.database.server.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return (_ticks(pid, slice(11, 15)) + sum(_ticks(int(child), slice(11, 13)) for child in children)) / _TICKS


def _ticks(pid: int, fields: slice) -> int:
    """Return processor ticks of a process: its own, or with those of its children that have ended; see proc(5)."""
    try:
        return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[fields]))
    except OSError:
        return 0


async def _steps(database: PostgresDatabase, count: int) -> list[Figure]:
    store = await open_store(database.url, clock=SystemClock(), instance="perf", options=WORKER_POOL)
    journey, meter = Journey(store), Meter(database, count)
    people = [an_arrival(a_birthday_tomorrow(), book=journey.book) for _ in range(count)]
    with meter.step("people added", at_least(20_000, stretch=40_000), costs=False):
        for place in range(0, count, BATCH):
            await store.people.add(people[place : place + BATCH])
    with meter.step("planned (claim, decide, insert, move)", at_least(25_000)):
        await _plan_all(journey)
    journey.now = TOMORROW_AT_NINE
    keys: list[DeliveryKey] = []
    with meter.step("dispatched"):
        await _dispatch_all(journey, keys)
    with meter.step("claimed"):
        claims = [await _claim(journey, keys[place : place + BATCH]) for place in range(0, count, BATCH)]
    with meter.step("completed", at_least(30_000)):
        for batch in claims:
            await store.inbox.complete([_sent(claim, journey) for claim in batch])
    await store.connection.close()
    return [*meter.figures, *meter.costs()]


async def _plan_all(journey: Journey) -> None:
    def decide(plannables: Sequence[Plannable]) -> Sequence[Decision]:
        return decide_plans(plannables, journey.book)

    plan = journey.store.plans.plan
    while await plan(until=journey.now + HORIZON, limit=BATCH, now=journey.now, decide=decide):
        pass


async def _dispatch_all(journey: Journey, keys: list[DeliveryKey]) -> None:
    async def publish(dues: Sequence[Due]) -> Sequence[Disposal]:
        keys.extend(due.key for due in dues)
        return [Queued(due.key) for due in dues]

    window = DueWindow(journey.now, BATCH, journey.now - TOLERANCE, BATCH)
    while await journey.store.outbox.dispatch(window, publish):
        pass


async def _claim(journey: Journey, keys: Sequence[DeliveryKey]) -> Sequence[Claimed]:
    now = journey.now
    return await journey.store.inbox.claim(keys, worker_id="worker-1", now=now, lease_until=now + LEASE)


def _sent(claim: Claimed, journey: Journey) -> Completion:
    key, attempt = claim.delivery.key, claim.attempt_id
    return Completion(key, attempt, Status.SENT, journey.now, "delivered", _ANSWER, provider_id=_MESSAGE)


async def _look_ups(database: PostgresDatabase) -> list[Figure]:
    await apply_migrations(database.url, clock=SystemClock())
    database.sql(MILLION.read_text("utf-8"))
    store = await open_store(database.url, clock=SystemClock(), instance="perf", options=WORKER_POOL)
    ids = [f"01900000-0000-7000-8000-{number:012x}" for number in range(1, 900_001, 1800)]
    journey = Journey(store, now=_LAST_DAY)
    await journey.dispatch(limit=1)
    figures = [
        await _median("a user with occasions and deliveries", at_most(1), [_getting(store, each) for each in ids]),
        await _median("due scan: the next instant", at_most(10), [store.outbox.next_due] * 100),
        await _median("1,000 due, claimed and marked", None, [_dispatching(journey)] * 2),
        await _median("1,000 people added", at_most(100), [_adding(store)] * 20),
    ]
    await store.connection.close()
    return figures


async def _median(name: str, target: Target | None, acts: Sequence[Callable[[], Awaitable[object]]]) -> Figure:
    took = []
    for act in acts:
        begun = time.perf_counter()
        await act()
        took.append(time.perf_counter() - begun)
    return Figure(f"{name}, median", 1000 * quantile(took, 0.5), "ms", target)


def _getting(store: Store, user_id: str) -> Callable[[], Awaitable[object]]:
    return lambda: store.people.get(user_id)


def _adding(store: Store) -> Callable[[], Awaitable[object]]:
    return lambda: store.people.add([an_arrival(a_birthday_tomorrow()) for _ in range(BATCH)])


def _dispatching(journey: Journey) -> Callable[[], Awaitable[object]]:
    return lambda: journey.dispatch(limit=BATCH)
