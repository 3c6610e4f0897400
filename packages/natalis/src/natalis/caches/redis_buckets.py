"""Token buckets in Redis, by Redis' own clock."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

from redis.asyncio import Redis

from natalis.caches.redis_client import open_client
from natalis.caches.redis_slots import Operated
from natalis.ports.clock import Clock

_PREFIX = "natalis:rate:"
_SPEND = """
local per_second, burst, keep = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local left = {}
for i, key in ipairs(KEYS) do
  local known = redis.call('HMGET', key, 'level', 'at')
  local level, at = tonumber(known[1]) or burst, tonumber(known[2]) or now
  level = math.min(burst, level + math.max(0, now - at) * per_second)
  level = math.max(-burst, level - tonumber(ARGV[3 + i]))
  redis.call('HSET', key, 'level', string.format('%.6f', level), 'at', string.format('%.6f', now))
  redis.call('PEXPIRE', key, keep)
  left[i] = string.format('%.6f', level)
end
return left
"""
_log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def open_buckets(
    url: str, clock: Clock, *, patience: timedelta = timedelta(milliseconds=200), operated: Operated | None = None
) -> AsyncIterator[RedisBuckets]:
    """Open buckets in Redis, which may be away.

    Args:
        url: `redis://…`, `rediss://…` or `unix://…`.
        clock: Measures operations.
        patience: How long to wait for an answer; no request waits for it.
        operated: Told of every operation (`spend`); must not raise.

    Raises:
        SettingsInvalid: The address is none.
    """
    buckets = RedisBuckets(open_client(url, timeout=patience), clock, timeout=patience, operated=operated)
    try:
        yield buckets
    finally:
        await buckets.close()


class RedisBuckets:
    """Buckets that every process with the same Redis shares; one that was full for a while is forgotten."""

    def __init__(self, redis: Redis, clock: Clock, *, timeout: timedelta, operated: Operated | None = None) -> None:
        self._redis = redis
        self._clock = clock
        self._timeout = timeout.total_seconds()
        self._operated = operated
        self._script = redis.register_script(_SPEND)
        self._away = False

    async def spend(self, spent: Mapping[str, float], *, per_second: float, burst: float) -> Mapping[str, float]:
        """Take from buckets, and return what is left in each; empty while Redis is away."""
        began = self._clock.monotonic()
        keep = math.ceil(2000 * burst / per_second) + 1000  # ms; twice what it takes to fill, from the deepest debt
        fault: Exception | None = None
        try:
            async with asyncio.timeout(self._timeout):
                left = await self._script(
                    keys=[f"{_PREFIX}{client}" for client in spent], args=[per_second, burst, keep, *spent.values()]
                )
        except Exception as error:  # noqa: BLE001 - whatever a client and a network come up with
            fault = error
            self._note(away=True, why=str(error) or type(error).__name__)
            return {}
        finally:
            if self._operated is not None:
                self._operated("spend", self._clock.monotonic() - began, fault)
        self._note(away=False, why="")
        return dict(zip(spent, map(float, left), strict=True))

    async def close(self) -> None:
        """Disconnect."""
        await self._redis.aclose()

    def _note(self, *, away: bool, why: str) -> None:
        if away and not self._away:
            _log.warning("rates are not shared, each process goes by its own: %s", why)
        self._away = away
