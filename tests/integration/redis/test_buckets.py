"""Token buckets that processes share."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from natalis.caches.redis_buckets import open_buckets
from natalis.clocks.system import SystemClock
from natalis.testing.servers.redis import RedisServer

pytestmark = pytest.mark.network

SLOW = 0.001  # tokens a second: none comes back while a test runs
PATIENCE = timedelta(seconds=10)


async def test_all_draw_from_the_same_bucket(redis: RedisServer) -> None:
    async with (
        open_buckets(redis.url, SystemClock(), patience=PATIENCE) as one,
        open_buckets(redis.url, SystemClock(), patience=PATIENCE) as other,
    ):
        assert await one.spend({"a": 4, "b": 1}, per_second=SLOW, burst=10) == pytest.approx({"a": 6, "b": 9})
        assert await other.spend({"a": 4}, per_second=SLOW, burst=10) == pytest.approx({"a": 2}, abs=0.1)


async def test_a_debt_is_never_deeper_than_a_bucket(redis: RedisServer) -> None:
    async with open_buckets(redis.url, SystemClock(), patience=PATIENCE) as buckets:
        assert await buckets.spend({"a": 1000}, per_second=SLOW, burst=10) == pytest.approx({"a": -10})


async def test_a_bucket_fills_and_never_overflows(redis: RedisServer) -> None:
    async with open_buckets(redis.url, SystemClock(), patience=PATIENCE) as buckets:
        await buckets.spend({"a": 5}, per_second=1e6, burst=10)
        await SystemClock().sleep(timedelta(milliseconds=10))
        assert await buckets.spend({"a": 0}, per_second=1e6, burst=10) == pytest.approx({"a": 10})


async def test_a_bucket_that_has_been_full_is_forgotten(redis: RedisServer) -> None:
    async with open_buckets(redis.url, SystemClock(), patience=PATIENCE) as buckets:
        await buckets.spend({"a": 1}, per_second=2, burst=10)
        left = int((await asyncio.to_thread(redis.command, "PTTL", "natalis:rate:a")).removeprefix(":"))
        assert 5_000 < left <= 11_000


async def test_without_redis_nobody_knows_and_nobody_fails(
    redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_buckets(redis.url, SystemClock()) as buckets:
        for down in (redis.pause, redis.kill):
            await asyncio.to_thread(down)
            assert await buckets.spend({"a": 1}, per_second=1, burst=10) == {}
        await asyncio.to_thread(redis.start)
        assert await buckets.spend({"a": 1}, per_second=SLOW, burst=10) == pytest.approx({"a": 9})
    assert len([line for line in caplog.messages if "rates are not shared" in line]) == 1
