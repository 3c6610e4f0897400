"""Rule: a message may be late by its kind's budget and no longer; on time it may always be."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.calendar import firing_in
from natalis.domain.occasion import BIRTHDAY, Firing, KindRule, Lateness, Occasion, Until, Within
from natalis.domain.yearly_date import YearlyDate
from natalis.testing.builders import ZONES

NINE_IN_PARIS = datetime(2026, 6, 1, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


def firing(rule: KindRule, zone: str = "Europe/Paris", on: YearlyDate | None = None, year: int = 2026) -> Firing:
    found = firing_in(Occasion("ada", BIRTHDAY, on or YearlyDate(6, 1)), rule, ZONES.get(zone), year=year)
    assert found is not None
    return found


def test_a_day_is_the_budget_when_nobody_says_anything() -> None:
    assert firing(KindRule(BIRTHDAY)) == Firing(date(2026, 6, 1), NINE_IN_PARIS, NINE_IN_PARIS + 24 * HOUR)


def test_within_counts_from_the_fire_time_even_over_a_change_of_clocks() -> None:
    rule = KindRule(BIRTHDAY, lateness=Within(24 * HOUR))

    found = firing(rule, on=YearlyDate(3, 28))

    assert found.expires_at - found.fire_at == 24 * HOUR
    assert found.expires_at.astimezone(ZONES.get("Europe/Paris")).hour == 10


def test_until_is_a_local_time_of_the_same_day() -> None:
    found = firing(KindRule(BIRTHDAY, lateness=Until(time(18))))

    assert found.expires_at == datetime(2026, 6, 1, 16, tzinfo=UTC)


def test_until_on_the_day_the_clocks_change_keeps_to_the_wall() -> None:
    found = firing(KindRule(BIRTHDAY, send_time=time(1), lateness=Until(time(18))), on=YearlyDate(10, 25))

    assert found.expires_at - found.fire_at == 18 * HOUR


def test_until_counts_the_day_on_which_it_fires_when_its_own_day_vanished() -> None:
    rule = KindRule(BIRTHDAY, lateness=Until(time(18)))

    found = firing(rule, "Pacific/Apia", YearlyDate(12, 30), 2011)

    assert found.occasion_date == date(2011, 12, 30)
    assert found.expires_at.astimezone(ZONES.get("Pacific/Apia")).isoformat() == "2011-12-31T18:00:00+14:00"


@pytest.mark.parametrize("lateness", [Within(timedelta(0)), Until(time(8)), Until(time(9))])
def test_a_budget_of_nothing_still_leaves_the_time_in_which_a_message_counts_as_on_time(lateness: Lateness) -> None:
    found = firing(KindRule(BIRTHDAY, lateness=lateness, tolerance=timedelta(seconds=60)))

    assert found.expires_at == found.fire_at + timedelta(seconds=60)


@given(
    lateness=st.builds(Within, st.timedeltas(timedelta(0), 72 * HOUR)) | st.builds(Until, st.times()),
    spread=st.timedeltas(timedelta(0), 2 * HOUR),
    zone=st.sampled_from(sorted(ZONES.names())),
    day=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
)
def test_every_firing_leaves_at_least_its_tolerance(
    lateness: Lateness, spread: timedelta, zone: str, day: date
) -> None:
    rule = KindRule(BIRTHDAY, lateness=lateness, spread=spread)

    found = firing(rule, zone, YearlyDate(day.month, day.day))

    assert found.expires_at >= found.fire_at + rule.tolerance
