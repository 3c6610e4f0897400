"""A read-through cache."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol, TypeVar

T = TypeVar("T")


class Cache(Protocol):
    """Keeps what was read for a while; never the cause of an error."""

    async def fetch(self, key: str, ttl: timedelta, load: Callable[[], Awaitable[T]]) -> T:
        """Return the cached value, or load and keep it; concurrent misses of one key load once.

        What `load` raises is raised to every waiter and not kept. A load that began before an invalidation of its
        key is not kept.
        """
        ...

    async def invalidate(self, pattern: str) -> None:
        """Forget every key that matches; `*` stands for any run of characters (`user:1`, `users:list:*`)."""
        ...
