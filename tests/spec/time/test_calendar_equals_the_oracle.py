"""Rule: whatever the date, the zone, the rules and the moment, the next firing is the one found by walking the days."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.spec.time.conftest import Oracle, Wall

from natalis.domain.calendar import first_firing, next_firing
from natalis.domain.occasion import BIRTHDAY, Firing, KindRule, Lateness, Occasion, Until, Within
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.zones.pinned import TzdataZones

ZONES = TzdataZones()
ADA = "0190c3f2-0000-7000-8000-000000000001"
DAYS = st.dates(date(2000, 1, 1), date(2000, 12, 31)) | st.just(date(2000, 2, 29))
LATENESS: st.SearchStrategy[Lateness] = st.builds(
    Within, st.timedeltas(timedelta(minutes=1), timedelta(hours=48))
) | st.builds(Until, st.times().map(lambda at: at.replace(microsecond=0)))


@dataclass(frozen=True)
class Case:
    """A birthday, the rules it is under, and where on earth and in time it is looked at."""

    day: date
    leap_day: LeapDay
    zone: str
    at: time
    lateness: Lateness
    year: int
    away: timedelta
    used: frozenset[int]

    @property
    def rule(self) -> KindRule:
        return KindRule(BIRTHDAY, self.at, self.lateness, self.leap_day)

    @property
    def occasion(self) -> Occasion:
        return Occasion(ADA, BIRTHDAY, YearlyDate(self.day.month, self.day.day, self.day.year))


CASES = st.builds(
    Case,
    DAYS,
    st.sampled_from(LeapDay),
    st.sampled_from(sorted(ZONES.names())),
    st.sampled_from([time(9), time(0), time(2, 30), time(23, 59)]),
    LATENESS,
    st.integers(1971, 2026),
    st.timedeltas(timedelta(days=-3), timedelta(days=3)),
    st.frozensets(st.integers(1970, 2030), max_size=4),
)


@settings(max_examples=400)
@given(case=CASES)
def test_the_first_firing_is_found_by_walking_the_days(oracle: Oracle, case: Case) -> None:
    wall = oracle.wall(case.zone)
    near = date(case.year, case.day.month, min(case.day.day, 28))
    now = wall.fires(near, case.at) + case.away

    found = first_firing(case.occasion, case.rule, ZONES.get(case.zone), now=now, used_years=case.used)

    assert found == walk(case, wall, now, case.used)


@settings(max_examples=200)
@given(case=CASES)
def test_the_firing_after_one_is_the_next_that_walking_the_days_finds(oracle: Oracle, case: Case) -> None:
    wall, zone = oracle.wall(case.zone), ZONES.get(case.zone)
    now = wall.fires(date(case.year, 1, 1), case.at)
    first = first_firing(case.occasion, case.rule, zone, now=now)

    following = next_firing(case.occasion, case.rule, zone, after=first)

    assert following == walk(case, wall, now, set(range(1960, first.occasion_date.year + 1)))


def walk(case: Case, wall: Wall, now: datetime, used: Collection[int]) -> Firing:
    """Try one date after the other until one is the occasion's, not over, not overdue, and in a year still free."""
    today = wall.day(now)
    for ordinal in count(today.toordinal() - 3):
        day = date.fromordinal(ordinal)
        if day.year not in used and falls_on(case, day):
            fire_at = wall.fires(day, case.at)
            expires_at = last_moment(case, wall, fire_at)
            if wall.day(fire_at) >= today and now < expires_at:
                return Firing(day, fire_at, expires_at)
    raise AssertionError(case)


def falls_on(case: Case, day: date) -> bool:
    if (case.day.month, case.day.day) == (2, 29) and not isleap(day.year):
        instead = {LeapDay.BACKWARD: (2, 28), LeapDay.FORWARD: (3, 1), LeapDay.OMIT: None}[case.leap_day]
        return (day.month, day.day) == instead
    return (day.month, day.day) == (case.day.month, case.day.day)


def last_moment(case: Case, wall: Wall, fire_at: datetime) -> datetime:
    on_time = fire_at + timedelta(seconds=60)
    if isinstance(case.lateness, Within):
        return max(on_time, fire_at + case.lateness.budget)
    return max(on_time, wall.fires(wall.day(fire_at), case.lateness.local))
