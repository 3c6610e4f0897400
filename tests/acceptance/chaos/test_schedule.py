"""The schedule: what strikes a fleet, drawn from a seed."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from natalis.testing.chaos.schedule import TARGETS, Kind, Weather, draw_schedule

SEEDS = st.integers(0, 2**32 - 1)
EVERY_TARGET = {(kind, target) for kind, targets in TARGETS.items() for target in targets}


@given(SEEDS)
def test_the_same_seed_gives_the_same_schedule(seed: int) -> None:
    assert draw_schedule(seed, Weather(40)) == draw_schedule(seed, Weather(40))


def test_another_seed_gives_another_schedule() -> None:
    assert len({draw_schedule(seed, Weather(20)) for seed in range(20)}) == 20


@given(SEEDS, st.integers(1, 120))
def test_as_many_faults_strike_as_were_asked_for(seed: int, faults: int) -> None:
    assert sum(len(blow.strikes) for blow in draw_schedule(seed, Weather(faults))) == faults


@given(SEEDS)
def test_the_first_faults_are_one_of_each_kind(seed: int) -> None:
    struck = Counter(each.kind for blow in draw_schedule(seed, Weather(len(TARGETS))) for each in blow.strikes)
    assert struck == dict.fromkeys(TARGETS, 1)


@given(SEEDS)
def test_two_hundred_faults_strike_every_target_of_every_kind_several_times(seed: int) -> None:
    struck = Counter((each.kind, each.target) for blow in draw_schedule(seed, Weather(200)) for each in blow.strikes)
    assert struck.keys() == EVERY_TARGET
    assert min(struck.values()) >= 6


@given(SEEDS, st.integers(1, 5))
def test_faults_strike_together_only_on_different_ground_and_no_more_than_told(seed: int, at_once: int) -> None:
    blows = draw_schedule(seed, Weather(100, together=1, at_once=at_once))
    assert all(len({each.ground for each in blow.strikes}) == len(blow.strikes) <= at_once for blow in blows)
    assert any(len(blow.strikes) == 2 for blow in blows) or at_once == 1


@given(SEEDS)
def test_a_broker_node_is_killed_alone_so_that_its_stall_is_its_own(seed: int) -> None:
    for blow in draw_schedule(seed, Weather(100, together=1)):
        assert len(blow.strikes) == 1 or Kind.NODE_KILLED not in {each.kind for each in blow.strikes}


@given(SEEDS)
def test_clocks_alone_jump_no_further_than_told_in_both_directions(seed: int) -> None:
    strikes = [each for blow in draw_schedule(seed, Weather(200)) for each in blow.strikes]
    jumps = [each.jump for each in strikes if each.kind is Kind.CLOCK_JUMPED]
    assert all(abs(jump) <= timedelta(seconds=60) for jump in jumps)
    assert min(jumps) < timedelta() < max(jumps)
    assert not any(each.jump for each in strikes if each.kind is not Kind.CLOCK_JUMPED)
