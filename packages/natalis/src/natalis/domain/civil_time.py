"""From a local time on a wall clock to one instant: unambiguous, in a gap, or in an overlap.

The rule is RFC 5545's (section 3.3.5): a local time that does not exist is read with the offset before the gap, one
that exists twice means the first. A whole local day that does not exist is read as the next day; since such a gap is
exactly a day long wherever it happened since 1970, the first rule gives the same instant (a test holds every zone to
both readings).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TypeAlias, assert_never


@dataclass(frozen=True, slots=True)
class Unambiguous:
    """The local time happens once, at `instant` (UTC)."""

    instant: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """The clocks jump over the local time.

    Attributes:
        before: The instant (UTC) the offset before the gap gives; on the wall it reads later by the gap's length.
        after: The instant (UTC) the offset after the gap gives; on the wall it reads earlier by the gap's length.
    """

    before: datetime
    after: datetime


@dataclass(frozen=True, slots=True)
class Fold:
    """The local time happens twice, at `first` and at `second` (UTC)."""

    first: datetime
    second: datetime


Resolution: TypeAlias = Unambiguous | Gap | Fold


def resolve(day: date, at: time, zone: tzinfo) -> Resolution:
    """Say which instants the wall clock of `zone` shows `day` `at`.

    Source: PEP 495 - a zone answers with the offset before a transition for fold=0 and after it for fold=1.
    """
    local = datetime.combine(day, at.replace(tzinfo=None, fold=0), tzinfo=zone)
    before, after = _offset(local), _offset(local.replace(fold=1))
    first = (local - before).replace(tzinfo=UTC)
    if before == after:
        return Unambiguous(first)
    second = (local - after).replace(tzinfo=UTC)
    return Fold(first, second) if first < second else Gap(before=first, after=second)


def instant_of(day: date, at: time, zone: tzinfo) -> datetime:
    """Return the one instant (UTC) at which something due on `day` `at` local time happens."""
    match resolve(day, at, zone):
        case Unambiguous(instant):
            return instant
        case Fold(first, _):
            return first
        case Gap(before, _):
            return before
        case other:
            assert_never(other)


def local_date(instant: datetime, zone: tzinfo) -> date:
    """Return the date on the wall calendar of `zone` at `instant`."""
    return instant.astimezone(zone).date()


def _offset(local: datetime) -> timedelta:
    return local.utcoffset() or timedelta(0)
