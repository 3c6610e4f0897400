"""The interval of paired differences."""

from __future__ import annotations

import math
import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.compare.signed_rank import critical, locate, rank_sums

DIFFERENCES = st.lists(st.floats(-1, 1), min_size=1, max_size=25)


@pytest.mark.parametrize("pairs", range(1, 9))
def test_rank_sums_are_counted_over_all_patterns_of_signs(pairs: int) -> None:
    counted = [0] * (pairs * (pairs + 1) // 2 + 1)
    for signs in product((0, 1), repeat=pairs):
        counted[sum(rank for rank, sign in enumerate(signs, 1) if sign)] += 1

    assert rank_sums(pairs) == tuple(counted)


@pytest.mark.parametrize(("pairs", "outside"), [(5, 0), (6, 1), (10, 9), (20, 53), (30, 138)])
def test_critical_values_are_those_of_the_published_tables(pairs: int, outside: int) -> None:
    # Tables give the largest significant rank sum, two-sided at 5 %: 0, 8, 52, 137; one more average lies outside.
    assert critical(pairs, 0.025) == outside


def test_the_approximation_for_many_pairs_is_near_the_exact_value() -> None:
    reached, allowed = 0, 0.025 * 2**80
    exact = next(k for k, ways in enumerate(rank_sums(80)) if (reached := reached + ways) > allowed)

    assert critical(80, 0.025) == pytest.approx(exact, abs=3)


def test_too_few_pairs_bound_nothing() -> None:
    found = locate([0.1] * 5, 0.95)

    assert (found.estimate, found.low, found.high) == (0.1, -math.inf, math.inf)


@given(differences=DIFFERENCES, shift=st.floats(-1, 1))
def test_a_shift_of_all_pairs_shifts_the_interval(differences: list[float], shift: float) -> None:
    before, after = locate(differences, 0.9), locate([each + shift for each in differences], 0.9)

    assert after.estimate == pytest.approx(before.estimate + shift, abs=1e-9)
    assert after.low <= after.estimate <= after.high


@given(differences=DIFFERENCES)
def test_the_other_way_round_the_interval_is_mirrored(differences: list[float]) -> None:
    found, mirrored = locate(differences, 0.9), locate([-each for each in differences], 0.9)

    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low))


def test_one_wild_round_moves_little() -> None:
    calm = [0.01 * (number % 5 - 2) for number in range(20)]

    assert locate([*calm, 50.0], 0.95).high < 0.02


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    chance = random.Random(11)
    held = 0
    for _ in range(1000):
        found = locate([chance.gauss(0.3, 1) for _ in range(12)], 0.9)
        held += found.low <= 0.3 <= found.high

    assert 870 <= held <= 950  # 90 % is promised; the distribution is discrete, so a little more is held
