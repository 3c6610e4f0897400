"""Every store there is; a new one joins the conformance suite with one line in `STORES`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import TypeAlias

import pytest

from natalis.clocks.system import SystemClock
from natalis.ports.store import Store
from natalis.stores import postgres, sqlite
from natalis.testing.journeys import Journey
from natalis.testing.postgres_stores import SMALL_POOL, NewDatabase
from natalis.testing.servers.pgbouncer import PgBouncer

NewStore: TypeAlias = Callable[[], AbstractAsyncContextManager[Store]]
STORES = (
    pytest.param("new_sqlite_store", id="sqlite"),
    pytest.param("new_postgres_store", id="postgres", marks=pytest.mark.network),
    pytest.param("new_pooled_postgres_store", id="pgbouncer", marks=(pytest.mark.network, pytest.mark.slow)),
)
_numbers = count()


@pytest.fixture
def new_sqlite_store(tmp_path: Path) -> NewStore:
    @asynccontextmanager
    async def open_one() -> AsyncIterator[Store]:
        store = await sqlite.open_store(tmp_path / f"natalis{next(_numbers)}.db")
        yield store
        await store.connection.close()

    return open_one


@pytest.fixture
def new_postgres_store(new_postgres_database: NewDatabase) -> NewStore:
    return lambda: _postgres(new_postgres_database().url)


@pytest.fixture
def new_pooled_postgres_store(new_postgres_database: NewDatabase, pgbouncer_server: PgBouncer) -> NewStore:
    return lambda: _postgres(pgbouncer_server.url(new_postgres_database().name))


@asynccontextmanager
async def _postgres(url: str) -> AsyncIterator[Store]:
    store = await postgres.open_store(url, clock=SystemClock(), instance="conformance", options=SMALL_POOL)
    yield store
    await store.connection.close()


@pytest.fixture(params=STORES)
def new_store(request: pytest.FixtureRequest) -> NewStore:
    """What opens an empty store."""
    found: NewStore = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def store(new_store: NewStore) -> AsyncIterator[Store]:
    """An empty store."""
    async with new_store() as opened:
        yield opened


@pytest.fixture
def journey(store: Store) -> Journey:
    """An empty store at noon, and the steps that services would take on it."""
    return Journey(store)
