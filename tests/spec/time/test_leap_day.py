"""Rule: 29 February in a common year goes backward, forward or nowhere; who is nearest to the person decides."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.calendar import firing_in
from natalis.domain.occasion import ANNIVERSARY, BIRTHDAY, KindRule, Occasion
from natalis.domain.scheduling import Yearly, arrive
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.testing.builders import ZONES, a_profile, a_rulebook, a_user

BACKWARD, FORWARD, OMIT = LeapDay.BACKWARD, LeapDay.FORWARD, LeapDay.OMIT
LEAP_BIRTHDAY = YearlyDate(2, 29, 1996)
NEW_YEAR_2026 = datetime(2026, 1, 1, 12, tzinfo=UTC)
WORDS = st.sampled_from(LeapDay)


@pytest.mark.parametrize(
    ("word", "expected"),
    [(BACKWARD, date(2026, 2, 28)), (FORWARD, date(2026, 3, 1)), (OMIT, date(2028, 2, 29))],
)
def test_the_kind_decides_for_a_user_without_a_word(word: LeapDay, expected: date) -> None:
    book = a_rulebook(KindRule(BIRTHDAY, leap_day=word))
    user = a_user(a_profile(birthday="1996-02-29"))

    (birthday,) = arrive(user, {}, book, now=NEW_YEAR_2026)

    assert birthday.upcoming is not None
    assert birthday.upcoming.occasion_date == expected


def test_backward_is_the_rule_when_nobody_says_anything() -> None:
    user = a_user(a_profile(birthday="1996-02-29"))

    (birthday,) = arrive(user, {}, a_rulebook(), now=NEW_YEAR_2026)

    assert birthday.upcoming is not None
    assert birthday.upcoming.occasion_date == date(2026, 2, 28)


@given(kind=WORDS, user=st.none() | WORDS, own=st.none() | WORDS)
def test_the_occasions_own_word_beats_the_users_and_that_beats_the_kinds(
    kind: LeapDay, user: LeapDay | None, own: LeapDay | None
) -> None:
    book = a_rulebook(KindRule(ANNIVERSARY, leap_day=kind))
    person = a_user(a_profile(birthday="1990-07-07", leap_day=user))

    anniversary = arrive(person, {ANNIVERSARY: Yearly(LEAP_BIRTHDAY, own)}, book, now=NEW_YEAR_2026)[1]

    assert anniversary.upcoming is not None
    assert anniversary.upcoming.occasion_date == LEAP_BIRTHDAY.in_year(
        anniversary.upcoming.occasion_date.year, own or user or kind
    )
    assert anniversary.leap_day is own


@pytest.mark.parametrize("word", list(LeapDay))
@pytest.mark.parametrize("year", [1904, 1996, 2000, 2024, 2400])
def test_in_a_leap_year_it_is_the_day_itself(word: LeapDay, year: int) -> None:
    assert LEAP_BIRTHDAY.in_year(year, word) == date(year, 2, 29)


@pytest.mark.parametrize("year", [1900, 2023, 2100])
def test_a_century_is_a_common_year_unless_divisible_by_four_hundred(year: int) -> None:
    assert LEAP_BIRTHDAY.in_year(year, OMIT) is None
    assert LEAP_BIRTHDAY.in_year(year, BACKWARD) == date(year, 2, 28)
    assert LEAP_BIRTHDAY.in_year(year, FORWARD) == date(year, 3, 1)


def test_omitted_over_a_common_century_the_next_one_is_eight_years_on() -> None:
    book = a_rulebook(KindRule(BIRTHDAY, leap_day=OMIT))
    user = a_user(a_profile(birthday="1996-02-29"))

    (birthday,) = arrive(user, {}, book, now=datetime(2096, 3, 5, tzinfo=UTC))

    assert birthday.upcoming is not None
    assert birthday.upcoming.occasion_date == date(2104, 2, 29)


def test_an_omitted_year_has_no_firing() -> None:
    occasion = Occasion("ada", BIRTHDAY, LEAP_BIRTHDAY, OMIT)

    assert firing_in(occasion, KindRule(BIRTHDAY), ZONES.get("Asia/Tokyo"), year=2027) is None


@given(
    day=st.dates(date(1904, 1, 1), date(2026, 12, 31)).filter(lambda day: (day.month, day.day) != (2, 29)),
    year=st.integers(1970, 2037),
    word=WORDS,
)
def test_any_other_day_is_the_same_day_every_year(day: date, year: int, word: LeapDay) -> None:
    found = YearlyDate(day.month, day.day, day.year).in_year(year, word)

    assert found == date(year, day.month, day.day)
