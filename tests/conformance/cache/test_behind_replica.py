"""Rule: a value from a replica that had not seen the write which made it stale is not kept for longer than the lag."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from natalis.caches.behind_replica import BehindReplica
from natalis.caches.memory import MemoryCache
from natalis.clocks.virtual import VirtualClock

TTL, LAG = timedelta(minutes=5), timedelta(seconds=1)


@pytest.fixture
async def lists(clock: VirtualClock) -> AsyncIterator[BehindReplica]:
    """A cache whose lists are read from a replica."""
    cache = BehindReplica(MemoryCache(clock), clock, lag=LAG, stems=("list:",))
    yield cache
    clock.advance(LAG)
    await cache.close()


def answering(text: str) -> Callable[[], Awaitable[str]]:
    async def load() -> str:
        return text

    return load


async def _passed(clock: VirtualClock, span: timedelta) -> None:
    for _ in range(3):  # whoever is to wait comes to it, and whoever has waited gets on
        await clock.sleep(timedelta(0))
    clock.advance(span)
    for _ in range(3):
        await clock.sleep(timedelta(0))


async def test_what_was_loaded_too_early_is_loaded_again_after_the_lag(
    lists: BehindReplica, clock: VirtualClock
) -> None:
    await lists.invalidate("list:*")
    await lists.fetch("list:a", TTL, answering("as before the write"))

    await _passed(clock, LAG)

    assert await lists.fetch("list:a", TTL, answering("as written")) == "as written"


async def test_another_write_is_waited_for_as_long(lists: BehindReplica, clock: VirtualClock) -> None:
    await lists.invalidate("list:*")
    await _passed(clock, LAG / 2)
    await lists.invalidate("list:*")
    await _passed(clock, LAG / 2)
    await lists.fetch("list:a", TTL, answering("as before the second write"))

    await _passed(clock, LAG / 2)

    assert await lists.fetch("list:a", TTL, answering("as written")) == "as written"


async def test_what_comes_from_the_primary_is_forgotten_once(lists: BehindReplica, clock: VirtualClock) -> None:
    await lists.invalidate("user:1")
    await lists.fetch("user:1", TTL, answering("Ada"))

    await _passed(clock, LAG)

    assert await lists.fetch("user:1", TTL, answering("Ben")) == "Ada"


async def test_one_who_leaves_sees_to_it_first(clock: VirtualClock) -> None:
    shared = MemoryCache(clock)
    leaving = BehindReplica(shared, clock, lag=LAG, stems=("list:",))
    await leaving.invalidate("list:*")
    await shared.fetch("list:a", TTL, answering("as before the write"))

    closing = asyncio.ensure_future(leaving.close())
    await _passed(clock, LAG)
    await closing

    assert await shared.fetch("list:a", TTL, answering("as written")) == "as written"
