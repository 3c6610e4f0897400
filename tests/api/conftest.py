"""The real application over a real store in a temporary file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from natalis.ports.store import Store
from natalis.stores.sqlite import open_store
from natalis.testing.http_api import Api, started_api


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store in a new file."""
    opened = await open_store(tmp_path / "natalis.db")
    yield opened
    await opened.connection.close()


@pytest.fixture
async def api(store: Store) -> AsyncIterator[Api]:
    """The application as it runs on a laptop: on loopback, without tokens."""
    async with started_api(store) as started:
        yield started


@pytest.fixture
async def store_api_with_small_bulk(store: Store) -> AsyncIterator[Api]:
    """The application with a bulk limit that a test can reach."""
    async with started_api(store, bulk_limit=10_000) as started:
        yield started
