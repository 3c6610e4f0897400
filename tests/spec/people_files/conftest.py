"""Opens a file of people from its bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TypeAlias

import pytest

from natalis.formats.detect import OpenFile, open_people
from natalis.formats.reading import Reading
from natalis.ports.people_file import START, BadRow, Entry, Row

Open: TypeAlias = Callable[..., OpenFile]
Read: TypeAlias = Callable[..., Sequence[Entry]]


def _open(content: str | bytes, name: str = "people.csv", reading: Reading | None = None) -> OpenFile:
    raw = content.encode() if isinstance(content, str) else content
    return open_people(io.BytesIO(raw), name=name, reading=reading)


def _read(content: str | bytes, name: str = "people.csv", reading: Reading | None = None) -> Sequence[Entry]:
    opened = _open(content, name, reading)
    return [entry for batch in opened.batches(start=START, limit=7) for entry in batch.entries]


@pytest.fixture
def opened() -> Open:
    """Return a function from content, name and reading to an open file."""
    return _open


@pytest.fixture
def read() -> Read:
    """Return a function from content, name and reading to every entry."""
    return _read


@pytest.fixture
def row(read: Read) -> Callable[..., Row]:
    """Return a function to the one row of a file."""

    def only(content: str | bytes, name: str = "people.csv", reading: Reading | None = None) -> Row:
        (entry,) = read(content, name, reading)
        assert isinstance(entry, Row), entry
        return entry

    return only


@pytest.fixture
def bad(read: Read) -> Callable[..., BadRow]:
    """Return a function to the one bad row of a file."""

    def only(content: str | bytes, name: str = "people.csv", reading: Reading | None = None) -> BadRow:
        (entry,) = (entry for entry in read(content, name, reading) if isinstance(entry, BadRow))
        return entry

    return only
