"""What is compared, and how it is written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plimsoll.compare.figures import Figure, Worse, parse_figure
from plimsoll.errors import InvalidInput
from plimsoll.measure.run import Run


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("http_req_latency p95", Figure("http_req_latency", "p95")),
        ("http_req_latency p99.9", Figure("http_req_latency", "p99.9")),
        ("-http_reqs rate", Figure("http_reqs", "rate", Worse.LOWER)),
        (
            "http_req_duration{name:a, status:200} avg",
            Figure("http_req_duration", "avg", having=(("name", "a"), ("status", "200"))),
        ),
    ],
)
def test_a_figure_is_written_as_metric_tags_and_aggregation(text: str, figure: Figure) -> None:
    assert parse_figure(text) == figure


@pytest.mark.parametrize("text", ["", "p95", "a", "a p101", "a{b p50", "a{b} p50", "a best"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match="name:create"):
        parse_figure(text)


def test_no_errors_and_few_errors_can_be_compared(a_run: Callable[..., Run]) -> None:
    errors = Figure("http_req_failed", "rate")
    none, some = errors.of(a_run(failed=0)), errors.of(a_run(failed=10))

    assert none is not None
    assert some is not None
    assert errors.worsening(none, some) == pytest.approx(3.04, abs=0.01)


def test_what_was_not_recorded_has_no_figure(a_run: Callable[..., Run]) -> None:
    assert Figure("http_req_waiting", "p50").of(a_run()) is None


def test_a_figure_that_the_metric_does_not_have_is_refused(a_run: Callable[..., Run]) -> None:
    with pytest.raises(InvalidInput, match="a rate has no p50"):
        Figure("http_req_failed", "p50").of(a_run())
