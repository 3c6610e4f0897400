"""The oracle: a second implementation of civil time, written to share nothing with the first.

It reads the compiled zones itself (RFC 9636), keeps every change of offset until 2038 as a plain list, and finds the
instants at which a wall clock shows something by trying every offset the zone ever had. It knows neither `zoneinfo`
nor folds; of the code under test it uses nothing.
"""

from __future__ import annotations

import importlib.resources
import re
import struct
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import NamedTuple

import pytest

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall-clock times are numbers here
FIRST, LAST = 1970, 2037
DAWN = -2 * 366 * 86400  # what a clock did before 1968 is left out
HEADER = 44  # bytes
LAST_WEEK = 5
SECOND = timedelta(seconds=1)
POSIX_RULE = re.compile(
    r"(?:<[^>]+>|[A-Za-z]+)(?P<standard>[-+]?[\d:]+)"
    r"(?:(?:<[^>]+>|[A-Za-z]+)(?P<summer>[-+]?[\d:]+)?,(?P<start>M[^,]+),(?P<end>M[^,]+))?"
)


@dataclass(frozen=True, slots=True)
class Change:
    """The offset changes from `before` to `after` (seconds east of UTC) at `at` (seconds since 1970)."""

    at: int
    before: int
    after: int


@dataclass(frozen=True)
class Wall:
    """The wall clock of one zone, as its offset at first and every change of it until 2038."""

    name: str
    initial: int
    changes: tuple[Change, ...]

    @cached_property
    def _instants(self) -> list[int]:
        return [change.at for change in self.changes]

    @cached_property
    def _offsets(self) -> list[int]:
        return sorted({self.initial, *(change.after for change in self.changes)})

    def offset(self, instant: int) -> int:
        """Return the offset in force."""
        index = bisect_right(self._instants, instant)
        return self.changes[index - 1].after if index else self.initial

    def showing(self, wall: int) -> list[int]:
        """Return every instant at which the clock shows `wall`, by trying all offsets."""
        return [wall - offset for offset in reversed(self._offsets) if self.offset(wall - offset) == offset]

    def jump_over(self, wall: int) -> Change:
        """Return the change at which the clock jumps over `wall`."""
        (change,) = (c for c in self.changes if c.at + c.before <= wall < c.at + c.after)
        return change

    def fires(self, day: date, at: time) -> datetime:
        """Return the instant of something due on `day` `at` local time, by the words of the contract.

        A day that does not exist is read as the next one; a time that does not exist, as that much after the jump.
        """
        while self._lacks(day):
            day += timedelta(days=1)
        wall = seconds(datetime.combine(day, at))
        instants = self.showing(wall)
        if instants:
            return aware(min(instants))
        change = self.jump_over(wall)
        return aware(change.at + wall - (change.at + change.before))

    def day(self, instant: datetime) -> date:
        """Return what the wall calendar shows."""
        moment = (instant - datetime(1970, 1, 1, tzinfo=UTC)) // SECOND
        return shown(moment + self.offset(moment)).date()

    def _lacks(self, day: date) -> bool:
        midnight = seconds(datetime.combine(day, time()))
        return any(c.at + c.before <= midnight and midnight + 86400 <= c.at + c.after for c in self.changes)


class Oracle:
    """Every zone of the pinned database."""

    def __init__(self) -> None:
        self._root = importlib.resources.files("tzdata").joinpath("zoneinfo")
        listing = importlib.resources.files("tzdata").joinpath("zones")
        self.names = tuple(listing.read_text(encoding="utf-8").split())
        self._walls: dict[str, Wall] = {}

    def wall(self, name: str) -> Wall:
        """Return the wall clock of a zone or alias."""
        if name not in self._walls:
            self._walls[name] = read_wall(name, self._root.joinpath(*name.split("/")).read_bytes())
        return self._walls[name]


