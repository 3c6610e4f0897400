"""What the message tests share: a delivery's key, and a writer over templates given as text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from natalis.domain.delivery import DeliveryKey
from natalis.domain.signed_link import Links
from natalis.domain.writing import Writer
from natalis.wording.folder import load_templates

WriterOf = Callable[..., Writer]


@pytest.fixture
def key() -> DeliveryKey:
    return DeliveryKey("0190c3f2-0000-7000-8000-000000000001", "birthday", date(2026, 12, 10))


@pytest.fixture
def writer_of(tmp_path: Path) -> WriterOf:
    """Return a maker of writers: file names and their text, over the packaged templates."""

    def make(template_files: dict[str, str] | None = None, links: Links | None = None) -> Writer:
        for name, text in (template_files or {}).items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        return Writer(load_templates(tmp_path, kinds=["birthday", "anniversary", "name-day"]), links)

    return make
