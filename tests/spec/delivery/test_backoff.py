"""Exponential backoff with full jitter."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.retry import RetryPolicy, backoff

POLICY = RetryPolicy(max_attempts=8, base=timedelta(seconds=2), cap=timedelta(minutes=5))
draws = st.floats(0, 1, exclude_max=True)
spans = st.timedeltas(min_value=timedelta(milliseconds=1), max_value=timedelta(days=400))


def test_the_span_doubles_with_every_attempt() -> None:
    longest = [backoff(POLICY, attempts, draw=1.0) for attempts in (1, 2, 3, 4)]

    assert longest == [timedelta(seconds=seconds) for seconds in (2, 4, 8, 16)]


def test_the_span_stops_at_the_cap_however_many_attempts_there_were() -> None:
    assert backoff(POLICY, 9, draw=1.0) == POLICY.cap
    assert backoff(POLICY, 10**9, draw=1.0) == POLICY.cap


@given(base=spans, cap=spans, attempts=st.integers(0, 10_000), draw=draws)
def test_a_wait_lies_between_nothing_and_the_cap(base: timedelta, cap: timedelta, attempts: int, draw: float) -> None:
    wait = backoff(RetryPolicy(base=base, cap=cap), attempts, draw=draw)

    assert timedelta(0) <= wait <= cap


@given(attempts=st.integers(1, 100), draw=draws)
def test_jitter_is_full_so_that_waits_are_spread_evenly_over_the_whole_span(attempts: int, draw: float) -> None:
    span = backoff(POLICY, attempts, draw=1.0)

    assert abs(backoff(POLICY, attempts, draw=draw) - span * draw) <= timedelta(microseconds=1)


@given(attempts=st.integers(1, 100), draw=draws)
def test_a_later_attempt_never_waits_less_for_the_same_draw(attempts: int, draw: float) -> None:
    assert backoff(POLICY, attempts + 1, draw=draw) >= backoff(POLICY, attempts, draw=draw)
