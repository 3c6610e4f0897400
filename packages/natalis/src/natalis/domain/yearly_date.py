"""A date that comes round every year: a month, a day and perhaps the year it began."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import date
from typing import assert_never

from natalis.errors import InvalidInput

EARLIEST_YEAR = 1900
LEAP_YEAR = 2000  # any leap year will do to ask whether a month has a day
_WITH_YEAR = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)", re.ASCII)  # ISO 8601
_WITHOUT_YEAR = re.compile(r"(?P<year>)--(?P<month>\d\d)-?(?P<day>\d\d)", re.ASCII)  # RFC 6350, both spellings


class LeapDay(enum.StrEnum):
    """What 29 February becomes in a common year, in the words of RFC 7529 (`SKIP`)."""

    BACKWARD = "backward"  # 28 February
    FORWARD = "forward"  # 1 March
    OMIT = "omit"  # nothing that year


@dataclass(frozen=True, slots=True, order=True)
class YearlyDate:
    """A month and a day that recur every year, and the year of the first one where it is known.

    It is a date, never an instant: nothing here knows a time zone.
    """

    month: int
    day: int
    year: int | None = None

    def __str__(self) -> str:
        """Write it as ISO 8601, `1972-02-29`, or without a year as RFC 6350 does, `--02-29`."""
        return f"{'-' if self.year is None else f'{self.year:04d}'}-{self.month:02d}-{self.day:02d}"

    @property
    def is_leap_day(self) -> bool:
        """Whether it exists in leap years only."""
        return (self.month, self.day) == (2, 29)

    def in_year(self, year: int, leap_day: LeapDay) -> date | None:
        """Return its date in `year`; None when 29 February is omitted in a common year."""
        if not self.is_leap_day or _is_leap(year):
            return date(year, self.month, self.day)
        match leap_day:
            case LeapDay.BACKWARD:
                return date(year, 2, 28)
            case LeapDay.FORWARD:
                return date(year, 3, 1)
            case LeapDay.OMIT:
                return None
        assert_never(leap_day)


def parse_yearly_date(text: str, *, field: str, today: date) -> YearlyDate:
    """Read `1972-02-29`, or without a year `--02-29` or `--0229`.

    Args:
        text: What was given.
        field: Its name, for the error.
        today: The latest date that can have happened anywhere on earth (`intake.latest_date`); later ones are
            refused.

    Raises:
        InvalidInput: It is no such date, the date does not exist, or it lies before 1900 or after `today`.
    """
    exact = _usual(text)
    if exact is not None and exact.year >= EARLIEST_YEAR and exact <= today:
        return YearlyDate(exact.month, exact.day, exact.year)
    found = _WITH_YEAR.fullmatch(text.strip()) or _WITHOUT_YEAR.fullmatch(text.strip())
    if found is None:
        raise InvalidInput(field, f"{text[:40]!r} is not a date", "write 1990-05-25, or --05-25 without a year")
    month, day = int(found["month"]), int(found["day"])
    year = int(found["year"]) if found["year"] else None
    try:
        exact = date(LEAP_YEAR if year is None else year, month, day)
    except ValueError:
        raise InvalidInput(field, f"{text.strip()} does not exist in the calendar", "use a date that exists") from None
    if year is not None and not (year >= EARLIEST_YEAR and exact <= today):
        allowed = f"use a date from {EARLIEST_YEAR}-01-01 to {today.isoformat()}, or leave the year out as --05-25"
        raise InvalidInput(field, f"{text.strip()} is not a date that a living person can have", allowed)
    return YearlyDate(month, day, year)


def _usual(text: str) -> date | None:
    """Return the date of `1972-02-29`; None for every other spelling, and for what is none, which are looked into."""
    if len(text) != len("1972-02-29") or text[4] != "-" or text[7] != "-":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
