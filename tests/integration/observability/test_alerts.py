"""What befalls a fleet and its servers within seconds is told, by the shipped rules, to whom it concerns.

The rules are Natalis' own, in a hurry (see `conftest.py`). The alerts on the machine itself are provoked in
`test_machine_alerts.py`, those on what is late and missed in `test_delivery_alerts.py`: together, every alert there is
(`test_every_alert.py` sees to that). How long each condition has to last before anybody is told, and that a
burn alert needs its hours and days, is tried by promtool instead, in tests/plimsoll/budget/rules.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Final

import asyncpg
import pytest

from natalis.testing.servers.inbox import Inbox
from natalis.testing.servers.postgres import PostgresPair
from natalis.testing.servers.redis import RedisServer
from natalis.testing.stand_in import StandIn, answering
from natalis.testing.watched import Visitors, WatchedFleet, add_somebody

pytestmark = [pytest.mark.network, pytest.mark.slow]
PATIENCE: Final = timedelta(seconds=90)
REFUSED, OUT_OF_ORDER = 400, 503


class Provider:
    """Stands in for the provider: answers every call with one status."""

    status = REFUSED

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        answering(self.status)(request)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def fleet(told_fleet: Callable[..., WatchedFleet], provider: Provider, redis: RedisServer) -> Iterator[WatchedFleet]:
    """Start a fleet that calls our provider, and who watches it."""
    with StandIn(provider) as called:
        settings = {"NATALIS_PROVIDER_URL": called.url, "NATALIS_PROVIDER_TIMEOUT": "2s"}
        with told_fleet(settings=settings) as fleet:
            yield fleet
    redis.command("CONFIG", "SET", "maxmemory", "0")


async def test_what_goes_wrong_is_told_to_whom_it_concerns(
    *,
    fleet: WatchedFleet,
    postgres_pair: PostgresPair,
    redis: RedisServer,
    provider: Provider,
    inbox: Inbox,
    faults: Callable[[], list[str]],
) -> None:
    database = postgres_pair.primary
    with Visitors(fleet.api):
        redis.command("CONFIG", "SET", "maxmemory", "1000000")
        postgres_pair.replica_server.pause_replay()
        inbox.await_told(PATIENCE, warning={"DeadLetters", "LowCacheHitRate"})

        provider.status = OUT_OF_ORDER
        with ThreadPoolExecutor(8) as crowd:
            list(crowd.map(lambda number: add_somebody(fleet.api, number), range(10_000, 11_100)))
        async with crowded(database.url):
            inbox.await_told(PATIENCE, critical={"QueueProcessingStalled"}, warning={"BreakerOpen", "HighQueueDepth"})
            inbox.await_told(PATIENCE, warning={"HighDatabaseConnections", "RedisMemoryHigh", "ReplicaLag"})
        postgres_pair.replica_server.resume_replay()

        database.server.pause()
        inbox.await_told(PATIENCE, warning={"HighErrorRate", "HighLatency", "SlowQueries"})
        database.server.kill()
        inbox.await_told(PATIENCE, critical={"ErrorBudgetBurn"})

    fleet.process("api").kill()
    inbox.await_told(PATIENCE, critical={"APIDown"})
    assert faults() == []


@asynccontextmanager
async def crowded(url: str) -> AsyncIterator[None]:
    """Hold nine of ten connections that the database allows."""
    async with AsyncExitStack() as held:
        first = await asyncpg.connect(url)
        held.push_async_callback(first.close)
        most = int(await first.fetchval("show max_connections"))
        there = await first.fetchval("select count(*) from pg_stat_activity")
        for _ in range(most * 9 // 10 - there):
            held.push_async_callback((await asyncpg.connect(url)).close)
        yield
