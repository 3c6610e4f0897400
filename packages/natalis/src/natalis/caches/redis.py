"""A cache in Redis: shared by every process, so that what one of them forgets is forgotten by all (see redis.md)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from natalis.caches.codec import Codec
from natalis.caches.memory import Heard
from natalis.caches.redis_slots import RedisSlots, Seen, SlotsAway
from natalis.ports.clock import Clock

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Loading:
    """A load of this process.

    Attributes:
        seen: What was there when it began.
        task: The load.
        until: When its value is too old; None before it has one.
    """

    seen: Seen
    task: asyncio.Task[Any]
    until: datetime | None = None


class RedisCache:
    """Keeps values for every process.

    Concurrent misses of one key load once in each process; who asks after something was forgotten, by whichever
    process, joins no load that began before.

    Args:
        slots: Where they are kept.
        codec: How they are written.
        clock: Says how old a value is.
        heard: Told of every look-up that Redis answered; must not raise.
    """

    def __init__(self, slots: RedisSlots, codec: Codec, clock: Clock, *, heard: Heard | None = None) -> None:
        self._slots = slots
        self._codec = codec
        self._clock = clock
        self._heard = heard
        self._loading: dict[str, _Loading] = {}
        self._keeping: set[asyncio.Task[None]] = set()

    async def fetch(self, key: str, ttl: timedelta, load: Callable[[], Awaitable[T]]) -> T:
        """Return the cached value, or load and keep it for `ttl`; without Redis only load."""
        try:
            return await self.try_fetch(key, ttl, load)
        except SlotsAway:
            return await load()

    async def invalidate(self, pattern: str) -> None:
        """Forget every key that matches; without Redis nothing."""
        with contextlib.suppress(SlotsAway):
            await self.try_invalidate(pattern)

    async def try_fetch(self, key: str, ttl: timedelta, load: Callable[[], Awaitable[T]]) -> T:
        """Do as `fetch` does.

        Raises:
            SlotsAway: Redis did not answer; nothing was loaded.
        """
        if not self._codec.knows(key):
            return await load()
        seen = await self._slots.look(key)
        found = self._codec.read(key, seen.slot, seen.generations, now=self._clock.now())
        if found is not None:
            self._tell(key, hit=True)
            return cast("T", found.value)
        self._tell(key, hit=False)
        loading = self._loading.get(key)
        if loading is None or not self._may_join(loading, seen):
            loading = self._begin(key, seen, ttl, load)
        return cast("T", await asyncio.shield(loading.task))

    async def try_invalidate(self, pattern: str) -> None:
        """Do as `invalidate` does.

        Raises:
            SlotsAway: Redis did not answer; nobody knows whether it heard.
        """
        await self._slots.forget(pattern)

    async def ping(self) -> None:
        """Raise `SlotsAway` unless Redis answers."""
        await self._slots.ping()

    async def close(self) -> None:
        """Disconnect; values that were about to be kept are not."""
        for task in tuple(self._keeping):
            task.cancel()
        if self._keeping:
            await asyncio.wait(self._keeping)
        await self._slots.close()

    def _may_join(self, loading: _Loading, seen: Seen) -> bool:
        return loading.seen == seen and (loading.until is None or loading.until > self._clock.now())

    def _begin(self, key: str, seen: Seen, ttl: timedelta, load: Callable[[], Awaitable[T]]) -> _Loading:
        loading = self._loading[key] = _Loading(seen, asyncio.ensure_future(_awaited(load)))
        loading.task.add_done_callback(lambda _: self._end(key, ttl, loading))
        return loading

    def _end(self, key: str, ttl: timedelta, loading: _Loading) -> None:
        if loading.task.cancelled() or loading.task.exception() is not None:
            self._drop(key, loading)
            return
        loading.until = self._clock.now() + ttl
        keeping = asyncio.ensure_future(self._keep(key, ttl, loading))
        self._keeping.add(keeping)
        keeping.add_done_callback(self._keeping.discard)

    async def _keep(self, key: str, ttl: timedelta, loading: _Loading) -> None:
        # Until it is kept, those who look and find nothing share what was loaded.
        seen, until = loading.seen, loading.until
        try:
            assert until is not None  # noqa: S101 - set by who calls
            entry = self._codec.write(key, loading.task.result(), seen.generations, until=until)
            if entry is not None:
                with contextlib.suppress(SlotsAway):  # the next look-up will say so as well
                    await self._slots.keep(key, seen, entry, ttl=ttl)
        finally:
            self._drop(key, loading)

    def _drop(self, key: str, loading: _Loading) -> None:
        if self._loading.get(key) is loading:
            del self._loading[key]

    def _tell(self, key: str, *, hit: bool) -> None:
        if self._heard is not None:
            self._heard(key.partition(":")[0], hit)


async def _awaited(load: Callable[[], Awaitable[T]]) -> T:
    return await load()
