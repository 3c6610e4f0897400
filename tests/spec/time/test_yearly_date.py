"""Rule: a birthday is a date, with or without a year, and never an instant."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.scheduling import arrive
from natalis.domain.yearly_date import YearlyDate, parse_yearly_date
from natalis.errors import InvalidInput
from natalis.testing.builders import ZONES, a_profile, a_rulebook, a_user

TODAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1990-05-25", YearlyDate(5, 25, 1990)),
        (" 1990-05-25 ", YearlyDate(5, 25, 1990)),
        ("--05-25", YearlyDate(5, 25)),
        ("--0525", YearlyDate(5, 25)),
        ("--02-29", YearlyDate(2, 29)),
        ("2000-02-29", YearlyDate(2, 29, 2000)),
        ("1900-01-01", YearlyDate(1, 1, 1900)),
        ("2026-06-01", YearlyDate(6, 1, 2026)),
    ],
)
def test_a_date_is_read_with_or_without_its_year(text: str, expected: YearlyDate) -> None:
    assert parse_yearly_date(text, field="birthdayDate", today=TODAY) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "25/05/1990", "1990-5-25", "1990-0525", "19900525", "05-25", "-05-25", "1990-05-25T00:00Z"),
        *("1900-02-29", "2023-02-29", "--02-30", "--00-10", "1990-13-01", "1990-04-31", "0000-01-01"),
        *("1899-12-31", "2026-06-02", "\u0662000-01-01"),
    ],
)
def test_what_is_no_date_is_refused_with_the_field_and_a_remedy(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_yearly_date(text, field="birthdayDate", today=TODAY)

    assert refusal.value.field == "birthdayDate"
    assert refusal.value.remedy


@given(month_and_day=st.dates(date(2000, 1, 1), date(2000, 12, 31)), with_year=st.booleans())
def test_what_is_written_is_read_back(month_and_day: date, with_year: bool) -> None:
    written = YearlyDate(month_and_day.month, month_and_day.day, 2000 if with_year else None)

    assert parse_yearly_date(str(written), field="birthdayDate", today=TODAY) == written


@given(
    birthday=st.dates(date(1904, 1, 1), date(2020, 12, 31)).filter(lambda day: (day.month, day.day) != (2, 29)),
    zone=st.sampled_from(sorted(ZONES.names())),
)
def test_no_zone_moves_a_birthday_to_another_date(birthday: date, zone: str) -> None:
    user = a_user(a_profile(birthday=birthday.isoformat(), timezone=zone))

    (occasion,) = arrive(user, {}, a_rulebook(), now=datetime(2026, 6, 1, 12, tzinfo=UTC))

    assert occasion.upcoming is not None
    on_wall = occasion.upcoming.fire_at.astimezone(ZONES.get(zone))
    assert (on_wall.month, on_wall.day, on_wall.hour, on_wall.minute) == (birthday.month, birthday.day, 9, 0)


@given(day=st.dates(date(2000, 1, 1), date(2000, 12, 31)))
def test_a_birthday_without_a_year_fires_like_one_with_a_year(day: date) -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    known, unknown = (a_user(a_profile(birthday=str(YearlyDate(day.month, day.day, year)))) for year in (2000, None))

    (with_year,), (without,) = (arrive(user, {}, a_rulebook(), now=now) for user in (known, unknown))

    assert with_year.upcoming == without.upcoming