def aware(instant: int) -> datetime:
    """Return seconds since 1970 as an instant."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=instant)


def seconds(wall: datetime) -> int:
    """Return a wall-clock time as seconds since it showed 1970."""
    return (wall - EPOCH) // SECOND


def shown(wall: int) -> datetime:
    """Return the wall-clock time that is `seconds`."""
    return EPOCH + timedelta(seconds=wall)


def read_wall(name: str, data: bytes) -> Wall:
    """Read a compiled zone of version 2 or later (RFC 9636): its 64-bit part, and the rule for the years after it."""
    position = HEADER + _old_part(_counts(data, 0))
    counts = _counts(data, position)
    position += HEADER
    instants = struct.unpack_from(f">{counts.times}q", data, position)
    kinds = data[position + 8 * counts.times : position + 9 * counts.times]
    position += 9 * counts.times
    offsets = [struct.unpack_from(">i", data, position + 6 * index)[0] for index in range(counts.types)]
    position += 6 * counts.types + counts.letters + counts.std_flags + counts.utc_flags
    listed = [(instant, offsets[kind]) for instant, kind in zip(instants, kinds, strict=True)]
    last = listed[-1][0] if listed else DAWN
    ruled = [(instant, offset) for instant, offset in _ruled(data[position:].strip().decode()) if instant > last]
    return _wall(name, offsets[0], listed + ruled)


def _wall(name: str, initial: int, steps: list[tuple[int, int]]) -> Wall:
    """Return the clock without what happened long before 1970 and without changes that change nothing."""
    changes, current = [], initial
    for instant, offset in steps:
        if instant < DAWN:
            initial = offset
        elif offset != current:
            changes.append(Change(instant, current, offset))
        current = offset
    return Wall(name, initial, tuple(changes))


class _Counts(NamedTuple):
    utc_flags: int
    std_flags: int
    leaps: int
    times: int
    types: int
    letters: int


def _counts(data: bytes, position: int) -> _Counts:
    assert data[position : position + 4] == b"TZif"
    counts = _Counts(*struct.unpack_from(">6l", data, position + 20))
    assert counts.leaps == 0, "the database counts no leap seconds"
    return counts


def _old_part(counts: _Counts) -> int:
    return 5 * counts.times + 6 * counts.types + counts.letters + counts.std_flags + counts.utc_flags


def _ruled(rule: str) -> list[tuple[int, int]]:
    """Return the changes that a rule such as `EST5EDT,M3.2.0,M11.1.0` makes, each with the offset after it."""
    found = POSIX_RULE.fullmatch(rule)
    assert found, rule
    if found["start"] is None:
        return []
    standard = -_clock(found["standard"])  # POSIX counts offsets westward
    summer = -_clock(found["summer"]) if found["summer"] else standard + 3600
    changes = []
    for year in range(FIRST, LAST + 2):
        changes.append((_posix_wall(found["start"], year) - standard, summer))
        changes.append((_posix_wall(found["end"], year) - summer, standard))
    return sorted(changes)


def _posix_wall(text: str, year: int) -> int:
    """Return the wall-clock time that `M3.2.0/2` names in a year: month, week (5: the last), weekday (0: Sunday)."""
    day_text, _, time_text = text.partition("/")
    month, week, weekday = (int(part) for part in day_text.removeprefix("M").split("."))
    days = [day for day in range(1, 32) if _weekday(year, month, day) == weekday]
    midnight = datetime(year, month, days[week - 1] if week < LAST_WEEK else days[-1])  # noqa: DTZ001 - a wall time
    return seconds(midnight) + _clock(time_text or "2")


def _weekday(year: int, month: int, day: int) -> int | None:
    try:
        return date(year, month, day).isoweekday() % 7
    except ValueError:
        return None


def _clock(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    parts = [int(part) for part in text.lstrip("+-").split(":")]
    return sign * sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))


@pytest.fixture(scope="session")
def oracle() -> Oracle:
    """The second implementation."""
    return Oracle()
