"""A cache that is shared while Redis is there and in memory while it is not: never an error, hardly a delay."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from natalis.caches.codec import Codec
from natalis.caches.memory import Heard, MemoryCache
from natalis.caches.redis import RedisCache
from natalis.caches.redis_client import open_client
from natalis.caches.redis_slots import Operated, RedisSlots, SlotsAway
from natalis.ports.clock import Clock

T = TypeVar("T")
_MANY = 1000  # patterns; a process that missed more forgets everything
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FailoverOptions:
    """When Redis counts as away, and what holds meanwhile.

    Attributes:
        timeout: How long one operation may take.
        late_in_a_row: So many look-ups that took longer, one after the other, open the circuit; a refusal does so at
            once, and so does a pattern that Redis may not have heard of. Nobody waits while it is open.
        probe: How often an open circuit tries whether Redis is back.
        outage_ttl: How long a value is kept in memory at most while Redis is away: processes do not hear then of what
            others wrote.
    """

    timeout: timedelta = timedelta(milliseconds=50)
    late_in_a_row: int = 3
    probe: timedelta = timedelta(milliseconds=250)
    outage_ttl: timedelta = timedelta(seconds=1)


@contextlib.asynccontextmanager
async def open_shared_cache(
    url: str,
    types: Mapping[str, Any],
    clock: Clock,
    *,
    heard: Heard | None = None,
    operated: Operated | None = None,
    options: FailoverOptions | None = None,
) -> AsyncIterator[FailoverCache]:
    """Open a cache in Redis, which may be away at the start and come later.

    Args:
        url: `redis://…`, `rediss://…` or `unix://…`.
        types: What is kept, by the beginning of its key (see `Codec`).
        clock: The machine's.
        heard: Told of every look-up; must not raise.
        operated: Told of every operation of Redis; must not raise.
        options: When Redis counts as away.

    Raises:
        SettingsInvalid: The address is none.
    """
    chosen = options or FailoverOptions()
    slots = RedisSlots(open_client(url, timeout=chosen.timeout), clock, timeout=chosen.timeout, operated=operated)
    shared = RedisCache(slots, Codec(types), clock, heard=heard)
    cache = FailoverCache(shared, MemoryCache(clock, heard=heard), clock, chosen)
    try:
        yield cache
    finally:
        await cache.close()


class FailoverCache:
    """Uses `shared` until it fails, then `memory` until it is back.

    Back means: it answers, and every pattern that was to be forgotten meanwhile is forgotten there. What was kept in
    memory is dropped then.

    Args:
        shared: The cache in Redis; closed with this one.
        memory: The cache in this process.
        clock: Waits between two probes.
        options: When Redis counts as away.
    """

    def __init__(
        self, shared: RedisCache, memory: MemoryCache, clock: Clock, options: FailoverOptions | None = None
    ) -> None:
        self._shared = shared
        self._memory = memory
        self._clock = clock
        self._options = options or FailoverOptions()
        self._late = 0
        self._missed: set[str] = set()
        self._probing: asyncio.Task[None] | None = None

    @property
    def is_shared(self) -> bool:
        """Whether Redis is in use."""
        return self._probing is None

    async def fetch(self, key: str, ttl: timedelta, load: Callable[[], Awaitable[T]]) -> T:
        """Return the cached value, or load and keep it for `ttl`, or for less while Redis is away."""
        if self.is_shared:
            try:
                answer = await self._shared.try_fetch(key, ttl, load)
            except SlotsAway as away:
                self._late += 1
                if not away.late or self._late >= self._options.late_in_a_row:
                    self._lost(away)
            else:
                self._late = 0
                return answer
        return await self._memory.fetch(key, min(ttl, self._options.outage_ttl), load)

    async def invalidate(self, pattern: str) -> None:
        """Forget every key that matches; in Redis as soon as it is back, if it is away."""
        await self._memory.invalidate(pattern)
        if self.is_shared:
            try:
                await self._shared.try_invalidate(pattern)
            except SlotsAway as away:
                self._lost(away)
            else:
                return
        self._missed = {*self._missed, pattern} if len(self._missed) < _MANY else {"*"}

    async def close(self) -> None:
        """Disconnect."""
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.wait({self._probing})
        await self._shared.close()

    def _lost(self, away: SlotsAway) -> None:
        if self._probing is None:
            _log.warning("the shared cache is away, this process keeps its own: %s", away)
            self._probing = asyncio.ensure_future(self._await_return())

    async def _await_return(self) -> None:
        while not await self._is_back():
            await self._clock.sleep(self._options.probe)
        _log.info("the shared cache is back")

    async def _is_back(self) -> bool:
        try:
            await self._shared.ping()
            while self._missed:
                await self._forget_missed(self._missed.pop())
        except SlotsAway:
            return False
        await self._memory.invalidate("*")
        self._late = 0
        self._probing = None  # nothing was awaited since: no pattern was missed in between
        return True

    async def _forget_missed(self, pattern: str) -> None:
        # It is out of the set meanwhile, so that the same one, missed again, is not taken for this one.
        try:
            await self._shared.try_invalidate(pattern)
        except SlotsAway:
            self._missed.add(pattern)
            raise
