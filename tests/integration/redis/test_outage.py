"""Redis goes away, hangs, refuses and comes back; nobody who asks the cache notices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from natalis.caches.failover import FailoverCache
from natalis.clocks.system import SystemClock
from natalis.testing.servers.proxy import TcpProxy
from natalis.testing.servers.redis import RedisServer

pytestmark = pytest.mark.network

TTL = timedelta(minutes=10)
QUICK = {"timeout": timedelta(milliseconds=50), "probe": timedelta(milliseconds=50)}
SLOW_TO_FORGET = {**QUICK, "outage_ttl": TTL}
MOMENT = timedelta(milliseconds=20)
Process = Callable[..., Awaitable[FailoverCache]]
Answering = Callable[[object], Callable[[], Awaitable[Any]]]
clock = SystemClock()


@pytest.fixture
async def network(redis: RedisServer) -> AsyncIterator[TcpProxy]:
    """What lies between a process and Redis."""
    async with TcpProxy(redis.port) as proxy:
        yield proxy


def through(network: TcpProxy) -> str:
    return f"redis://127.0.0.1:{network.port}/0"


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(20):
        while not condition():
            await clock.sleep(MOMENT)


async def asked(cache: FailoverCache, answering: Answering, *, stop: asyncio.Event) -> list[timedelta]:
    """Fetch and forget without end, checking every answer; return how long each call took."""
    took: list[timedelta] = []
    number = 0
    while not stop.is_set():
        number += 1
        key, answer = f"user:{number % 50}", f"person {number % 50}"
        began = clock.monotonic()
        assert await cache.fetch(key, TTL, answering(answer)) == answer
        if number % 10 == 0:
            await cache.invalidate(key)
        took.append(clock.monotonic() - began)
        await clock.sleep(timedelta(milliseconds=1))
    return took


@pytest.mark.parametrize("mishap", ["kill", "pause"])
async def test_nobody_who_asks_notices_and_it_is_used_again_when_it_is_back(
    redis: RedisServer, process: Process, answering: Answering, mishap: str
) -> None:
    cache, stop = await process(redis.url, options=QUICK), asyncio.Event()
    asking = [asyncio.ensure_future(asked(cache, answering, stop=stop)) for _ in range(8)]
    await until(lambda: cache.is_shared)
    for _ in range(2):
        await asyncio.to_thread(redis.kill if mishap == "kill" else redis.pause)
        await until(lambda: not cache.is_shared)
        await clock.sleep(timedelta(milliseconds=300))
        await asyncio.to_thread(redis.revive)
        await until(lambda: cache.is_shared)
        await clock.sleep(timedelta(milliseconds=300))
    stop.set()

    took = sorted(each for took in await asyncio.gather(*asking) for each in took)

    longest = took[-1].total_seconds() * 1000
    median = took[len(took) // 2].total_seconds() * 1000
    print(f"\n{mishap}, twice: {len(took)} calls, none failed; median {median:.2f} ms, longest {longest:.0f} ms")  # noqa: T201 - a figure of the run


async def test_one_that_hangs_is_asked_a_few_times_and_then_no_more(
    redis: RedisServer, process: Process, answering: Answering
) -> None:
    operations: list[str] = []
    faults: list[BaseException | None] = []

    def operated(name: str, _: timedelta, error: BaseException | None) -> None:
        operations.append(name)
        faults.append(error)

    options = {**QUICK, "probe": timedelta(hours=1)}
    cache = await process(redis.url, options=options, operated=operated)
    await asyncio.to_thread(redis.pause)

    for number in range(100):
        assert await cache.fetch(f"user:{number}", TTL, answering("Ada")) == "Ada"

    assert operations.count("look") == 3
    assert {type(each) for each in faults} == {TimeoutError}


async def test_one_that_refuses_is_asked_once(redis: RedisServer, process: Process, answering: Answering) -> None:
    operations: list[str] = []
    options = {**QUICK, "probe": timedelta(hours=1)}
    cache = await process(redis.url, options=options, operated=lambda name, _took, _fault: operations.append(name))
    await asyncio.to_thread(redis.kill)

    for number in range(100):
        await cache.fetch(f"user:{number}", TTL, answering("Ada"))
        await cache.invalidate(f"user:{number}")

    assert (operations.count("look"), operations.count("forget")) == (1, 0)


async def test_a_pattern_that_it_may_not_have_heard_is_told_again(
    redis: RedisServer, network: TcpProxy, process: Process, answering: Answering
) -> None:
    late, other = await process(through(network), options=QUICK), await process(redis.url)
    await other.fetch("user:1", TTL, answering("Ada"))
    await until(lambda: not other._shared._keeping)
    network.black_hole()
    await late.invalidate("user:1")
    assert not late.is_shared
    network.cut()
    await network.pass_through()

    await until(lambda: late.is_shared)

    assert await other.fetch("user:1", TTL, answering("Ada Lovelace")) == "Ada Lovelace"


async def test_while_it_is_away_values_are_kept_in_memory_for_a_short_time(
    redis: RedisServer, process: Process, answering: Answering
) -> None:
    cache = await process(redis.url, options={**QUICK, "outage_ttl": timedelta(milliseconds=300)})
    await asyncio.to_thread(redis.kill)
    await cache.fetch("user:1", TTL, answering("Ada"))

    assert await cache.fetch("user:1", TTL, answering("Grace")) == "Ada"
    await clock.sleep(timedelta(milliseconds=350))
    assert await cache.fetch("user:1", TTL, answering("Grace")) == "Grace"


async def test_while_it_is_away_what_is_to_be_forgotten_is(
    redis: RedisServer, process: Process, answering: Answering
) -> None:
    cache = await process(redis.url, options=SLOW_TO_FORGET)
    await asyncio.to_thread(redis.kill)
    await cache.fetch("user:1", TTL, answering("Ada"))

    await cache.invalidate("user:1")

    assert await cache.fetch("user:1", TTL, answering("Ada Lovelace")) == "Ada Lovelace"


async def test_what_was_kept_in_memory_meanwhile_is_dropped_when_it_is_back(
    redis: RedisServer, process: Process, answering: Answering
) -> None:
    cache = await process(redis.url, options=SLOW_TO_FORGET)
    for outage in ("the first outage", "the second outage"):
        await asyncio.to_thread(redis.kill)
        await until_away(cache, answering)
        assert await cache.fetch("user:1", TTL, answering(outage)) == outage
        await asyncio.to_thread(redis.start)
        await until(lambda: cache.is_shared)

    assert await cache.fetch("user:1", TTL, answering("fresh")) == "fresh"


@pytest.mark.parametrize("pattern", ["user:1", "user:*", "u*1"])
async def test_what_was_to_be_forgotten_while_only_this_process_was_cut_off_is_forgotten_for_all_when_it_is_back(
    redis: RedisServer, network: TcpProxy, process: Process, answering: Answering, pattern: str
) -> None:
    patient = {**QUICK, "timeout": timedelta(seconds=1)}
    cut_off, other = await process(through(network), options=patient), await process(redis.url)
    await other.fetch("user:1", TTL, answering("Ada"))
    await until(lambda: not other._shared._keeping)
    assert await cut_off.fetch("user:1", TTL, answering("nobody")) == "Ada"
    network.black_hole()

    await cut_off.invalidate(pattern)
    assert not cut_off.is_shared
    await network.pass_through()
    await until(lambda: cut_off.is_shared)

    assert await other.fetch("user:1", TTL, answering("Ada Lovelace")) == "Ada Lovelace"


async def test_one_who_missed_too_much_forgets_everything(
    redis: RedisServer, process: Process, answering: Answering
) -> None:
    cut_off, other = await process(redis.url, options=QUICK), await process(redis.url)
    await other.fetch("users:1", TTL, answering("Ada"))
    await until(lambda: not other._shared._keeping)
    await asyncio.to_thread(redis.pause)
    for number in range(1100):
        await cut_off.invalidate(f"user:{number}")
    assert len(cut_off._missed) <= 1000

    await asyncio.to_thread(redis.resume)
    await until(lambda: cut_off.is_shared)

    assert await other.fetch("users:1", TTL, answering("Ada Lovelace")) == "Ada Lovelace"


async def test_one_that_refuses_to_answer_or_to_write_counts_as_away(
    redis: RedisServer, process: Process, answering: Answering
) -> None:
    cache = await process(redis.url, options=QUICK)
    await asyncio.to_thread(redis.command, "CONFIG", "SET", "maxmemory", "1")
    try:
        assert await cache.fetch("user:1", TTL, answering("Ada")) == "Ada"
        await cache.invalidate("user:1")
        assert not cache.is_shared
        assert await cache.fetch("user:1", TTL, answering("Ada Lovelace")) == "Ada Lovelace"
    finally:
        await asyncio.to_thread(redis.command, "CONFIG", "SET", "maxmemory", "0")
    await until(lambda: cache.is_shared)


async def test_one_that_was_never_there_is_used_when_it_comes(
    redis: RedisServer, process: Process, answering: Answering
) -> None:
    await asyncio.to_thread(redis.kill)
    cache = await process(redis.url, options=QUICK)
    assert await cache.fetch("user:1", TTL, answering("Ada")) == "Ada"

    await asyncio.to_thread(redis.start)

    await until(lambda: cache.is_shared)


async def test_a_connection_that_is_cut_in_the_middle_of_a_question_is_no_error(
    redis: RedisServer, network: TcpProxy, process: Process, answering: Answering
) -> None:
    cache = await process(through(network), options={"timeout": timedelta(seconds=10), "probe": MOMENT})
    await cache.fetch("user:1", TTL, answering("Ada"))
    network.delay(timedelta(milliseconds=200))
    asking = [asyncio.ensure_future(cache.fetch(f"user:{number}", TTL, answering("Grace"))) for number in range(9)]
    await asyncio.wait(asking, timeout=0.1)
    network.cut()

    assert await asyncio.gather(*asking) == ["Grace"] * 9
    assert redis.is_running


async def test_what_a_load_raises_is_raised_with_and_without_redis(redis: RedisServer, process: Process) -> None:
    cache = await process(redis.url, options=QUICK)
    loads = 0

    async def load() -> str:
        nonlocal loads
        loads += 1
        raise LookupError("there is nobody")

    with pytest.raises(LookupError):
        await cache.fetch("user:1", TTL, load)
    await asyncio.to_thread(redis.kill)
    with pytest.raises(LookupError):
        await cache.fetch("user:1", TTL, load)
    assert loads == 2


async def until_away(cache: FailoverCache, answering: Answering) -> None:
    """Ask until it is noticed that Redis is away."""
    while cache.is_shared:
        await cache.fetch("user:2", TTL, answering("Grace"))
        await clock.sleep(MOMENT)
