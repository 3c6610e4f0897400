"""A cache of what is read from a replica: what is forgotten is forgotten once more when the replica must have seen why.

A list that is asked for right after a write is loaded from a replica that may not have it yet. Kept, it would be wrong
for minutes in place of the moment that the replica lags behind.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from natalis.ports.cache import Cache
from natalis.ports.clock import Clock

T = TypeVar("T")


@contextlib.asynccontextmanager
async def behind_replica(cache: Cache, clock: Clock, *, lag: timedelta, stems: tuple[str, ...]) -> AsyncIterator[Cache]:
    """Put it over a cache, which stays its owner's to close.

    Args:
        cache: Where things are kept.
        clock: Waits.
        lag: After this long whatever is read shows what was written before.
        stems: How the keys begin whose values may come from the replica.
    """
    wrapped = BehindReplica(cache, clock, lag=lag, stems=stems)
    try:
        yield wrapped
    finally:
        await wrapped.close()


class BehindReplica:
    """Forgets at once, and again after the lag; a pattern that keeps coming is forgotten again after the last time."""

    def __init__(self, cache: Cache, clock: Clock, *, lag: timedelta, stems: tuple[str, ...]) -> None:
        self._cache = cache
        self._clock = clock
        self._lag = lag
        self._stems = stems
        self._due: dict[str, timedelta] = {}
        self._waiting: set[asyncio.Task[None]] = set()

    async def fetch(self, key: str, ttl: timedelta, load: Callable[[], Awaitable[T]]) -> T:
        """Return the cached value, or load and keep it."""
        return await self._cache.fetch(key, ttl, load)

    async def invalidate(self, pattern: str) -> None:
        """Forget every key that matches, now and, where it may come from the replica, once more."""
        await self._cache.invalidate(pattern)
        if not pattern.startswith(self._stems):
            return
        is_waited_for = pattern in self._due
        self._due[pattern] = self._clock.monotonic() + self._lag
        if not is_waited_for:
            waiting = asyncio.ensure_future(self._forget_again(pattern))
            self._waiting.add(waiting)
            waiting.add_done_callback(self._waiting.discard)

    async def close(self) -> None:
        """Wait for what is still to be forgotten: others share the cache."""
        if self._waiting:
            _, late = await asyncio.wait(self._waiting, timeout=self._lag.total_seconds())
            for task in late:
                task.cancel()

    async def _forget_again(self, pattern: str) -> None:
        while (left := self._due[pattern] - self._clock.monotonic()) > timedelta(0):
            await self._clock.sleep(left)
        del self._due[pattern]
        await self._cache.invalidate(pattern)
