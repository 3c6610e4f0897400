"""The circuit breaker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.breaker import (
    Breaker,
    BreakerRule,
    Closed,
    HalfOpen,
    Open,
    allowance,
    at_time,
    is_well,
    observe,
    state_name,
)
from natalis.domain.outcome import Deferred, Delivered, Outcome, Refused, Unknown, Withheld

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
RULE = BreakerRule(window=6, failures=3, pause=timedelta(seconds=5), longest_pause=timedelta(seconds=15), probes=2)


def after(breaker: Breaker, outcomes: str, *, now: datetime = NOW) -> Breaker:
    """Return the breaker after outcomes written as `+` and `-`."""
    for sign in outcomes:
        breaker = observe(breaker, RULE, well=sign == "+", now=now)
    return breaker


def test_too_many_bad_outcomes_among_the_latest_open_it() -> None:
    assert after(Closed(), "-+-+-") == Open(NOW + RULE.pause, RULE.pause)


def test_bad_outcomes_far_enough_apart_leave_it_closed() -> None:
    assert state_name(after(Closed(), "--++++--++++--")) == "closed"


def test_open_it_lets_nothing_through() -> None:
    assert allowance(after(Closed(), "---"), RULE, in_flight=0, free=100) == 0


def test_when_its_pause_is_over_it_lets_a_few_probes_through() -> None:
    opened = after(Closed(), "---")

    assert at_time(opened, now=NOW + timedelta(seconds=4)) == opened
    half = at_time(opened, now=NOW + timedelta(seconds=5))
    assert state_name(half) == "half-open"
    assert [allowance(half, RULE, in_flight=calls, free=100) for calls in (0, 1, 2, 50)] == [2, 1, 0, 0]


def test_a_clock_that_is_set_back_lengthens_no_pause() -> None:
    earlier = NOW - timedelta(hours=1)

    opened = at_time(after(Closed(), "---"), now=earlier)

    assert opened == Open(earlier + RULE.pause, RULE.pause)
    assert state_name(at_time(opened, now=earlier + RULE.pause)) == "half-open"


def test_a_probe_that_never_became_a_call_does_not_use_its_permit_up() -> None:
    half = HalfOpen(RULE.pause)

    assert allowance(half, RULE, in_flight=0, free=100) == 2
    assert allowance(half, RULE, in_flight=0, free=100) == 2


def test_good_probes_close_it_with_a_clean_sheet() -> None:
    assert after(HalfOpen(RULE.pause), "++") == Closed()


def test_each_bad_probe_doubles_the_pause_up_to_the_longest() -> None:
    pauses = []
    breaker = after(Closed(), "---")
    for _ in range(3):
        assert isinstance(breaker, Open)
        breaker = after(at_time(breaker, now=breaker.until), "+-")
        assert isinstance(breaker, Open)
        pauses.append(breaker.pause.total_seconds())

    assert pauses == [10, 15, 15]


def test_a_call_that_began_before_it_opened_says_nothing_new() -> None:
    opened = after(Closed(), "---")

    assert after(opened, "-+-+") == opened


@pytest.mark.parametrize(
    ("outcome", "well"),
    [
        (Delivered("m"), True),
        (Refused("550"), True),
        (Deferred("greylisted"), True),
        (Deferred("connection refused", outage=True), False),
        (Unknown("no answer"), False),
        (Withheld("unsubscribed"), None),
    ],
)
def test_only_what_says_something_about_the_provider_as_a_whole_counts(outcome: Outcome, well: bool | None) -> None:
    assert is_well(outcome) is well


@given(st.lists(st.tuples(st.booleans(), st.timedeltas(timedelta(0), timedelta(seconds=20))), max_size=200))
def test_whatever_happens_it_lets_calls_through_again_after_the_longest_pause(
    history: list[tuple[bool, timedelta]],
) -> None:
    breaker: Breaker = Closed()
    now = NOW
    for well, gap in history:
        now += gap
        breaker = observe(at_time(breaker, now=now), RULE, well=well, now=now)

    later = at_time(breaker, now=now + RULE.longest_pause)

    assert allowance(later, RULE, in_flight=0, free=1) == 1


@given(st.lists(st.booleans(), max_size=200))
def test_a_closed_breaker_has_seen_fewer_bad_outcomes_than_would_open_it(history: list[bool]) -> None:
    breaker: Breaker = Closed()
    for index, well in enumerate(history):
        breaker = observe(breaker, RULE, well=well, now=NOW)
        if isinstance(breaker, Open):
            assert history[max(0, index + 1 - RULE.window) : index + 1].count(False) >= RULE.failures
            break
    else:
        assert history[-RULE.window :].count(False) < RULE.failures
