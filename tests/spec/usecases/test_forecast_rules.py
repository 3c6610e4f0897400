"""The forecast counts what each minute of a date will ask for."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.calendar import firing_in
from natalis.domain.forecast import Cohort, DayForecast, backlogs_of, dates_behind, forecast_day
from natalis.domain.occasion import BIRTHDAY, KindRule, Occasion
from natalis.domain.rulebook import Rulebook
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.testing.builders import ZONES, a_rulebook

JUNE_1 = date(2026, 6, 1)


def born(month: int, day: int, zone: str, size: int, leap_day: LeapDay | None = None) -> Cohort:
    return Cohort(BIRTHDAY, month, day, zone, leap_day, size)


def at(hour: int, minute: int = 0, *, on: date = JUNE_1) -> datetime:
    return datetime.combine(on, time(hour, minute), UTC)


def forecast(
    *cohorts: Cohort, on: date = JUNE_1, limit: float | None = None, book: Rulebook | None = None
) -> DayForecast:
    return forecast_day(on, cohorts, book or a_rulebook(), limit=limit)


def test_everyone_of_a_zone_is_due_in_one_minute() -> None:
    found = forecast(born(6, 1, "Asia/Tokyo", 700), born(6, 1, "Europe/Paris", 300))
    assert found.minutes == ((at(0), 700), (at(7), 300))
    assert (found.total, found.peak) == (1000, (at(0), 700))
    assert found.peak_rate == pytest.approx(700 / 60)


def test_zones_are_counted_apart_the_largest_first() -> None:
    found = forecast(born(6, 1, "Europe/Paris", 3), born(6, 1, "Asia/Tokyo", 7), born(6, 1, "Europe/Berlin", 5))
    assert list(found.zones.items()) == [("Asia/Tokyo", 7), ("Europe/Berlin", 5), ("Europe/Paris", 3)]
    assert dict(found.minutes) == {at(0): 7, at(7): 8}


def test_a_date_without_anyone_has_no_peak() -> None:
    found = forecast()
    assert (found.total, found.peak, found.peak_rate, found.minutes) == (0, None, 0.0, ())


def test_the_neighbouring_dates_count_where_they_fall_on_this_one_in_utc() -> None:
    found = forecast(
        born(6, 2, "Pacific/Kiritimati", 1),  # 09:00 at UTC+14 is 19:00 the day before
        born(6, 1, "Pacific/Kiritimati", 10),  # the day before's
        born(6, 1, "Etc/GMT+12", 100),
    )
    assert found.minutes == ((at(19), 1), (at(21), 100))


def test_the_dates_behind_one_are_its_neighbours_too() -> None:
    assert dates_behind(JUNE_1, a_rulebook()) >= {(5, 31), (6, 1), (6, 2)}


@pytest.mark.parametrize(("on", "wanted"), [(date(2026, 2, 28), True), (date(2026, 3, 1), True), (JUNE_1, False)])
def test_29_february_is_behind_its_substitutes(on: date, wanted: bool) -> None:
    assert ((2, 29) in dates_behind(on, a_rulebook())) is wanted


@pytest.mark.parametrize(
    ("rule", "on"),
    [(LeapDay.BACKWARD, date(2026, 2, 28)), (LeapDay.FORWARD, date(2026, 3, 1)), (None, date(2026, 2, 28))],
)
def test_who_was_born_on_29_february_counts_on_the_day_their_rule_says(rule: LeapDay | None, on: date) -> None:
    days = [date(2026, 2, 27) + timedelta(days=number) for number in range(4)]
    counts = {day: forecast(born(2, 29, "UTC", 5, rule), on=day).total for day in days}
    assert counts == {day: 5 if day == on else 0 for day in days}


def test_who_omits_29_february_counts_in_leap_years_alone() -> None:
    omits = born(2, 29, "UTC", 5, LeapDay.OMIT)
    assert [forecast(omits, on=date(2026, 2, day)).total for day in (27, 28)] == [0, 0]
    assert forecast(omits, on=date(2028, 2, 29)).total == 5


def test_a_spread_window_spreads_a_cohort_evenly_over_its_minutes() -> None:
    book = a_rulebook(KindRule(BIRTHDAY, spread=timedelta(minutes=10)))
    found = forecast(born(6, 1, "UTC", 1000), book=book)
    assert found.minutes == tuple((at(9, minute), 100) for minute in range(10))


def test_a_spread_window_over_midnight_leaves_each_date_its_share() -> None:
    book = a_rulebook(KindRule(BIRTHDAY, send_time=time(23, 30), spread=timedelta(hours=1)))
    cohort = born(6, 1, "UTC", 600)
    first, second = forecast(cohort, book=book), forecast(cohort, on=date(2026, 6, 2), book=book)
    assert (first.total, second.total) == (300, 300)
    assert (first.minutes[-1], second.minutes[0]) == ((at(23, 59), 10), (at(0, 0, on=date(2026, 6, 2)), 10))


def test_a_window_that_is_no_whole_minute_keeps_everyone() -> None:
    book = a_rulebook(KindRule(BIRTHDAY, spread=timedelta(seconds=90)))
    assert forecast(born(6, 1, "UTC", 90), book=book).minutes == ((at(9), 60), (at(9, 1), 30))


def test_people_whose_zone_or_kind_is_unknown_are_counted_as_unplaced() -> None:
    odd = Cohort("name-day", 6, 1, "UTC", None, 4)
    found = forecast(born(6, 1, "Mars/Base", 3), odd, born(6, 1, "UTC", 1))
    assert (found.total, found.unplaced) == (1, 7)


@pytest.mark.parametrize("on", [date(1970, 1, 1), date(2011, 12, 30), date(2026, 3, 29), date(2100, 12, 31)])
def test_every_person_of_every_zone_counts_on_exactly_the_date_the_calendar_says(on: date) -> None:
    book = a_rulebook()
    days = sorted(dates_behind(on, book))
    for zone in sorted(ZONES.names())[::7]:
        fires = [
            firing.fire_at.date()
            for month, day in days
            for year in (on.year - 1, on.year, on.year + 1)
            if (firing := firing_in(_occasion(month, day), book.rule(BIRTHDAY), ZONES.get(zone), year=year))
        ]
        found = forecast(*(born(month, day, zone, 1) for month, day in days), on=on)
        assert found.total == fires.count(on), zone


# Where a provider's limit is exceeded.


def test_without_a_limit_there_is_no_backlog() -> None:
    assert forecast(born(6, 1, "UTC", 100_000)).backlogs == ()


def test_what_goes_out_within_its_minute_is_no_backlog() -> None:
    assert forecast(born(6, 1, "UTC", 600), limit=10).backlogs == ()


def test_a_herd_over_the_limit_waits_until_the_provider_has_carried_it() -> None:
    (backlog,) = forecast(born(6, 1, "UTC", 6000), limit=10).backlogs
    assert (backlog.begins, backlog.ends) == (at(9), at(9, 10))
    assert (backlog.delayed, backlog.largest) == (5400, 6000)
    assert backlog.longest_wait == backlog.lasts == timedelta(minutes=10)


def test_a_herd_that_meets_the_backlog_of_another_lengthens_it() -> None:
    (backlog,) = backlogs_of([(at(9), 6000), (at(9, 5), 1200)], 10)
    assert (backlog.begins, backlog.ends) == (at(9), at(9, 12))
    assert (backlog.delayed, backlog.largest) == (5400 + 1200, 6000)


def test_herds_far_apart_are_backlogs_of_their_own() -> None:
    first, second = backlogs_of([(at(7), 1200), (at(9), 2400)], 10)
    assert (first.ends, second.begins, second.ends) == (at(7, 2), at(9), at(9, 4))


def test_a_trickle_after_a_backlog_is_none_of_it() -> None:
    (backlog,) = backlogs_of([(at(7), 1200), (at(7, 2), 5)], 10)
    assert (backlog.ends, backlog.delayed) == (at(7, 2), 600)


@given(
    st.dictionaries(st.integers(0, 200), st.integers(1, 5000), min_size=1, max_size=40),
    st.floats(0.5, 100),
)
def test_a_backlog_is_what_a_queue_worked_off_second_by_second_would_show(due: dict[int, int], limit: float) -> None:
    minutes = [(at(9) + timedelta(minutes=minute), count) for minute, count in sorted(due.items())]
    waiting, largest = 0.0, 0.0
    for second in range((max(due) + 1) * 60):
        if second % 60 == 0:
            waiting += due.get(second // 60, 0)
            largest = max(largest, waiting)
        waiting = max(0.0, waiting - limit)
    found = list(backlogs_of(minutes, limit))
    if largest > limit * 60 + 1:
        assert max(backlog.largest for backlog in found) == pytest.approx(largest, abs=1)
        assert max(backlog.longest_wait for backlog in found).total_seconds() == pytest.approx(largest / limit, abs=1)
    if largest < limit * 60:
        assert found == []


def _occasion(month: int, day: int) -> Occasion:
    return Occasion("", BIRTHDAY, YearlyDate(month, day))
