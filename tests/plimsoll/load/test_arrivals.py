"""When arrivals are due: closed forms, absolute instants, no drift."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.load.arrivals import Arrivals
from plimsoll.load.division import Part
from plimsoll.load.scenarios import Stage

SECOND = 1_000_000_000
WHOLE = Part(0, 1)


def stage(seconds: float, target: float) -> Stage:
    return Stage(timedelta(seconds=seconds), target)


rates = st.floats(0, 500).map(lambda rate: round(rate, 3))
stages = st.lists(st.builds(stage, st.floats(0, 5).map(lambda each: round(each, 3)), rates), min_size=1, max_size=5)


def test_a_constant_rate_has_its_nth_arrival_n_periods_after_the_start() -> None:
    arrivals = Arrivals(1000, [stage(30, 1000)])

    assert arrivals.total == 30_000
    assert [arrivals.due(n) for n in (0, 1, 29_999)] == [0, 1_000_000, 29_999_000_000]


def test_no_error_adds_up_over_a_day_at_a_rate_that_no_float_holds() -> None:
    arrivals = Arrivals(1 / 3, [stage(86_400, 1 / 3)])

    assert arrivals.total == 28_800
    assert arrivals.due(28_799) == pytest.approx(28_799 * 3 * SECOND, abs=1_000)


def test_a_ramp_from_nothing_has_its_nth_arrival_where_the_area_is_n() -> None:
    arrivals = Arrivals(0, [stage(10, 20)])

    assert arrivals.total == 100
    assert arrivals.due(25) == 5 * SECOND  # rate 2 t, area t squared
    assert arrivals.due(81) == 9 * SECOND


def test_a_ramp_to_nothing_ends_in_time() -> None:
    arrivals = Arrivals(20, [stage(10, 0)])

    assert arrivals.total == 100
    assert arrivals.due(75) == 5 * SECOND
    assert arrivals.due(99) < 10 * SECOND


def test_nothing_is_due_while_the_rate_is_nothing() -> None:
    arrivals = Arrivals(0, [stage(5, 0), stage(0, 10), stage(1, 10)])

    assert [instant for _, instant in arrivals.of(WHOLE)] == [5 * SECOND + n * SECOND // 10 for n in range(10)]


def test_a_stage_that_lasts_no_time_jumps() -> None:
    arrivals = Arrivals(10, [stage(1, 10), stage(0, 100), stage(1, 100)])

    assert arrivals.total == 110
    assert arrivals.due(10) == SECOND
    assert arrivals.due(11) == SECOND + SECOND // 100


@given(rates, stages)
def test_instants_never_go_back_and_lie_within_the_stages(rate: float, shape: list[Stage]) -> None:
    instants = [instant for _, instant in Arrivals(rate, shape).of(WHOLE)]

    assert all(before <= after for before, after in pairwise(instants))
    assert all(0 <= each <= round(sum(s.lasts.total_seconds() for s in shape) * SECOND) + 1 for each in instants)


@given(rates, stages)
def test_there_are_as_many_arrivals_as_the_area_below_the_rate(rate: float, shape: list[Stage]) -> None:
    area, before = 0.0, rate
    for each in shape:
        area, before = area + (before + each.target) / 2 * each.lasts.total_seconds(), each.target

    assert abs(Arrivals(rate, shape).total - area) <= 1 + 1e-5


@given(rates, stages)
def test_the_area_at_the_nth_instant_is_n(rate: float, shape: list[Stage]) -> None:
    arrivals = Arrivals(rate, shape)

    for number, instant in list(arrivals.of(WHOLE))[::17]:
        assert _area(arrivals, instant / SECOND) == pytest.approx(number, abs=1e-3)


@given(rates, stages, st.integers(1, 7))
def test_parts_together_are_the_whole(rate: float, shape: list[Stage], parts: int) -> None:
    arrivals = Arrivals(rate, shape)

    divided = [each for number in range(parts) for each in arrivals.of(Part(number, parts))]

    assert sorted(divided) == list(arrivals.of(WHOLE))


@given(rates, stages)
def test_asking_for_one_is_as_good_as_counting_to_it(rate: float, shape: list[Stage]) -> None:
    arrivals = Arrivals(rate, shape)

    assert all(arrivals.due(number) == instant for number, instant in list(arrivals.of(WHOLE))[::23])


def _area(arrivals: Arrivals, at: float) -> float:
    area = 0.0
    for each in arrivals.stretches:
        spent = min(max(at - each.starts, 0.0), each.lasts)
        area += each.rate * spent + (each.then - each.rate) / each.lasts * spent * spent / 2
    return area
