"""Rule: who is created on their day gets the message while it is still their day and the lateness budget lasts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from natalis.domain.occasion import ANNIVERSARY, BIRTHDAY, Firing, KindRule, Lateness, Until, Within
from natalis.domain.scheduling import Yearly, arrive
from natalis.domain.yearly_date import YearlyDate
from natalis.errors import InvalidInput, UnknownZone
from natalis.testing.builders import ZONES, a_profile, a_rulebook, a_user

UNTIL_SIX = Until(time(18))
TWO_HOURS = Within(timedelta(hours=2))
ONE_DAY = Within(timedelta(hours=24))


def upcoming(at: str, lateness: Lateness = ONE_DAY, zone: str = "Asia/Tokyo", birthday: str = "1990-06-01") -> Firing:
    """Return what someone is owed who arrives when the clocks of their zone show `at`."""
    now = datetime.fromisoformat(at).replace(tzinfo=ZONES.get(zone)).astimezone(UTC)
    user = a_user(a_profile(birthday=birthday, timezone=zone))
    (occasion,) = arrive(user, {}, a_rulebook(KindRule(BIRTHDAY, lateness=lateness)), now=now)
    assert occasion.upcoming is not None
    return occasion.upcoming


@pytest.mark.parametrize("lateness", [UNTIL_SIX, TWO_HOURS, ONE_DAY])
@pytest.mark.parametrize(
    "at", ["2026-05-31 23:59:59", "2026-06-01 00:00", "2026-06-01 08:59:59", "2026-06-01 10:59:59"]
)
def test_before_the_send_time_or_within_the_budget_it_is_today(at: str, lateness: Lateness) -> None:
    found = upcoming(at, lateness)

    assert found.occasion_date == date(2026, 6, 1)
    assert found.fire_at == datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "lateness"),
    [("2026-06-01 11:00", TWO_HOURS), ("2026-06-01 18:00", UNTIL_SIX), ("2026-06-02 00:00", ONE_DAY)],
)
def test_after_the_budget_or_the_day_it_is_next_year(at: str, lateness: Lateness) -> None:
    assert upcoming(at, lateness).occasion_date == date(2027, 6, 1)


def test_a_budget_that_outlasts_the_day_does_not_make_yesterday_ones_day() -> None:
    assert upcoming("2026-06-02 00:30", Within(timedelta(hours=72))).occasion_date == date(2027, 6, 1)


def test_the_last_moment_of_the_day_is_still_the_day() -> None:
    assert upcoming("2026-06-01 23:59:59", ONE_DAY).occasion_date == date(2026, 6, 1)


def test_the_day_is_the_one_on_the_persons_own_wall() -> None:
    # one and the same instant: half past midnight of 1 June on Kiritimati, 30 May in Niue
    assert upcoming("2026-06-01 00:30", zone="Pacific/Kiritimati").occasion_date == date(2026, 6, 1)
    assert upcoming("2026-05-30 23:30", zone="Pacific/Niue").occasion_date == date(2026, 6, 1)


def test_whose_day_vanished_is_greeted_on_the_day_after() -> None:
    found = upcoming("2011-12-31 08:00", zone="Pacific/Apia", birthday="1990-12-30")

    assert found.occasion_date == date(2011, 12, 30)
    assert found.fire_at == datetime(2011, 12, 30, 19, tzinfo=UTC)


def test_one_whose_day_is_the_last_of_december_is_still_in_time_on_new_years_eve() -> None:
    assert upcoming("2026-12-31 23:00", birthday="1990-12-31").occasion_date == date(2026, 12, 31)
    assert upcoming("2027-01-01 00:00", birthday="1990-12-31").occasion_date == date(2027, 12, 31)


def test_a_spread_that_ends_after_midnight_makes_the_next_day_theirs_too() -> None:
    rule = KindRule(BIRTHDAY, send_time=time(23, 59), spread=timedelta(hours=23), lateness=ONE_DAY)
    user = a_user(a_profile(birthday="1990-12-31", timezone="UTC"))

    (occasion,) = arrive(user, {}, a_rulebook(rule), now=datetime(2027, 1, 1, 0, 0, tzinfo=UTC))

    assert occasion.upcoming is not None
    assert occasion.upcoming.occasion_date == date(2026, 12, 31)
    assert occasion.upcoming.fire_at.date() == date(2027, 1, 1)


def test_every_kind_a_person_brings_has_its_own_next_turn() -> None:
    user = a_user(a_profile(birthday="1990-06-01"))
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)

    birthday, anniversary = arrive(user, {ANNIVERSARY: Yearly(YearlyDate(5, 31))}, a_rulebook(), now=now)

    assert birthday.upcoming is not None
    assert anniversary.upcoming is not None
    assert birthday.upcoming.occasion_date == date(2026, 6, 1)
    assert anniversary.upcoming.occasion_date == date(2027, 5, 31)


def test_an_unknown_zone_is_refused_at_the_door() -> None:
    with pytest.raises(UnknownZone):
        arrive(a_user(a_profile(timezone="Mars/Olympus")), {}, a_rulebook(), now=datetime(2026, 6, 1, tzinfo=UTC))


def test_a_kind_that_is_not_configured_is_refused_at_the_door() -> None:
    with pytest.raises(InvalidInput, match="nameday"):
        arrive(a_user(), {"nameday": Yearly(YearlyDate(6, 1))}, a_rulebook(), now=datetime(2026, 6, 1, tzinfo=UTC))
