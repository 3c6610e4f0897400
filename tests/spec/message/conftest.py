"""What the message tests share: a delivery's key, a writer over templates given as text, and a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path

import pytest

from natalis.clocks.virtual import VirtualClock
from natalis.domain.delivery import DeliveryKey
from natalis.domain.signed_link import Links
from natalis.domain.writing import Writer
from natalis.ports.store import Store
from natalis.stores.sqlite import open_store
from natalis.testing.builders import NOON
from natalis.wording.folder import load_templates

WriterOf = Callable[..., Writer]


@pytest.fixture
def key() -> DeliveryKey:
    return DeliveryKey("0190c3f2-0000-7000-8000-000000000001", "birthday", date(2026, 12, 10))


@pytest.fixture
def writer_of(tmp_path: Path) -> WriterOf:
    """Return a maker of writers: file names and their text, over the packaged templates."""
    folder = tmp_path / "templates"
    folder.mkdir()

    def make(template_files: dict[str, str] | None = None, links: Links | None = None) -> Writer:
        for name, text in (template_files or {}).items():
            (folder / name).write_text(text, encoding="utf-8")
        return Writer(load_templates(folder, kinds=["birthday", "anniversary", "name-day"]), links)

    return make


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "natalis.db")
    yield opened
    await opened.connection.close()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOON)
