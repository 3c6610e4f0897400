"""The adapters that the settings name: store, cache and queue, embedded or of a fleet.

They are imported when they are named, so that a process loads no driver it does not use.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

from natalis.caches.memory import Heard, MemoryCache
from natalis.ports.buckets import Buckets
from natalis.ports.cache import Cache
from natalis.ports.clock import Clock
from natalis.ports.store import Store
from natalis.ports.transport import Transport
from natalis.runtime.kept import KEPT
from natalis.runtime.settings import Settings
from natalis.transports.embedded import EmbeddedTransport
from natalis.usecases import freshness

KEPT_UNHEARD = timedelta(seconds=1)
"""How long a process of a fleet keeps what it read where it does not hear of what the others write."""

LAGGING = (freshness.DELIVERY_LISTS, freshness.TIMELINES)
"""What the store may read from a replica (`stores/postgres/replica.md`), of all that is cached."""

Operated: TypeAlias = Callable[[str, timedelta, BaseException | None], None]
"""Told of every operation of Redis: which, how long it took, and why it failed if it did; must not raise."""


async def open_store(settings: Settings, clock: Clock, *, instance: str, exclusive: bool, busy: bool) -> Store:
    """Open the database; raises `StoreUnavailable`."""
    if not settings.is_fleet:
        from natalis.stores import sqlite  # noqa: PLC0415 - see above

        return await sqlite.open_store(settings.database_path, exclusive=exclusive)
    from natalis.stores import postgres  # noqa: PLC0415 - see above

    return await postgres.open_store(
        settings.database_url,
        clock=clock,
        replica_url=settings.database_replica_url,
        options=postgres.API_POOL if busy else postgres.WORKER_POOL,
        instance=instance,
    )


@contextlib.asynccontextmanager
async def open_cache(
    settings: Settings, clock: Clock, heard: Heard | None, operated: Operated | None = None
) -> AsyncIterator[Cache]:
    """Open the cache: in memory, or shared through Redis and in memory while Redis is away.

    In memory a process of a fleet keeps nothing for longer than `KEPT_UNHEARD`: the owner of a SQLite file can ask
    whether others wrote (`runtime/freshness.py`); with PostgreSQL somebody always has.
    """
    if settings.redis_url is None:
        yield MemoryCache(clock, longest=KEPT_UNHEARD if settings.is_fleet else None, heard=heard)
        return
    from natalis.caches.failover import open_shared_cache  # noqa: PLC0415 - see above

    async with open_shared_cache(settings.redis_url, KEPT, clock, heard=heard, operated=operated) as shared:
        if settings.database_replica_url is None:
            yield shared
            return
        from natalis.caches.behind_replica import behind_replica  # noqa: PLC0415 - see above
        from natalis.stores import postgres  # noqa: PLC0415 - see above

        async with behind_replica(shared, clock, lag=postgres.SEEN_AFTER, stems=LAGGING) as cache:
            yield cache


@contextlib.asynccontextmanager
async def open_rates(settings: Settings, clock: Clock, operated: Operated) -> AsyncIterator[Buckets | None]:
    """Open what the rates of clients are shared through: Redis, which may be away; None where there is none."""
    if settings.redis_url is None:
        yield None
        return
    from natalis.caches.redis_buckets import open_buckets  # noqa: PLC0415 - see above

    async with open_buckets(settings.redis_url, clock, operated=operated) as buckets:
        yield buckets


@contextlib.asynccontextmanager
async def open_transport(settings: Settings, clock: Clock, *, instance: str) -> AsyncIterator[Transport]:
    """Open the queue: in this process, or RabbitMQ, which may be away at the start and come later.

    Raises:
        SettingsInvalid: `QUEUE_URL` names no node.
    """
    transport = EmbeddedTransport(clock) if settings.queue_url is None else _rabbitmq(settings, clock, instance)
    try:
        yield transport
    finally:
        await transport.close()


def queue_name(settings: Settings) -> str:
    """Return what metrics call the queue."""
    if settings.queue_url is None:
        return "embedded"
    from natalis.transports import rabbitmq  # noqa: PLC0415 - see above

    return rabbitmq.RabbitMQOptions(()).queue


def _rabbitmq(settings: Settings, clock: Clock, instance: str) -> Transport:
    from natalis.transports import rabbitmq  # noqa: PLC0415 - see above

    addresses = rabbitmq.read_addresses(settings.queue_url or "")
    options = rabbitmq.RabbitMQOptions(addresses, name=instance)
    lots_at_hand = math.ceil(2 * settings.worker_concurrency / options.keys_per_message)
    return rabbitmq.RabbitMQTransport(replace(options, prefetch=max(2, lots_at_hand)), clock)
