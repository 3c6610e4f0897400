"""Stores on PostgreSQL as these tests open them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

import pytest

from natalis.clocks.system import SystemClock
from natalis.ports.store import Store
from natalis.stores.postgres import PoolOptions, open_store
from natalis.testing.journeys import Journey
from natalis.testing.postgres_stores import SMALL_POOL
from natalis.testing.servers.postgres import PostgresDatabase

Open: TypeAlias = Callable[..., Awaitable[Store]]


@pytest.fixture
async def open_one() -> AsyncIterator[Open]:
    """What opens a store; it is closed when the test ends."""
    opened: list[Store] = []

    async def open_it(
        url: str, *, instance: str = "test", replica_url: str | None = None, options: PoolOptions = SMALL_POOL
    ) -> Store:
        store = await open_store(url, clock=SystemClock(), instance=instance, replica_url=replica_url, options=options)
        opened.append(store)
        return store

    yield open_it
    for store in opened:
        await store.connection.close()


@pytest.fixture
async def store(open_one: Open, migrated: PostgresDatabase) -> Store:
    """An empty store."""
    return await open_one(migrated.url)


@pytest.fixture
def journey(store: Store) -> Journey:
    """An empty store at noon, and the steps that services would take on it."""
    return Journey(store)
