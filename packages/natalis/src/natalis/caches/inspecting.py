"""Looks at a Redis without changing it: which version, what it forgets when it is full, how quickly it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from natalis.ports.clock import Clock

_SECONDS = 2.0  # for it to let us in, and for each answer
_PINGS = 5


@dataclass(frozen=True, slots=True)
class RedisInspection:
    """What a Redis is.

    Attributes:
        version: As it writes it.
        policy: What it forgets when its memory is full (`maxmemory-policy`).
        limit: How many bytes it may take; 0 for as many as there are.
        latency: How long it takes to answer, the median of a few.
    """

    version: str
    policy: str
    limit: int
    latency: timedelta


async def inspect_redis(url: str, *, clock: Clock) -> RedisInspection:
    """Look at a server.

    Raises:
        ConnectionError: It cannot be reached, does not let us in, or the address cannot be read.
    """
    try:
        return await _inspected(url, clock)
    except (RedisError, OSError, ValueError, TypeError) as error:  # the last for what a URL names beyond what there is
        raise ConnectionError(str(error) or type(error).__name__) from error


async def _inspected(url: str, clock: Clock) -> RedisInspection:
    client = Redis.from_url(
        url,
        socket_timeout=_SECONDS,
        socket_connect_timeout=_SECONDS,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
    try:
        server, memory = await client.info("server"), await client.info("memory")
        latencies = []
        for _ in range(_PINGS):
            began = clock.monotonic()
            await client.ping()
            latencies.append(clock.monotonic() - began)
        return RedisInspection(
            version=str(server.get("redis_version", "")),
            policy=str(memory.get("maxmemory_policy", "")),
            limit=int(memory.get("maxmemory", 0)),
            latency=sorted(latencies)[_PINGS // 2],
        )
    finally:
        await client.aclose()
