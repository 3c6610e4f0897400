"""How many users a ramp has, and when."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from plimsoll.load.scenarios import Stage
from plimsoll.load.shapes import Step, ends_of, most_users, steps_of

SECOND = 1_000_000_000


def stage(seconds: float, target: int) -> Stage:
    return Stage(timedelta(seconds=seconds), target)


shapes = st.lists(st.builds(stage, st.integers(0, 60), st.integers(0, 50)), max_size=5)


def test_a_user_comes_when_the_line_reaches_its_number() -> None:
    assert list(steps_of(0, [stage(10, 2)])) == [Step(0, 0), Step(5 * SECOND, 1), Step(10 * SECOND, 2)]


def test_a_user_goes_when_the_line_has_come_down_to_those_that_stay() -> None:
    assert list(steps_of(2, [stage(10, 0)])) == [Step(0, 2), Step(5 * SECOND, 1), Step(10 * SECOND, 0)]


def test_a_stage_that_lasts_no_time_jumps() -> None:
    assert list(steps_of(1, [stage(0, 100), stage(60, 100)])) == [Step(0, 1), Step(0, 100)]


@given(st.integers(0, 20), shapes)
def test_steps_are_in_order_and_end_at_the_last_target(start: int, shape: list[Stage]) -> None:
    steps = list(steps_of(start, shape))

    assert [each.at for each in steps] == sorted(each.at for each in steps)
    assert steps[-1].users == (shape[-1].target if shape else start)
    assert max(each.users for each in steps) <= most_users(start, shape)


@given(shapes)
def test_stages_end_where_their_lengths_add_up_to(shape: list[Stage]) -> None:
    ends = ends_of(shape)

    assert len(ends) == len(shape)
    assert all(later >= earlier for earlier, later in pairwise(ends))
