"""Every service test runs in a house of its own, on a new SQLite store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from natalis.ports.store import Store
from natalis.stores.sqlite import open_store
from natalis.testing.house import House


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A new store."""
    store = await open_store(tmp_path / "natalis.db")
    yield store
    await store.connection.close()


@pytest.fixture
def house(store: Store) -> House:
    """A house on a new store."""
    return House(store)
