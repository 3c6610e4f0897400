"""A store on a file, and its file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from natalis.ports.store import Store
from natalis.stores.sqlite import open_store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that does not exist yet."""
    return tmp_path / "natalis.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    """A store on that file."""
    opened = await open_store(path)
    yield opened
    await opened.connection.close()
