"""What the cache in memory does besides."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from natalis.caches.memory import MemoryCache
from natalis.clocks.virtual import VirtualClock
from natalis.testing.builders import NOON

TTL = timedelta(minutes=10)


async def test_no_more_entries_are_kept_than_the_capacity() -> None:
    cache = MemoryCache(VirtualClock(NOON), capacity=3)
    for number in range(10):
        await cache.fetch(f"user:{number}", TTL, _answer("old"))
    assert len(cache) == 3


async def test_the_least_recently_used_entry_goes_first() -> None:
    cache = MemoryCache(VirtualClock(NOON), capacity=2)
    for key in ("user:1", "user:2", "user:1", "user:3"):
        await cache.fetch(key, TTL, _answer("old"))
    assert await cache.fetch("user:1", TTL, _answer("new")) == "old"
    assert await cache.fetch("user:2", TTL, _answer("new")) == "new"


async def test_a_value_is_kept_no_longer_than_the_cache_keeps_any() -> None:
    clock = VirtualClock(NOON)
    cache = MemoryCache(clock, longest=timedelta(seconds=1))
    await cache.fetch("user:1", TTL, _answer("old"))
    await cache.fetch("user:2", timedelta(milliseconds=500), _answer("old"))

    clock.advance(timedelta(milliseconds=600))
    after_a_while = [await cache.fetch(key, TTL, _answer("new")) for key in ("user:1", "user:2")]
    clock.advance(timedelta(milliseconds=400))

    assert after_a_while == ["old", "new"]
    assert await cache.fetch("user:1", TTL, _answer("new")) == "new"


async def test_every_look_up_is_told_of_with_its_family() -> None:
    told: list[tuple[str, bool]] = []
    cache = MemoryCache(VirtualClock(NOON), heard=lambda *lookup: told.append(lookup))

    for key in ("user:1", "user:1", "users:list:50::"):
        await cache.fetch(key, TTL, _answer("loaded"))

    assert told == [("user", False), ("user", True), ("users", False)]


async def test_a_load_that_fails_after_its_waiters_are_gone_disturbs_nobody() -> None:
    cache, begun, may_end = MemoryCache(VirtualClock(NOON)), asyncio.Event(), asyncio.Event()

    async def load() -> str:
        begun.set()
        await may_end.wait()
        raise OSError("the disk is gone")

    unhandled: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context))
    waiting = asyncio.ensure_future(cache.fetch("user:1", TTL, load))
    await begun.wait()
    waiting.cancel()
    await asyncio.wait({waiting})
    may_end.set()
    assert await cache.fetch("user:2", TTL, _answer("fine")) == "fine"
    assert unhandled == []


KEYS = st.sampled_from(["a", "a:", "a:1", "a:1:x", "a:1:y", "a:2:x:z", "b:1", "b:1:x", "::", ""])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("fetch"), KEYS),
        st.tuples(st.just("invalidate"), st.sampled_from(["a:*", "a:1:*", "a:1", "*", "*x", "b:1*", "a:2:x:*"])),
    ),
    max_size=40,
)


@given(STEPS)
def test_the_index_holds_exactly_the_keys_that_are_kept(steps: list[tuple[str, str]]) -> None:
    async def play() -> None:
        cache = MemoryCache(VirtualClock(NOON), capacity=4)
        for act, text in steps:
            if act == "fetch":
                await cache.fetch(text, TTL, _answer("old"))
            else:
                await cache.invalidate(text)
            indexed = {key for keys in cache._below.values() for key in keys}
            assert indexed == {key for key in cache._slots if ":" in key}
            assert all(cache._below.values())

    asyncio.run(play())


def _answer(value: str) -> Any:
    async def load() -> str:
        return value

    return load
