"""Where a figure moved in the history of runs."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.compare.changes import changes, moved
from plimsoll.compare.figures import Figure
from plimsoll.measure.run import Run

P50 = Figure("http_req_latency", "p50")


def noisy(*levels: tuple[int, float], scatter: float = 0.02) -> list[float]:
    chance = random.Random(3)
    return [level * (1 + chance.gauss(0, scatter)) for length, level in levels for _ in range(length)]


def test_a_step_is_found_where_it_is() -> None:
    found = changes(noisy((20, 100), (20, 112)))

    assert [change.at for change in found] == [20]
    assert found[0].ratio == pytest.approx(1.12, abs=0.02)


def test_several_steps_are_found_each() -> None:
    found = changes(noisy((25, 100), (25, 120), (25, 90)))

    assert [change.at for change in found] == [25, 50]


@pytest.mark.parametrize("scatter", [0.02, 0.3])
def test_noise_alone_is_no_change(scatter: float) -> None:
    assert changes(noisy((100, 100), scatter=scatter)) == []


def test_one_wild_run_is_no_change() -> None:
    values = noisy((40, 100))
    values[20] = 10_000

    assert changes(values) == []


@given(values=st.lists(st.floats(1, 100), max_size=60))
def test_changes_come_in_order_and_within(values: list[float]) -> None:
    places = [change.at for change in changes(values)]

    assert places == sorted(set(places))
    assert all(0 < at < len(values) for at in places)


def test_the_first_run_after_a_move_names_the_commit(a_run: Callable[..., Run]) -> None:
    levels = noisy((12, 10), (12, 15))
    runs = [a_run(each, after=timedelta(days=day), commit=f"c{day}") for day, each in enumerate(levels)]

    found = moved(runs, [P50])

    assert [each.run.environment["commit"] for each in found] == ["c12"]
