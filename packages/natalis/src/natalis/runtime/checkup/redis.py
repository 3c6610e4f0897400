"""Redis: the cache that processes share; without it each has its own, so nothing about it is worse than a warning."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from natalis.caches.inspecting import RedisInspection, inspect_redis
from natalis.ports.clock import Clock
from natalis.runtime.checkup.finding import Finding, warning, well

SLOW = timedelta(milliseconds=5)
"""What it is asked instead, a look-up by id in the database, takes about one."""


async def check_redis(url: str, clock: Clock) -> Finding:
    """Look at the server."""
    parts = urlsplit(url)
    place = f"{parts.hostname}:{parts.port or 6379}"
    try:
        return judge(await inspect_redis(url, clock=clock), place)
    except ConnectionError as error:
        remedy = "start it, open the way to it, or mend REDIS_URL; each process has a cache of its own meanwhile"
        return warning("cache", f"{place} cannot be used: {error}", remedy)


def judge(found: RedisInspection, place: str) -> Finding:
    """Say of a Redis whether it makes a good cache."""
    milliseconds = found.latency / timedelta(milliseconds=1)
    detail = f"{place}, Redis {found.version}, {found.policy}, answers in {milliseconds:.1f} ms"
    if found.latency > SLOW:
        return warning(
            "cache", detail, "put it nearer, or see what keeps it busy: a cache must be quicker than the database"
        )
    if found.policy == "noeviction":
        size = (
            "when its memory is full it takes nothing more"
            if found.limit
            else "it grows as far as the machine's memory"
        )
        return warning("cache", f"{detail}; {size}", "set maxmemory, and maxmemory-policy allkeys-lru")
    return well("cache", detail)
