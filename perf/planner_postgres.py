"""On PostgreSQL does planning a day cost what is due, or what is known? And how long do hot queries take at 10 million?

Every size has a database of its own on one server that flushes at each commit. On each day the same number of people is
due in all of them, and they are planned one right after the other.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import median

from natalis.clocks.virtual import VirtualClock
from natalis.ports.store import Store
from natalis.stores.postgres import WORKER_POOL, open_store
from natalis.testing.servers.postgres import Postgres, PostgresDatabase
from perf.figures import Figure, quantile
from perf.planning import seconds_to_plan
from perf.settling import settle
from perf.targets import at_most

SETTLED = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = tuple(date(2026, 6, 3) + timedelta(days=7 * week) for week in range(4))
LOOK_UPS = 2_000
_POSTGRES = {
    "shared_buffers": "2GB",
    "maintenance_work_mem": "1GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "30min",
    "wal_level": "minimal",  # nobody streams, and a crowd is settled in half the time
    "max_wal_senders": "0",
}


def run(*, quick: bool) -> list[Figure]:
    """Settle crowds of three sizes, and plan four days in each."""
    sizes = (50_000, 100_000, 200_000) if quick else (100_000, 1_000_000, 10_000_000)
    due, herd = (1_000, 9_000) if quick else (2_700, 27_000)
    with Postgres(durable=True, settings=_POSTGRES) as server:
        databases = {size: server.create_database() for size in sizes}
        settling = [settle(database, size, due=due, herd=herd, first=DAYS[0]) for size, database in databases.items()]
        found = asyncio.run(_measure(databases, due=due, herd=herd))
    return [Figure(f"{sizes[-1]:,} users settled", settling[-1], "s"), *found]


async def _measure(databases: dict[int, PostgresDatabase], *, due: int, herd: int) -> list[Figure]:
    async with AsyncExitStack() as stack:
        stores = {size: await _opened(stack, database) for size, database in databases.items()}
        took: dict[int, list[float]] = {size: [] for size in stores}
        for day in DAYS[:-1]:
            for size, store in stores.items():
                took[size].append(await seconds_to_plan(store, day))
        return [*_costs(took, due), *await _largest(*list(stores.items())[-1], herd=herd)]


async def _opened(stack: AsyncExitStack, database: PostgresDatabase) -> Store:
    store = await open_store(database.url, clock=VirtualClock(SETTLED), instance="perf", options=WORKER_POOL)
    stack.push_async_callback(store.connection.close)
    return store


def _costs(took: dict[int, list[float]], due: int) -> list[Figure]:
    figures = [
        Figure(f"{due:,} due planned among {size:,} users", median(each) * 1000, "ms") for size, each in took.items()
    ]
    for smaller, larger in [*pairwise(took), (min(took), max(took))]:
        ratio = median(one / other for one, other in zip(took[larger], took[smaller], strict=True))
        figures.append(Figure(f"{larger:,} users against {smaller:,}", ratio, "times", at_most(1.3, stretch=1.1)))
    return figures


async def _largest(size: int, store: Store, *, herd: int) -> list[Figure]:
    """Plan the great day, then ask as dispatchers and callers do."""
    whole = await seconds_to_plan(store, DAYS[-1])
    dice = random.Random(1)  # noqa: S311 - a sample, not a secret
    ids = [f"01900000-0000-7000-8000-{dice.randrange(1, size + 1):012x}" for _ in range(LOOK_UPS)]
    getting = await _timed([_getting(store, each) for each in ids])
    scanning = await _timed([store.outbox.next_due] * 200)
    return [
        Figure(f"{herd:,} due planned among {size:,} users", whole, "s", at_most(5)),
        Figure("planned", herd / whole, "rows/s", None),
        Figure("look-up of a user, p50", quantile(getting, 0.5) * 1000, "ms", at_most(1)),
        Figure("look-up of a user, p99", quantile(getting, 0.99) * 1000, "ms"),
        Figure("due scan, p50", quantile(scanning, 0.5) * 1000, "ms", at_most(10)),
        Figure("due scan, p99", quantile(scanning, 0.99) * 1000, "ms"),
    ]


def _getting(store: Store, user_id: str) -> Callable[[], Awaitable[object]]:
    return lambda: store.people.get(user_id)


async def _timed(acts: Sequence[Callable[[], Awaitable[object]]]) -> list[float]:
    took = []
    for act in acts:
        begun = time.perf_counter()
        await act()
        took.append(time.perf_counter() - begun)
    return took
