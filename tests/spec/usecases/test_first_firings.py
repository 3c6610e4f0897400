"""First firings that are remembered: always the one that would be computed anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.occasion import BIRTHDAY
from natalis.domain.rulebook import Rulebook
from natalis.domain.scheduling import arrive
from natalis.domain.user import Profile, User
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.testing.builders import a_rulebook
from natalis.usecases.first_firings import FirstFirings

ZONES = ("UTC", "Europe/Paris", "Pacific/Kiritimati", "America/New_York", "Australia/Lord_Howe")
DATES = (YearlyDate(2, 29, 1988), YearlyDate(12, 31, 1990), YearlyDate(1, 1, None), YearlyDate(6, 15, 1970))
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)

people = st.builds(
    Profile,
    st.just("Ada"),
    st.just("Lovelace"),
    st.just("ada@example.org"),
    st.sampled_from(DATES),
    st.sampled_from(ZONES),
    leap_day=st.sampled_from([None, *LeapDay]),
)
moments = st.lists(st.integers(0, 3 * 365 * 24 * 60), min_size=1, max_size=30).map(sorted)  # minutes


@given(st.lists(people, min_size=1, max_size=5), moments)
def test_a_remembered_firing_is_the_one_that_would_be_computed_anew(
    profiles: list[Profile], minutes: list[int]
) -> None:
    book = a_rulebook()
    firings = FirstFirings(book)

    for minute in minutes:
        now = BEGIN + timedelta(minutes=minute)
        for profile in profiles:
            user = User("0190c3f2-1111-7000-8000-000000000001", profile, now, now)
            assert firings.birthday(user, now) == arrive(user, {}, book, now=now)[0]


def test_inside_a_spread_window_nobody_gets_anothers_firing() -> None:
    book = a_rulebook()
    rule = replace(book.rule(BIRTHDAY), spread=timedelta(minutes=30))
    spread = Rulebook({**book.kinds, BIRTHDAY: rule}, book.zone)
    firings = FirstFirings(spread)
    profile = Profile("Ada", "Lovelace", "ada@example.org", DATES[3], "UTC")

    for number in range(20):
        user = User(f"0190c3f2-1111-7000-8000-{number:012x}", profile, BEGIN, BEGIN)
        assert firings.birthday(user, BEGIN) == arrive(user, {}, spread, now=BEGIN)[0]
