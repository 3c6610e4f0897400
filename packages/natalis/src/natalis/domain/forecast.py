"""The forecast: how many messages each minute of a date will ask for, and what a provider's limit makes of it.

A cohort without a spread window is due in one instant; with one it is spread evenly over the window, as the hash of
`calendar.spread_offset` does with many people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from natalis.domain.calendar import firing_in
from natalis.domain.occasion import Occasion
from natalis.domain.rulebook import Rulebook
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.errors import InvalidInput

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
FARTHEST_OFFSET = timedelta(hours=16)  # no zone was ever farther from UTC (Manila before 1844: 15:56 behind)


@dataclass(frozen=True, slots=True)
class Cohort:
    """People of one kind who share everything a fire time depends on.

    Attributes:
        kind: Of occasion.
        month: 1 to 12.
        day: 1 to 31.
        timezone: Their zone.
        leap_day: Their own word on 29 February.
        size: How many.
    """

    kind: str
    month: int
    day: int
    timezone: str
    leap_day: LeapDay | None
    size: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """A time in which more is due than the provider takes.

    Attributes:
        begins: The first minute (UTC) whose messages do not all go out within it.
        ends: When the last one that waited goes out (UTC).
        delayed: How many go out later than within their minute.
        largest: The most that wait at once.
        longest_wait: How long the one that waits longest waits.
    """

    begins: datetime
    ends: datetime
    delayed: int
    largest: int
    longest_wait: timedelta

    @property
    def lasts(self) -> timedelta:
        """From the first minute over the limit until nothing waits."""
        return self.ends - self.begins


@dataclass(frozen=True, slots=True)
class DayForecast:
    """What one date (UTC) will ask for, with today's people and rules.

    Attributes:
        on: The date.
        total: Messages.
        minutes: Minute (UTC) and messages, in order; minutes without any are left out.
        zones: Messages by zone, the largest first.
        unplaced: People left out, because their zone or kind is unknown here.
        limit: Messages a second that the provider takes; None for no limit.
        backlogs: Where the limit is exceeded, in order. The date begins without one.
    """

    on: date
    total: int
    minutes: tuple[tuple[datetime, int], ...]
    zones: Mapping[str, int]
    unplaced: int
    limit: float | None = None
    backlogs: tuple[Backlog, ...] = ()

    @property
    def peak(self) -> tuple[datetime, int] | None:
        """The minute (UTC) with the most messages, the first of equal ones; None on a date without any."""
        return max(self.minutes, key=lambda minute: minute[1], default=None)

    @property
    def peak_rate(self) -> float:
        """Messages a second that the peak minute needs for all to go out within it."""
        return 0.0 if self.peak is None else self.peak[1] / MINUTE.total_seconds()


def dates_behind(on: date, book: Rulebook) -> frozenset[tuple[int, int]]:
    """Return the yearly dates, as (month, day), of all whose messages may be due on a date (UTC).

    The neighbours come in because a date is 50 hours long on earth, and 29 February for those who are congratulated
    on another day.
    """
    days = {(day.month, day.day) for day in _local_days(on, book)}
    return frozenset(days | {(2, 29)} if days & {(2, 28), (3, 1)} else days)


def forecast_day(on: date, cohorts: Iterable[Cohort], book: Rulebook, *, limit: float | None = None) -> DayForecast:
    """Count what is due in every minute of a date (UTC).

    Args:
        on: The date.
        cohorts: Everyone whose yearly date is one of `dates_behind(on, book)`.
        book: The rules of every kind, and the zones.
        limit: Messages a second that the provider takes; None for no limit.
    """
    windows: Counter[tuple[datetime, timedelta]] = Counter()
    zones: Counter[str] = Counter()
    unplaced = 0
    years = sorted({day.year for day in _local_days(on, book)})
    for cohort in cohorts:
        try:
            found = _windows(on, cohort, book, years)
        except InvalidInput:
            unplaced += cohort.size
            continue
        for start, spread in found:
            windows[start, spread] += cohort.size
            zones[cohort.timezone] += _share(start, spread, cohort.size, on)
    minutes: Counter[datetime] = Counter()
    for (start, spread), size in windows.items():
        minutes.update(_spread(start, spread, size, on))
    ordered = tuple(sorted((minute, count) for minute, count in minutes.items() if count))
    by_zone = {zone: count for zone, count in zones.most_common() if count}
    backlogs = () if limit is None else tuple(backlogs_of(ordered, limit))
    return DayForecast(on, sum(count for _, count in ordered), ordered, by_zone, unplaced, limit, backlogs)


def backlogs_of(minutes: Iterable[tuple[datetime, int]], limit: float) -> Iterable[Backlog]:
    """Yield each time in which more waits than the provider takes, in order.

    A minute's messages are taken to be due at its start, which is so for everyone of one zone.

    Args:
        minutes: Minute and messages, in order.
        limit: Messages a second; above zero.
    """
    waiting, until = 0.0, None
    current: Backlog | None = None
    for minute, count in minutes:
        left_over = 0.0 if until is None else waiting - limit * (minute - until).total_seconds()
        if left_over <= 0 and current is not None:
            yield current
            current = None
        waiting, until = max(0.0, left_over) + count, minute
        delayed = min(count, round(waiting - limit * MINUTE.total_seconds()))
        if delayed > 0 or current is not None:
            current = _grown(current, minute, max(0, delayed), waiting, limit)
    if current is not None:
        yield current


def _grown(known: Backlog | None, minute: datetime, delayed: int, waiting: float, limit: float) -> Backlog:
    wait = timedelta(seconds=waiting / limit)
    if known is None:
        return Backlog(minute, minute + wait, delayed, round(waiting), wait)
    return Backlog(
        known.begins,
        minute + wait,
        known.delayed + delayed,
        max(known.largest, round(waiting)),
        max(known.longest_wait, wait),
    )


def _local_days(on: date, book: Rulebook) -> list[date]:
    """Return every local date whose messages may be due on `on`."""
    longest = max((rule.spread for rule in book.kinds.values()), default=timedelta(0))
    start = datetime.combine(on, time(), UTC)
    first = (start - FARTHEST_OFFSET - longest).date()
    last = (start + DAY + FARTHEST_OFFSET).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _windows(on: date, cohort: Cohort, book: Rulebook, years: list[int]) -> list[tuple[datetime, timedelta]]:
    """Return where a cohort's window begins and how long it is, for each of its turns that touches the date."""
    rule, zone = book.rule(cohort.kind), book.zone(cohort.timezone)
    occasion = Occasion("", cohort.kind, YearlyDate(cohort.month, cohort.day), cohort.leap_day)
    start = datetime.combine(on, time(), UTC)
    firings = (firing_in(occasion, replace(rule, spread=timedelta(0)), zone, year=year) for year in years)
    return [
        (firing.fire_at, rule.spread)
        for firing in firings
        if firing is not None and firing.fire_at < start + DAY and firing.fire_at + rule.spread >= start
    ]


def _share(start: datetime, spread: timedelta, size: int, on: date) -> int:
    """Return how many of `size` people, spread evenly over the window, fall on the date."""
    whole = start.date() == on == (start + spread).date()
    return size if whole else sum(_spread(start, spread, size, on).values())


def _spread(start: datetime, spread: timedelta, size: int, on: date) -> dict[datetime, int]:
    """Spread `size` people evenly over the window; return those who fall on the date, by minute."""
    minute = start.replace(second=0, microsecond=0)
    if spread <= timedelta(0):
        return {minute: size} if minute.date() == on else {}
    counts: dict[datetime, int] = {}
    before = 0
    while before < size:
        share = min(1.0, (minute + MINUTE - start) / spread)
        upto = round(size * share)
        if minute.date() == on and upto > before:
            counts[minute] = upto - before
        before, minute = upto, minute + MINUTE
    return counts
