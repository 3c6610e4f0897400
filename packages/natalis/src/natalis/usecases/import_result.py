"""What an import was asked for, and what came of it, row by row and in all."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple


class Outcome(enum.StrEnum):
    """What became of a row."""

    ADDED = "added"
    UNCHANGED = "unchanged"  # the address is known, with the same data
    UPDATED = "updated"  # the address was known with other data, which gave way
    CONFLICT = "conflict"  # the address is known with other data, which stays
    BAD = "bad"  # no person can be made of it


class Result(NamedTuple):
    """What became of one row.

    Attributes:
        line: Where the row begins, counted from 1.
        outcome: What became of it; in a dry run, what would.
        user_id: Whose it is; None when nobody's, or not yet.
        reason: What is wrong and what to do, in a sentence; empty unless it is a conflict or bad.
    """

    line: int
    outcome: Outcome
    user_id: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows came to which end; every row read is counted once."""

    added: int = 0
    unchanged: int = 0
    updated: int = 0
    conflict: int = 0
    bad: int = 0

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return self.added + self.unchanged + self.updated + self.conflict + self.bad

    def plus(self, results: Iterable[Result]) -> Tally:
        """Return the tally with these counted in."""
        more = Counter(result.outcome for result in results)
        return Tally(**{name: count + more[Outcome(name)] for name, count in asdict(self).items()})


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to import.

    Attributes:
        default_zone: The time zone of people whose row has none; None makes such rows bad.
        update: Let the row win where an address is known with other data; otherwise that is a conflict.
        dry_run: Check everything, write nothing.
        restart: Begin anew, where an import of the same file was broken off.
    """

    default_zone: str | None = None
    update: bool = False
    dry_run: bool = False
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import has come.

    Attributes:
        bytes_done: Read and landed, from the start of the file.
        bytes_total: The file's size.
        tally: Of all rows, those before an interruption included.
        results: Of the rows since the last progress, in order.
        resumed_at: The line at which an import that was broken off went on; None when it began anew.
        finished: Whether this is the last.
    """

    bytes_done: int
    bytes_total: int
    tally: Tally
    results: Sequence[Result]
    resumed_at: int | None
    finished: bool = False
