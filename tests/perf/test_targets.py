"""Targets: how a figure stands to what the specification asks for."""

from __future__ import annotations

import pytest
from perf.figures import Figure
from perf.targets import Target, Verdict, at_least, at_most

FAST, LEAN = at_least(20, stretch=40), at_most(128, stretch=90)


@pytest.mark.parametrize(
    ("target", "value", "verdict"),
    [
        (FAST, 19.9, Verdict.MISSED),
        (FAST, 20, Verdict.MET),
        (FAST, 40, Verdict.STRETCH),
        (LEAN, 128.1, Verdict.MISSED),
        (LEAN, 128, Verdict.MET),
        (LEAN, 90, Verdict.STRETCH),
    ],
)
def test_a_figure_on_the_bound_has_met_it(target: Target, value: float, verdict: Verdict) -> None:
    assert target.judge(value) is verdict


@pytest.mark.parametrize("target", [FAST, LEAN])
def test_what_could_not_be_measured_is_missed(target: Target) -> None:
    assert target.judge(float("nan")) is Verdict.MISSED


def test_a_figure_without_a_target_is_not_judged() -> None:
    assert Figure("users", 1_000_000, "").judged == ""


def test_a_record_says_what_was_asked_for_and_what_came_of_it() -> None:
    assert Figure("import", 25_900, "rows/s", at_least(30_000, stretch=60_000)).as_json() == {
        "name": "import",
        "value": 25_900,
        "unit": "rows/s",
        "target": "at least 30,000, stretch 60,000",
        "judged": "missed",
    }
