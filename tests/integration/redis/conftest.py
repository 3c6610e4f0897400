"""Caches of several processes on one Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from natalis.caches.failover import FailoverCache, FailoverOptions, open_shared_cache
from natalis.clocks.system import SystemClock

TYPES: Mapping[str, Any] = {"user:": str | None, "users:": str, "timeline:": list[int]}


@dataclass
class Held:
    """A load that ends when it may."""

    answer: object
    loads: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    async def load(self) -> Any:
        self.loads += 1
        self.begun.set()
        await self.may_end.wait()
        return self.answer


@pytest.fixture
def hold() -> Callable[[object], Held]:
    return Held


@pytest.fixture
def answering() -> Callable[[object], Callable[[], Awaitable[Any]]]:
    """Return what makes a load of a value."""

    def answering(value: object) -> Callable[[], Awaitable[Any]]:
        async def load() -> Any:
            return value

        return load

    return answering


@pytest.fixture
async def process() -> AsyncIterator[Callable[..., Awaitable[FailoverCache]]]:
    """Return what opens the cache of one more process; options by name, as of `open_shared_cache`."""
    async with AsyncExitStack() as opened:

        async def process(url: str, **chosen: Any) -> FailoverCache:
            options = FailoverOptions(**{"timeout": timedelta(seconds=10), **chosen.pop("options", {})})
            types = chosen.pop("types", TYPES)
            cache = open_shared_cache(url, types, SystemClock(), options=options, **chosen)
            return await opened.enter_async_context(cache)

        yield process
