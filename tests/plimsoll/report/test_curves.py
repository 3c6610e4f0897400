"""Percentile curves in the terminal."""

from __future__ import annotations

from plimsoll.measure.histogram import Histogram
from plimsoll.report.curves import percentile_curves


def histogram(*milliseconds: float) -> Histogram:
    made = Histogram()
    made.record_all([round(each * 1e6) for each in milliseconds])
    return made


def test_nothing_recorded_draws_nothing() -> None:
    assert percentile_curves([("A", Histogram())]) == ""


def test_no_line_is_wider_than_the_terminal() -> None:
    for width in (40, 80, 200):
        plot = percentile_curves([("A", histogram(*range(1, 2000)))], width=width)
        assert max(map(len, plot.splitlines())) <= min(width, 100) + 8


def test_a_curve_rises_and_one_that_is_slower_lies_above() -> None:
    plot = percentile_curves([("fast", histogram(*range(1, 1000))), ("slow", histogram(*range(501, 1500)))])
    rows = [line.partition("│")[2] for line in plot.splitlines() if "│" in line]
    first = {mark: next(at for at, row in enumerate(rows) if mark in row) for mark in "ox"}
    last = {mark: max(at for at, row in enumerate(rows) if mark in row) for mark in "ox"}

    assert first["x"] < first["o"]
    assert last["x"] < last["o"]
    assert rows[last["o"]].index("o") == 0


def test_equal_runs_are_drawn_as_both() -> None:
    plot = percentile_curves([("A", histogram(1, 2, 3)), ("B", histogram(1, 2, 3))])
    rows = "".join(line.partition("│")[2] for line in plot.splitlines() if "│" in line)

    assert set(rows) == {"*", " "}
    assert "o A  x B  * both" in plot


def test_the_tail_is_on_the_axis_as_far_as_there_are_values() -> None:
    assert "99.9%" in percentile_curves([("A", histogram(*range(1, 2000)))])
    assert "99.9%" not in percentile_curves([("A", histogram(*range(1, 100)))])
