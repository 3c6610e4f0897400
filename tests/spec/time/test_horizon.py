"""Rule: "today" lasts 50 hours on earth, and the planning horizon of a day misses nobody in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.spec.time.conftest import Oracle

from natalis.domain.calendar import firing_in, first_firing
from natalis.domain.civil_time import local_date
from natalis.domain.intake import latest_date
from natalis.domain.occasion import BIRTHDAY, KindRule, Occasion
from natalis.domain.planning import Plan, Plannable, decide_plans
from natalis.domain.yearly_date import YearlyDate
from natalis.testing.builders import ZONES, a_rulebook

HOUR = timedelta(hours=1)
HORIZON = 24 * HOUR
RULE = KindRule(BIRTHDAY)
EVERY_ZONE = sorted(ZONES.names())


def occasion_in(zone: str, day: date) -> Occasion:
    return Occasion(zone, BIRTHDAY, YearlyDate(day.month, day.day))


def test_no_wall_clock_has_been_further_east_than_fourteen_hours_or_west_than_twelve(oracle: Oracle) -> None:
    walls = [oracle.wall(name) for name in oracle.names]

    offsets = {wall.offset(0) for wall in walls}
    offsets |= {change.after for wall in walls for change in wall.changes if change.at > 0}

    assert (min(offsets), max(offsets)) == (-12 * 3600, 14 * 3600)


def test_one_date_begins_on_kiritimati_and_ends_west_of_hawaii_fifty_hours_later() -> None:
    day = date(2026, 6, 1)
    hours = [datetime(2026, 5, 30, tzinfo=UTC) + number * HOUR for number in range(96)]

    lit = [hour for hour in hours if any(local_date(hour, ZONES.get(zone)) == day for zone in EVERY_ZONE)]

    assert lit[0] == datetime(2026, 5, 31, 10, tzinfo=UTC)
    assert lit[-1] + HOUR - lit[0] == 50 * HOUR


@given(now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 - naive bounds
def test_the_latest_date_is_that_of_the_wall_calendar_furthest_ahead(now: datetime) -> None:
    assert latest_date(now) == max(local_date(now, ZONES.get(zone)) for zone in EVERY_ZONE)


def test_everyone_on_earth_with_one_birthday_is_planned_ahead_of_their_fire_time_by_an_hourly_planner() -> None:
    day, book = date(2026, 6, 1), a_rulebook()
    waiting = {
        zone: Occasion(
            zone,
            BIRTHDAY,
            YearlyDate(6, 1),
            upcoming=firing_in(occasion_in(zone, day), RULE, ZONES.get(zone), year=2026),
        )
        for zone in EVERY_ZONE
    }
    planned: dict[str, timedelta] = {}
    for number in range(96):
        now = datetime(2026, 5, 29, 12, tzinfo=UTC) + number * HOUR
        reached = [
            Plannable(occasion, zone, None)
            for zone, occasion in waiting.items()
            if zone not in planned and occasion.upcoming is not None and occasion.upcoming.fire_at <= now + HORIZON
        ]
        for decision in decide_plans(reached, book):
            assert isinstance(decision, Plan)
            upcoming = decision.plannable.occasion.upcoming
            assert upcoming is not None
            planned[decision.plannable.timezone] = upcoming.fire_at - now
            assert decision.following.occasion_date == date(2027, 6, 1)

    assert planned.keys() == set(EVERY_ZONE)
    assert all(HORIZON - HOUR < ahead <= HORIZON for ahead in planned.values())


@given(zone=st.sampled_from(EVERY_ZONE), day=st.dates(date(2026, 1, 1), date(2027, 12, 31)), at=st.times())
def test_whoever_arrives_on_their_day_ahead_of_the_send_time_fires_within_a_day_and_an_hour(
    zone: str, day: date, at: time
) -> None:
    # an hour more than the planner's horizon: that is the longest day, and the planner comes round again before it
    tz = ZONES.get(zone)
    rule = KindRule(BIRTHDAY, send_time=time(23, 59))
    now = datetime.combine(day, at, tzinfo=tz).astimezone(UTC)

    found = first_firing(occasion_in(zone, local_date(now, tz)), rule, tz, now=now)

    assert timedelta(minutes=-1) < found.fire_at - now <= 25 * HOUR
