"""What every cache does."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Protocol

import pytest

from natalis.clocks.virtual import VirtualClock
from natalis.errors import NotFound
from natalis.ports.cache import Cache

TTL = timedelta(minutes=10)


class Source(Protocol):
    """As the fixtures make them: see conftest.py."""

    answers: list[object]
    loads: int
    begun: asyncio.Event

    async def load(self) -> object: ...

    def release(self) -> None: ...


async def test_a_value_is_loaded_once_and_then_kept(cache: Cache, source: Source) -> None:
    first = await cache.fetch("user:1", TTL, source.load)
    again = await cache.fetch("user:1", TTL, source.load)
    assert (first, again, source.loads) == ("first", "first", 1)


async def test_none_is_a_value_like_any_other(cache: Cache, source: Source) -> None:
    source.answers[0] = None
    assert await cache.fetch("user:1", TTL, source.load) is None
    assert await cache.fetch("user:1", TTL, source.load) is None
    assert source.loads == 1


async def test_keys_do_not_mix(cache: Cache, source: Source) -> None:
    await cache.fetch("user:1", TTL, source.load)
    assert await cache.fetch("user:10", TTL, source.load) == "second"


async def test_a_value_is_kept_until_its_ttl_and_no_longer(cache: Cache, source: Source, clock: VirtualClock) -> None:
    await cache.fetch("user:1", TTL, source.load)
    clock.advance(TTL - timedelta(microseconds=1))
    assert await cache.fetch("user:1", TTL, source.load) == "first"
    clock.advance(timedelta(microseconds=1))
    assert await cache.fetch("user:1", TTL, source.load) == "second"


async def test_what_a_load_raises_reaches_the_caller_and_is_not_kept(cache: Cache, source: Source) -> None:
    source.answers[0] = NotFound("user", "1")
    with pytest.raises(NotFound):
        await cache.fetch("user:1", TTL, source.load)
    assert await cache.fetch("user:1", TTL, source.load) == "second"


async def test_concurrent_misses_of_one_key_load_once(cache: Cache, held: Source) -> None:
    waiting = [asyncio.ensure_future(cache.fetch("user:1", TTL, held.load)) for _ in range(50)]
    await held.begun.wait()
    held.release()
    assert set(await asyncio.gather(*waiting)) == {"first"}
    assert held.loads == 1


async def test_what_a_load_raises_reaches_every_waiter(cache: Cache, held: Source) -> None:
    held.answers[0] = NotFound("user", "1")
    waiting = [asyncio.ensure_future(cache.fetch("user:1", TTL, held.load)) for _ in range(3)]
    await held.begun.wait()
    held.release()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [NotFound] * 3


async def test_a_waiter_that_is_cancelled_takes_no_other_waiters_answer_away(cache: Cache, held: Source) -> None:
    impatient = asyncio.ensure_future(cache.fetch("user:1", TTL, held.load))
    await held.begun.wait()
    patient = asyncio.ensure_future(cache.fetch("user:1", TTL, held.load))
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    held.release()
    assert (await patient, held.loads) == ("first", 1)


async def test_a_load_whose_only_waiter_was_cancelled_is_still_kept(cache: Cache, held: Source) -> None:
    impatient = asyncio.ensure_future(cache.fetch("user:1", TTL, held.load))
    await held.begun.wait()
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    held.release()
    assert (await cache.fetch("user:1", TTL, held.load), held.loads) == ("first", 1)


async def test_an_invalidated_key_is_loaded_again(cache: Cache, source: Source) -> None:
    await cache.fetch("user:1", TTL, source.load)
    await cache.invalidate("user:1")
    assert await cache.fetch("user:1", TTL, source.load) == "second"


async def test_invalidating_what_is_not_there_is_no_error(cache: Cache) -> None:
    await cache.invalidate("user:1")
    await cache.invalidate("users:list:*")


@pytest.mark.parametrize(
    ("pattern", "forgotten"),
    [
        ("user:1", {"user:1"}),
        ("user:*", {"user:1", "user:10"}),
        ("user:1*", {"user:1", "user:10"}),
        ("users:list:*", {"users:list:50::", "users:list:50:abc:a*b@example.org"}),
        ("users:*", {"users:list:50::", "users:list:50:abc:a*b@example.org"}),
        ("users:list:50:*", {"users:list:50::", "users:list:50:abc:a*b@example.org"}),
        ("*:list:*", {"users:list:50::", "users:list:50:abc:a*b@example.org", "deliveries:list:50::"}),
        ("*", {"user:1", "user:10", "users:list:50::", "users:list:50:abc:a*b@example.org", "deliveries:list:50::"}),
        ("user", set()),
        ("use.:1", set()),
    ],
)
async def test_a_pattern_forgets_what_it_matches_and_nothing_else(
    cache: Cache, pattern: str, forgotten: set[str]
) -> None:
    keys = ["user:1", "user:10", "users:list:50::", "users:list:50:abc:a*b@example.org", "deliveries:list:50::"]
    for key in keys:
        await cache.fetch(key, TTL, _answer("old"))
    await cache.invalidate(pattern)
    assert {key for key in keys if await cache.fetch(key, TTL, _answer("new")) == "new"} == forgotten


@pytest.mark.parametrize("pattern", ["user:1", "user:*", "u*1"])
async def test_a_load_that_began_before_an_invalidation_is_not_kept(cache: Cache, held: Source, pattern: str) -> None:
    before = asyncio.ensure_future(cache.fetch("user:1", TTL, held.load))
    await held.begun.wait()
    await cache.invalidate(pattern)
    held.release()
    assert await before == "first"
    assert await cache.fetch("user:1", TTL, held.load) == "second"


async def test_who_asks_after_an_invalidation_does_not_join_a_load_that_began_before(
    cache: Cache, held: Source
) -> None:
    before = asyncio.ensure_future(cache.fetch("user:1", TTL, held.load))
    await held.begun.wait()
    await cache.invalidate("user:1")
    after = asyncio.ensure_future(cache.fetch("user:1", TTL, held.load))
    held.release()
    assert (await before, await after) == ("first", "second")
    assert await cache.fetch("user:1", TTL, held.load) == "second"


def _answer(value: str) -> Any:
    async def load() -> str:
        return value

    return load
