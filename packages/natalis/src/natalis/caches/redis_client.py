"""redis-py, set up so that it fails fast: what to do about a failure is decided elsewhere."""

from __future__ import annotations

from datetime import timedelta

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from natalis.errors import SettingsInvalid

_CONNECTIONS = 16  # look-ups of a process share one; the others keep and forget


def open_client(url: str, *, timeout: timedelta) -> Redis:
    """Return a client; it connects when it is first used.

    Args:
        url: `redis://…`, `rediss://…` or `unix://…`.
        timeout: For connecting, and for waiting for a connection.

    Raises:
        SettingsInvalid: The address is none.
    """
    seconds = timeout.total_seconds()
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=seconds,
            socket_connect_timeout=seconds,
            socket_timeout=seconds,
            retry=Retry(NoBackoff(), 0),  # by itself redis-py tries again for a second and more
            health_check_interval=0,
        )
        pool.connection_class(**pool.connection_kwargs)  # whatever the URL names beyond what there is shows here
    except (ValueError, TypeError) as error:
        problem = f"REDIS_URL: {error}; write redis://host:6379/0"
        raise SettingsInvalid((problem,)) from None
    return Redis.from_pool(pool)
