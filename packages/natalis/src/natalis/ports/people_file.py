"""A file of people as the import sees it, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from natalis.domain.intake import UserInput


class Position(NamedTuple):
    """Where reading goes on: a byte offset from the start of the file, and the number of the line there (from 1)."""

    offset: int
    line: int


START = Position(0, 1)
"""The beginning of any file."""


class Row(NamedTuple):
    """One person as written, unchecked.

    Attributes:
        line: Where it begins, counted from 1.
        given: What is said about the person; a field left empty is one not given.
        dates: Further yearly dates by kind, such as `anniversary`.
    """

    line: int
    given: UserInput
    dates: Mapping[str, str]


class BadRow(NamedTuple):
    """Something that should be a person and cannot be read as one.

    Attributes:
        line: Where it begins, counted from 1.
        reason: What is wrong and what would be right, in a sentence.
    """

    line: int
    reason: str


Entry: TypeAlias = Row | BadRow


class Batch(NamedTuple):
    """Some entries in the order of the file, and where the next ones begin."""

    entries: Sequence[Entry]
    after: Position


class PeopleFile(Protocol):
    """An open file of people; reading it holds one batch in memory, never the file."""

    @property
    def description(self) -> str:
        """What it was taken for, such as `CSV, cp1252, semicolons`."""
        ...

    @property
    def size(self) -> int:
        """Its length in bytes."""
        ...

    @property
    def fingerprint(self) -> str:
        """A digest of every byte and of the way it is read: equal only for the same rows."""
        ...

    def batches(self, *, start: Position, limit: int) -> Iterator[Batch]:
        """Read on from `start` (`START`, or a batch's `after`) in batches of `limit` entries, the last one smaller."""
        ...
