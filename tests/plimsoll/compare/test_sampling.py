"""What chance in the requests of two single runs says of their ratio."""

from __future__ import annotations

from collections.abc import Callable

from plimsoll.compare.figures import Figure, Worse
from plimsoll.compare.sampling import sampled
from plimsoll.measure.run import Run
from plimsoll.measure.tallies import Trend

MakeRun = Callable[..., Run]
P95 = Figure("http_req_latency", "p95")


def spread(run: Run, *milliseconds: float) -> Run:
    """Add one request for each time."""
    trend = run.recording.tally(run.recording.metrics["http_req_latency"])
    assert isinstance(trend, Trend)
    for each in milliseconds:
        trend.histogram.record(round(each * trend.scale))
    return run


def test_the_ratio_of_a_run_to_itself_is_one_and_lies_within(a_run: MakeRun) -> None:
    run = spread(a_run(1), *(each / 10 for each in range(1, 1000)))

    found = sampled(P95, run, run)

    assert found is not None
    assert found.estimate == 1
    assert found.low < 1 < found.high


def test_more_requests_tell_more(a_run: MakeRun) -> None:
    times = [each / 10 for each in range(10, 1000)]
    few, many = spread(a_run(1), *times), spread(a_run(1), *times * 20)

    of_few, of_many = sampled(P95, few, few), sampled(P95, many, many)

    assert of_few is not None
    assert of_many is not None
    assert of_many.high - of_many.low < of_few.high - of_few.low


def test_worse_is_above_one_whichever_direction_is_worse(a_run: MakeRun) -> None:
    slow, fast = a_run(20), a_run(10)
    turned = Figure("http_req_latency", "p95", Worse.LOWER)

    higher, lower = sampled(P95, fast, slow), sampled(turned, slow, fast)

    assert higher is not None
    assert lower is not None
    assert higher.low > 1.5
    assert lower.low > 1.5


def test_what_is_no_percentile_or_was_not_recorded_has_none(a_run: MakeRun) -> None:
    run = a_run(10)

    assert sampled(Figure("http_req_failed", "rate"), run, run) is None
    assert sampled(Figure("http_req_latency", "avg"), run, run) is None
    assert sampled(Figure("http_req_latency", "p95", having=(("name", "x"),)), run, run) is None
