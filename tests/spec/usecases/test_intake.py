"""What a caller says about a person is checked whole, and every faulty field is named at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.intake import UserInput, check_amendment, check_profile, latest_date
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.errors import InvalidFields, UnknownZone
from natalis.testing.builders import ZONES, a_profile

TODAY = date(2026, 6, 1)
ADA = UserInput("Ada", "Lovelace", "ada@example.org", "1985-12-10", "Europe/London")


def faults(said: UserInput) -> list[str]:
    with pytest.raises(InvalidFields) as raised:
        check_profile(said, TODAY, ZONES.get)
    return [problem.field for problem in raised.value.problems]


def test_good_input_becomes_a_profile() -> None:
    profile = check_profile(replace(ADA, locale="en-GB", leap_day="Forward"), TODAY, ZONES.get)
    assert (profile.full_name, profile.email, profile.timezone) == ("Ada Lovelace", "ada@example.org", "Europe/London")
    assert (profile.birthday, profile.locale, profile.leap_day) == (
        YearlyDate(12, 10, 1985),
        "en-GB",
        LeapDay.FORWARD,
    )


def test_an_alias_of_a_zone_is_kept_as_given() -> None:
    assert check_profile(replace(ADA, timezone=" Europe/Kiev "), TODAY, ZONES.get).timezone == "Europe/Kiev"


def test_everything_missing_is_named_at_once_in_the_order_of_the_fields() -> None:
    assert faults(UserInput()) == ["firstName", "lastName", "email", "birthdayDate", "timezone"]


def test_everything_wrong_is_named_at_once() -> None:
    wrong = UserInput("", "a\nb", "nobody", "1985-02-30", "Mars/Base", "!", "sideways")
    assert faults(wrong) == [
        "firstName",
        "lastName",
        "email",
        "birthdayDate",
        "timezone",
        "locale",
        "leapDay",
    ]


@pytest.mark.parametrize("optional", ["locale", "leap_day"])
def test_an_optional_field_may_be_left_out_or_empty(optional: str) -> None:
    profile = check_profile(replace(ADA, **{optional: " "}), TODAY, ZONES.get)
    assert getattr(profile, optional) is None


def test_an_unknown_zone_suggests_the_nearest_names() -> None:
    with pytest.raises(InvalidFields) as raised:
        check_profile(replace(ADA, timezone="Europe/Londom"), TODAY, ZONES.get)
    (problem,) = raised.value.problems
    assert isinstance(problem, UnknownZone)
    assert "Europe/London" in problem.nearest


def test_the_message_says_what_would_be_right() -> None:
    with pytest.raises(InvalidFields, match=r"birthdayDate: .* does not exist .*; use a date that exists"):
        check_profile(replace(ADA, birthday="2023-02-29"), TODAY, ZONES.get)


def test_a_birthday_may_be_the_latest_date_on_earth_and_no_later() -> None:
    on = latest_date(datetime(2026, 6, 1, 10, 0, tzinfo=UTC))  # midnight has struck on Kiritimati
    assert on == date(2026, 6, 2)
    assert check_profile(replace(ADA, birthday="2026-06-02"), on, ZONES.get).birthday == YearlyDate(6, 2, 2026)
    with pytest.raises(InvalidFields):
        check_profile(replace(ADA, birthday="2026-06-03"), on, ZONES.get)


def test_an_amendment_of_nothing_changes_nothing() -> None:
    known = a_profile(locale="pt-BR", leap_day=LeapDay.OMIT)
    assert check_amendment(known, UserInput(), TODAY, ZONES.get) == known


def test_an_amendment_changes_the_given_fields_alone() -> None:
    known = a_profile(name="Ada Lovelace", birthday="--12-10")
    amended = check_amendment(known, UserInput(last_name="King", timezone="Asia/Tokyo"), TODAY, ZONES.get)
    assert amended == replace(known, last_name="King", timezone="Asia/Tokyo")


@pytest.mark.parametrize("optional", ["locale", "leap_day"])
def test_an_empty_text_takes_an_optional_field_away(optional: str) -> None:
    known = a_profile(locale="pt-BR", leap_day=LeapDay.OMIT)
    amended = check_amendment(known, UserInput(**{optional: ""}), TODAY, ZONES.get)
    assert getattr(amended, optional) is None


def test_an_amendment_names_the_wrong_fields_it_gives() -> None:
    with pytest.raises(InvalidFields) as raised:
        check_amendment(a_profile(), UserInput(email="", timezone=""), TODAY, ZONES.get)
    assert [problem.field for problem in raised.value.problems] == ["email", "timezone"]


TEXTS = st.none() | st.text(max_size=300)


@given(st.builds(UserInput, *[TEXTS] * 7))
def test_any_text_at_all_is_either_a_profile_that_stands_or_named_faults(said: UserInput) -> None:
    assert stands(said) or faults(said)


def stands(said: UserInput) -> bool:
    try:
        profile = check_profile(said, TODAY, ZONES.get)
    except InvalidFields:
        return False
    return check_amendment(profile, UserInput(), TODAY, ZONES.get) == profile
