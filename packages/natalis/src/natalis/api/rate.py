"""How fast one client may call: token buckets, one per client, as many as memory should hold."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

CLIENTS = 10_000


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many requests a second on average, and so many at once.

    Attributes:
        per_second: On average; above 0.
        burst: At once; at least 1.
    """

    per_second: float
    burst: float


class Limiter(Protocol):
    """Says who may call now."""

    def admit(self, client: str, now: timedelta) -> timedelta | None:
        """Count a request at `now` (a monotonic time); return None when it may go on, else how long to wait."""
        ...


@dataclass(slots=True)
class _Bucket:
    level: float
    at: timedelta


class RateLimiter:
    """Counts the requests of each client.

    Args:
        limit: What each may do.
        clients: How many are remembered; the one silent for longest is forgotten first.
    """

    def __init__(self, limit: RateLimit, clients: int = CLIENTS) -> None:
        self._limit = limit
        self._clients = clients
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def admit(self, client: str, now: timedelta) -> timedelta | None:
        """Count a request at `now` (a monotonic time).

        Returns:
            None when it may go on; otherwise how long to wait until one may.
        """
        bucket = self._buckets.get(client)
        if bucket is None:
            bucket = self._buckets[client] = _Bucket(self._limit.burst, now)
            if len(self._buckets) > self._clients:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(client)
        earned = (now - bucket.at) / timedelta(seconds=1) * self._limit.per_second
        bucket.level = min(self._limit.burst, bucket.level + earned)
        bucket.at = now
        if bucket.level >= 1:
            bucket.level -= 1
            return None
        return timedelta(seconds=(1 - bucket.level) / self._limit.per_second)

    def lower(self, levels: Mapping[str, float]) -> None:
        """Let no client have more left than this; those that are not remembered stay so."""
        for client, level in levels.items():
            bucket = self._buckets.get(client)
            if bucket is not None:
                bucket.level = min(bucket.level, level)
