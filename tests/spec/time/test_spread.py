"""Rule: inside a spread window each person has an offset of their own, always the same, and together they fill it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.calendar import firing_in, spread_offset
from natalis.domain.occasion import ANNIVERSARY, BIRTHDAY, KindRule, Occasion
from natalis.domain.yearly_date import YearlyDate
from natalis.testing.builders import ZONES

MINUTE = timedelta(minutes=1)
WINDOW = 10 * MINUTE


@given(user=st.uuids().map(str), window=st.timedeltas(timedelta(milliseconds=1), timedelta(hours=24)))
def test_the_offset_lies_inside_the_window_and_never_changes(user: str, window: timedelta) -> None:
    offset = spread_offset(user, BIRTHDAY, window)

    assert timedelta(0) <= offset < window
    assert offset == spread_offset(user, BIRTHDAY, window)


def test_the_offset_is_the_same_in_every_process_and_release() -> None:
    # a change here would move everybody's fire time: it would need a migration
    assert spread_offset("0190c3f2-0000-7000-8000-000000000001", BIRTHDAY, WINDOW) == timedelta(
        seconds=4, milliseconds=77
    )


def test_without_a_window_everyone_fires_at_the_send_time() -> None:
    assert spread_offset("ada", BIRTHDAY, timedelta(0)) == timedelta(0)


def test_people_fill_the_window_evenly() -> None:
    people = 60_000
    per_minute = Counter(spread_offset(f"user-{number}", BIRTHDAY, WINDOW) // MINUTE for number in range(people))

    assert set(per_minute) == set(range(10))
    # chi-squared with 9 degrees of freedom: 27.9 is the 99.9th percentile; the ids are fixed, so is the outcome
    assert sum((found - people / 10) ** 2 / (people / 10) for found in per_minute.values()) < 27.9


def test_two_kinds_of_one_person_have_offsets_of_their_own() -> None:
    assert spread_offset("ada", BIRTHDAY, WINDOW) != spread_offset("ada", ANNIVERSARY, WINDOW)


def test_the_offset_is_added_to_the_send_time_and_the_lateness_budget_follows() -> None:
    occasion = Occasion("ada", BIRTHDAY, YearlyDate(6, 1))
    rule = KindRule(BIRTHDAY, spread=WINDOW)

    found = firing_in(occasion, rule, ZONES.get("Europe/Paris"), year=2026)

    assert found is not None
    assert found.fire_at == datetime(2026, 6, 1, 7, tzinfo=UTC) + spread_offset("ada", BIRTHDAY, WINDOW)
    assert found.expires_at == found.fire_at + timedelta(hours=24)
