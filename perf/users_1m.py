"""With a million users known: how long do a look-up and a day's plan take, and how much memory does the service?"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import aiohttp

from natalis.clocks.system import SystemClock
from natalis.ports.store import Store
from natalis.stores.sqlite import open_store
from perf.crowd import Crowd, settle
from perf.figures import Figure, quantile
from perf.planning import seconds_to_plan
from perf.service import natalis
from perf.targets import at_most

DUE = 2_700
LOOK_UPS = 5_000
MILLISECONDS = 1000


def run(*, quick: bool) -> list[Figure]:
    """Settle a crowd, look people up in the store and over HTTP, and plan a day."""
    count = 20_000 if quick else 1_000_000
    with tempfile.TemporaryDirectory(prefix="natalis-perf-") as name:
        folder = Path(name)
        ids, figures = asyncio.run(_in_the_store(folder / "natalis.db", count))
        with natalis("up", "--database", "natalis.db", "--port", "0", "--metrics-port", "0", folder=folder) as service:
            figures += [
                Figure("cold start to ready", service.seconds_to_ready, "s", at_most(1.5, stretch=0.7)),
                Figure("resident memory of natalis up, ready", service.memory(), "MiB", at_most(128, stretch=90)),
                *asyncio.run(_over_http(service.said["api"], ids)),
                Figure(
                    "resident memory of natalis up, peak", service.memory(peak=True), "MiB", at_most(128, stretch=90)
                ),
            ]
        return [Figure("users", count, ""), *figures]


async def _in_the_store(database: Path, count: int) -> tuple[list[str], list[Figure]]:
    clock = SystemClock()
    day = clock.now().date() + timedelta(days=3)  # not within the horizon of the service that runs later
    store = await open_store(database)
    try:
        begun = time.perf_counter()
        await settle(store, clock, Crowd(count, {day: DUE}))
        settled = time.perf_counter() - begun
        ids = await _sample_of_ids(store, count)
        took = await _timed(ids, store.people.get)
        planned = await seconds_to_plan(store, day)
    finally:
        await store.connection.close()
    return ids, [
        Figure("settled", count / settled, "users/s"),
        Figure("People.get p50", quantile(took, 0.5) * MILLISECONDS, "ms"),
        Figure("People.get p99", quantile(took, 0.99) * MILLISECONDS, "ms", at_most(1)),
        Figure(f"a day with {DUE:,} due planned", planned * MILLISECONDS, "ms"),
    ]


async def _sample_of_ids(store: Store, count: int) -> list[str]:
    """Return ids from all over the table, in random order."""
    dice, ids = random.Random(1), list[str]()  # noqa: S311 - a sample, not a secret
    cursor: str | None = None
    while True:
        page = await store.people.page(email=None, limit=1_000, cursor=cursor)
        ids += dice.sample([user.id for user in page.items], max(1, len(page.items) * LOOK_UPS // count))
        if page.cursor is None:
            break
        cursor = page.cursor
    dice.shuffle(ids)
    return ids[:LOOK_UPS]


async def _over_http(api: str, ids: Sequence[str]) -> list[Figure]:
    async with aiohttp.ClientSession(api) as session:

        async def get(user_id: str) -> None:
            async with session.get(f"/user/{user_id}") as response:
                await response.read()
                if response.status != 200:
                    raise SystemExit(f"GET /user answered {response.status}: {await response.text()}")

        first = await _timed(ids, get)
        again = await _timed(ids, get)
    return [
        Figure("GET /user/{id} p50", quantile(first, 0.5) * MILLISECONDS, "ms"),
        Figure("GET /user/{id} p99", quantile(first, 0.99) * MILLISECONDS, "ms"),
        Figure("GET /user/{id} cached p50", quantile(again, 0.5) * MILLISECONDS, "ms"),
        Figure("GET /user/{id} cached p99", quantile(again, 0.99) * MILLISECONDS, "ms"),
    ]


async def _timed(ids: Sequence[str], ask: Callable[[str], Awaitable[object]]) -> list[float]:
    """Ask one after the other; return how long each took, in seconds."""
    took = []
    for user_id in ids:
        begun = time.perf_counter()
        await ask(user_id)
        took.append(time.perf_counter() - begun)
    return took
