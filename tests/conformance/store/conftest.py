"""Every store there is; a new one joins the conformance suite with one line in `OPENERS`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import TypeAlias

import pytest

from natalis.ports.store import Store
from natalis.stores.sqlite import open_store
from natalis.testing.journeys import Journey

NewStore: TypeAlias = Callable[[], AbstractAsyncContextManager[Store]]
_numbers = count()


@asynccontextmanager
async def _sqlite(folder: Path) -> AsyncIterator[Store]:
    store = await open_store(folder / f"natalis{next(_numbers)}.db")
    yield store
    await store.connection.close()


OPENERS = {"sqlite": _sqlite}


@pytest.fixture(params=OPENERS)
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> NewStore:
    """What opens an empty store."""
    return lambda: OPENERS[request.param](tmp_path)


@pytest.fixture
async def store(new_store: NewStore) -> AsyncIterator[Store]:
    """An empty store."""
    async with new_store() as opened:
        yield opened


@pytest.fixture
def journey(store: Store) -> Journey:
    """An empty store at noon, and the steps that services would take on it."""
    return Journey(store)
