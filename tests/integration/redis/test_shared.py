"""What processes that share a cache see of one another."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from natalis.caches.failover import FailoverCache
from natalis.errors import SettingsInvalid
from natalis.testing.servers.redis import RedisServer

pytestmark = pytest.mark.network

TTL = timedelta(minutes=10)
PATTERNS = ["user:1", "user:*", "u*1", "*"]
SLOT = "natalis:cache:slot:user:1"
Process = Callable[..., Awaitable[FailoverCache]]
Answering = Callable[[object], Callable[[], Awaitable[Any]]]


async def kept(cache: FailoverCache) -> None:
    """Wait until what was loaded is kept."""
    while cache._shared._keeping:
        await asyncio.wait(cache._shared._keeping)


async def counted(server: RedisServer, command: str) -> int:
    """Return how often the server was given a command."""
    lines = (await asyncio.to_thread(_info, server)).splitlines()
    line = next((line for line in lines if line.startswith(f"cmdstat_{command}:")), "calls=0,")
    return int(line.partition("calls=")[2].partition(",")[0])


def _info(server: RedisServer) -> str:
    with contextlib.closing(socket.create_connection(("127.0.0.1", server.port), timeout=5)) as connection:
        connection.sendall(b"INFO commandstats\r\nQUIT\r\n")
        with connection.makefile("r") as answer:
            return answer.read()


async def test_what_one_loaded_another_finds(redis: RedisServer, process: Process, answering: Answering) -> None:
    one, other = await process(redis.url), await process(redis.url)
    await one.fetch("user:1", TTL, answering("Ada"))
    await kept(one)

    assert await other.fetch("user:1", TTL, answering("Grace")) == "Ada"


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_what_one_forgets_all_forget(
    redis: RedisServer, process: Process, answering: Answering, pattern: str
) -> None:
    one, other = await process(redis.url), await process(redis.url)
    await one.fetch("user:1", TTL, answering("Ada"))
    await kept(one)

    await other.invalidate(pattern)

    assert await one.fetch("user:1", TTL, answering("Ada Lovelace")) == "Ada Lovelace"


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_a_load_that_began_before_another_process_forgot_is_not_kept(
    redis: RedisServer, process: Process, answering: Answering, hold: Callable[[object], Any], pattern: str
) -> None:
    one, other = await process(redis.url), await process(redis.url)
    old = hold("Ada")
    before = asyncio.ensure_future(one.fetch("user:1", TTL, old.load))
    await old.begun.wait()

    await other.invalidate(pattern)
    old.may_end.set()

    assert await before == "Ada"
    await kept(one)
    assert await other.fetch("user:1", TTL, answering("Ada Lovelace")) == "Ada Lovelace"


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_who_asks_after_another_process_forgot_joins_no_load_that_began_before(
    redis: RedisServer, process: Process, answering: Answering, hold: Callable[[object], Any], pattern: str
) -> None:
    one, other = await process(redis.url), await process(redis.url)
    old = hold("Ada")
    before = asyncio.ensure_future(one.fetch("user:1", TTL, old.load))
    await old.begun.wait()

    await other.invalidate(pattern)

    assert await one.fetch("user:1", TTL, answering("Ada Lovelace")) == "Ada Lovelace"
    old.may_end.set()
    assert await before == "Ada"
    await kept(one)
    assert await other.fetch("user:1", TTL, answering("nobody")) == "Ada Lovelace"


async def test_tokens_that_redis_evicts_revive_nothing(
    redis: RedisServer, process: Process, answering: Answering
) -> None:
    cache = await process(redis.url)
    await cache.fetch("user:1", TTL, answering("Ada"))
    await kept(cache)
    await cache.invalidate("user:*")
    await asyncio.to_thread(redis.command, "DEL", "natalis:cache:generation:user:")

    assert await cache.fetch("user:1", TTL, answering("Ada Lovelace")) == "Ada Lovelace"


async def test_a_redis_that_lost_everything_in_the_middle_of_a_load_is_no_error(
    redis: RedisServer, process: Process, answering: Answering, hold: Callable[[object], Any]
) -> None:
    cache = await process(redis.url)
    held = hold("Ada")
    waiting = asyncio.ensure_future(cache.fetch("user:1", TTL, held.load))
    await held.begun.wait()
    await asyncio.to_thread(redis.flush)
    held.may_end.set()

    assert await waiting == "Ada"
    await kept(cache)
    assert await cache.fetch("user:1", TTL, answering("Ada Lovelace")) == "Ada Lovelace"


async def test_forgetting_all_below_a_stem_looks_at_no_key(redis: RedisServer, process: Process) -> None:
    cache, before = await process(redis.url), await counted(redis, "scan")

    for pattern in ("*", "user:*", "users:list:*", "user:1"):
        await cache.invalidate(pattern)

    assert await counted(redis, "scan") == before


async def test_no_pattern_asks_for_all_keys_at_once(redis: RedisServer, process: Process, answering: Answering) -> None:
    cache, before = await process(redis.url), await counted(redis, "keys")
    await cache.fetch("user:1", TTL, answering("Ada"))
    await kept(cache)

    await cache.invalidate("u*1")

    assert await counted(redis, "keys") == before
    assert await asyncio.to_thread(redis.command, "EXISTS", SLOT) == ":0"


async def test_many_who_ask_at_once_are_answered_together(
    redis: RedisServer, process: Process, answering: Answering
) -> None:
    cache, before = await process(redis.url), await counted(redis, "mget")

    await asyncio.gather(*(cache.fetch(f"user:{number}", TTL, answering("Ada")) for number in range(100)))

    assert await counted(redis, "mget") - before <= 3


async def test_redis_itself_forgets_what_is_too_old(redis: RedisServer, process: Process, answering: Answering) -> None:
    cache = await process(redis.url)
    await cache.fetch("user:1", timedelta(seconds=100), answering("Ada"))
    await kept(cache)

    left = int((await asyncio.to_thread(redis.command, "TTL", SLOT)).removeprefix(":"))

    assert 0 < left <= 100


@pytest.mark.parametrize("rubbish", ["", "hello", "\x00", "\x94", "\x94\x01\x02\x03\x04"])
async def test_a_slot_that_holds_something_else_counts_as_empty(
    redis: RedisServer, process: Process, answering: Answering, rubbish: str
) -> None:
    cache = await process(redis.url)
    await asyncio.to_thread(redis.command, "SET", SLOT, rubbish)

    assert await cache.fetch("user:1", TTL, answering("Ada")) == "Ada"
    await kept(cache)
    assert await cache.fetch("user:1", TTL, answering("nobody")) == "Ada"


async def test_what_another_version_wrote_in_another_shape_counts_as_not_there(
    redis: RedisServer, process: Process, answering: Answering
) -> None:
    old, new = await process(redis.url), await process(redis.url, types={"user:": str})
    await old.fetch("user:1", TTL, answering("Ada"))
    await kept(old)

    assert await new.fetch("user:1", TTL, answering("Ada Lovelace")) == "Ada Lovelace"


@pytest.mark.parametrize("key", ["stranger:1", "timeline:1"])
async def test_what_has_no_type_or_not_its_type_is_loaded_each_time_and_said_once(
    redis: RedisServer,
    process: Process,
    answering: Answering,
    caplog: pytest.LogCaptureFixture,
    key: str,
) -> None:
    cache = await process(redis.url)
    values = [object(), object()]

    assert [await cache.fetch(key, TTL, answering(value)) for value in values] == values
    await kept(cache)
    assert len([line for line in caplog.messages if "is not kept in the shared cache" in line]) == 1


async def test_every_operation_is_told_of(redis: RedisServer, process: Process, answering: Answering) -> None:
    operations: list[tuple[str, BaseException | None]] = []
    cache = await process(redis.url, operated=lambda operation, _, error: operations.append((operation, error)))
    await cache.fetch("user:1", TTL, answering("Ada"))
    await kept(cache)
    await cache.invalidate("user:1")

    assert operations == [("look", None), ("keep", None), ("forget", None)]


async def test_every_look_up_is_told_of_with_its_family(
    redis: RedisServer, process: Process, answering: Answering
) -> None:
    lookups: list[tuple[str, bool]] = []
    cache = await process(redis.url, heard=lambda family, hit: lookups.append((family, hit)))
    await cache.fetch("users:list:1", TTL, answering("Ada"))
    await kept(cache)
    await cache.fetch("users:list:1", TTL, answering("Ada"))

    assert lookups == [("users", False), ("users", True)]


@pytest.mark.parametrize("address", ["http://somewhere", "redis://somewhere/0?no_such_thing=1"])
async def test_an_address_that_is_none_is_refused_by_the_setting_s_name(process: Process, address: str) -> None:
    with pytest.raises(SettingsInvalid, match="REDIS_URL"):
        await process(address)
