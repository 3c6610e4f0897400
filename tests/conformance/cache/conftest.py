"""Every cache there is, and a source that loads on command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from _pytest.mark import ParameterSet

from natalis.caches.behind_replica import behind_replica
from natalis.caches.codec import Codec
from natalis.caches.failover import FailoverOptions, open_shared_cache
from natalis.caches.memory import MemoryCache
from natalis.caches.redis import RedisCache
from natalis.caches.redis_client import open_client
from natalis.caches.redis_slots import RedisSlots
from natalis.clocks.virtual import VirtualClock
from natalis.ports.cache import Cache
from natalis.testing.builders import NOON

TTL = timedelta(minutes=10)
TYPES = {"": str | None}


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


UNHURRIED = FailoverOptions(timeout=timedelta(seconds=10), outage_ttl=TTL)


@asynccontextmanager
async def memory(_: pytest.FixtureRequest, clock: VirtualClock) -> AsyncIterator[Cache]:
    """Give one in this process."""
    yield MemoryCache(clock)


@asynccontextmanager
async def before_a_replica(_: pytest.FixtureRequest, clock: VirtualClock) -> AsyncIterator[Cache]:
    """Give one that forgets twice."""
    async with behind_replica(MemoryCache(clock), clock, lag=timedelta(milliseconds=1), stems=("",)) as cache:
        yield cache


@asynccontextmanager
async def redis(request: pytest.FixtureRequest, clock: VirtualClock) -> AsyncIterator[Cache]:
    """Give one in Redis."""
    client = open_client(request.getfixturevalue("redis").url, timeout=UNHURRIED.timeout)
    cache = RedisCache(RedisSlots(client, clock, timeout=UNHURRIED.timeout), Codec(TYPES), clock)
    yield cache
    await cache.close()


@asynccontextmanager
async def failover(request: pytest.FixtureRequest, clock: VirtualClock) -> AsyncIterator[Cache]:
    """Give one that is in Redis as long as that is there."""
    server = request.getfixturevalue("redis")
    async with open_shared_cache(server.url, TYPES, clock, options=UNHURRIED) as cache:
        yield cache
        assert cache.is_shared


@asynccontextmanager
async def failover_without_redis(_: pytest.FixtureRequest, clock: VirtualClock) -> AsyncIterator[Cache]:
    """Give one that is meant to be in Redis, which is not there."""
    async with open_shared_cache("redis://127.0.0.1:1/0", TYPES, clock, options=UNHURRIED) as cache:
        yield cache
        assert not cache.is_shared


CACHES: list[Callable[[pytest.FixtureRequest, VirtualClock], AbstractAsyncContextManager[Cache]] | ParameterSet] = [
    memory,
    before_a_replica,
    pytest.param(redis, marks=pytest.mark.network),
    pytest.param(failover, marks=pytest.mark.network),
    pytest.param(failover_without_redis, marks=pytest.mark.network),
]


@pytest.fixture(params=CACHES, ids=lambda cache: cache.__name__)
async def cache(request: pytest.FixtureRequest, clock: VirtualClock) -> AsyncIterator[Cache]:
    """Return each cache in turn; a new one is one more line in `CACHES` and the function it names."""
    async with request.param(request, clock) as cache:
        yield cache


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def held() -> Source:
    return Source(held=True)
