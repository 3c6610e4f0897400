"""A candidate beside stored runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plimsoll.compare.figures import Figure
from plimsoll.compare.history import judge, student
from plimsoll.compare.paired import Design, Ruling
from plimsoll.measure.run import Run

DESIGN = Design(figures=(Figure("http_req_latency", "p50"),))
QUIET = (9.9, 10.0, 10.1, 10.0, 9.95, 10.05)
RESTLESS = (8, 14, 10, 7, 13, 9)


@pytest.mark.parametrize(
    ("stored", "now", "ruling"),
    [
        (QUIET, 10.0, Ruling.NOT_REGRESSED),
        (QUIET, 8.0, Ruling.NOT_REGRESSED),
        (QUIET, 11.0, Ruling.REGRESSED),
        (RESTLESS, 11.0, Ruling.UNDECIDED),
        (QUIET[:4], 20.0, Ruling.UNDECIDED),
        ((), 20.0, Ruling.UNDECIDED),
    ],
)
def test_what_stored_runs_scatter_decides(
    stored: tuple[float, ...], now: float, ruling: Ruling, a_run: Callable[..., Run]
) -> None:
    assert judge(a_run(now), [a_run(each) for each in stored], DESIGN).ruling is ruling


def test_too_few_stored_runs_ask_for_pairs(a_run: Callable[..., Run]) -> None:
    found = judge(a_run(20), [a_run(10)], DESIGN)

    assert found.reasons == ("1 stored runs are like this one, 5 are needed to know the noise: compare in pairs",)


def test_an_invalid_candidate_is_not_judged(a_run: Callable[..., Run]) -> None:
    found = judge(a_run(reasons=("starts were late",)), [a_run()] * 9, DESIGN)

    assert (found.ruling, found.reasons) == (Ruling.INVALID, ("starts were late",))


@pytest.mark.parametrize(
    ("freedom", "bound"), [(1, 12.706), (2, 4.303), (5, 2.571), (10, 2.228), (29, 2.045), (120, 1.980)]
)
def test_students_distribution_is_that_of_the_published_tables(freedom: int, bound: float) -> None:
    assert student(freedom, 0.95) == pytest.approx(bound, abs=5e-4)
