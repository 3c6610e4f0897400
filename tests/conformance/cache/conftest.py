"""Every cache there is, and a source that loads on command."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from natalis.caches.memory import MemoryCache
from natalis.clocks.virtual import VirtualClock
from natalis.ports.cache import Cache
from natalis.testing.builders import NOON

TTL = timedelta(minutes=10)


@dataclass
class Source:
    """What is behind the cache: counts its loads, and when `held` answers only after `release`."""

    answers: list[object] = field(default_factory=lambda: ["first", "second", "third"])
    held: bool = False
    loads: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    async def load(self) -> object:
        answer = self.answers[self.loads]
        self.loads += 1
        self.begun.set()
        if self.held:
            await self.may_end.wait()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def release(self) -> None:
        self.may_end.set()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOON)


@pytest.fixture(params=["memory"])
def cache(request: pytest.FixtureRequest, clock: VirtualClock) -> Cache:
    """Return each cache in turn; a new one is one more name here."""
    match request.param:
        case "memory":
            return MemoryCache(clock)
        case other:
            raise NotImplementedError(other)


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def held() -> Source:
    return Source(held=True)
