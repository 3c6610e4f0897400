"""What is said of a run: all of it taken from the recording, none of it made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from plimsoll.measure import names
from plimsoll.measure.recording import Recording, tags
from plimsoll.measure.run import Run, Scenario, Verdict
from plimsoll.measure.tallies import Counter, Rate, Trend
from plimsoll.measure.timeline import Timeline
from plimsoll.report.findings import MONTH, burn_of
from plimsoll.report.reading import findings_of, planned_rate


def test_endpoints_hold_all_requests_the_busiest_first(good: Run) -> None:
    endpoints = findings_of(good).endpoints
    whole = good.recording.select(names.HTTP_REQ_FAILED.name)
    assert isinstance(whole, Rate)

    assert [(each.method, each.name) for each in endpoints] == [
        ("GET", "read"),
        ("POST", "create"),
        ("DELETE", "/users/{id}"),
    ]
    assert sum(each.requests for each in endpoints) == whole.count
    assert sum(each.failed for each in endpoints) == whole.hits


def test_an_endpoint_s_figures_are_its_own(frozen: Run) -> None:
    read = findings_of(frozen).endpoints[0]
    truth = frozen.recording.select(names.HTTP_REQ_LATENCY.name, {"name": "read"})
    assert isinstance(truth, Trend)

    assert read.latency == pytest.approx(tuple(truth.percentile(each) for each in (50, 90, 95, 99, 99.9, 100)))
    assert read.rate == read.requests / 60


def test_failures_have_codes_shares_and_examples_the_most_frequent_first(frozen: Run) -> None:
    first, second = findings_of(frozen).failures

    assert first.count >= second.count
    assert {first.code, second.code} == {"timeout", "status_503"}
    assert {first.example, second.example} == set(frozen.error_examples.values())
    assert first.share == pytest.approx(first.count / 10_317)


def test_what_a_flow_raised_is_among_the_failures() -> None:
    recording = Recording()
    for metric, value, named in ((names.ITERATIONS, 10, {}), (names.ITERATION_ERRORS, 4, {"error_code": "KeyError"})):
        tally = recording.tally(metric, tags(**named))
        assert isinstance(tally, Counter)
        tally.add(value)
    run = replace(make(recording), error_examples={"KeyError": "'token'"})

    (failure,) = findings_of(run).failures
    assert (failure.code, failure.count, failure.share, failure.example) == (
        "KeyError (raised by the flow)",
        4,
        0.4,
        "'token'",
    )


def make(recording: Recording) -> Run:
    return Run("r", datetime(2026, 1, 1, tzinfo=UTC), timedelta(seconds=10), (), recording, Timeline())


def test_a_run_that_recorded_nothing_has_findings_all_the_same() -> None:
    found = findings_of(make(Recording()))

    assert (found.verdict, found.endpoints, found.metrics, found.burn) == (Verdict.PASS, (), (), None)


def test_points_add_up_to_the_run(frozen: Run) -> None:
    found = findings_of(frozen)

    assert sum(each.rate * each.seconds for each in found.points) == pytest.approx(10_317)
    assert max(each.latency[3] for each in found.points if each.latency) == pytest.approx(2000, rel=0.05)


@pytest.mark.parametrize(("lasted", "count"), [(60.0, 60), (59.3, 59), (59.7, 60), (60.4, 60)])
def test_a_last_stretch_that_hardly_was_is_part_of_the_one_before(frozen: Run, lasted: float, count: int) -> None:
    points = findings_of(replace(frozen, lasted=timedelta(seconds=lasted))).points

    assert len(points) == count
    assert points[-1].at + points[-1].seconds == pytest.approx(lasted)
    assert sum(each.rate * each.seconds for each in points) == pytest.approx(10_317)


def test_a_threshold_s_sub_metric_is_among_the_metrics(good: Run) -> None:
    found = findings_of(good)

    assert "http_req_duration{name:create}" in [each.selector for each in found.metrics]
    assert found.figures("http_reqs")["count"] == 10_317
    assert found.figures("nothing") == {}


def scenario(*points: tuple[float, float], is_open: bool = True, starts_after: float = 0) -> Scenario:
    plan = tuple((timedelta(seconds=at), value) for at, value in points)
    return Scenario("s", "x", "", is_open, timedelta(seconds=starts_after), timedelta(seconds=60), (), plan)


@pytest.mark.parametrize(
    ("begin", "end", "rate"),
    [(0, 10, 50), (0, 1, 5), (10, 20, 100), (5, 15, 87.5), (20, 30, 0), (19, 21, 50)],
)
def test_the_planned_rate_is_the_mean_of_the_plan_s_straight_lines(begin: float, end: float, rate: float) -> None:
    ramp = scenario((0, 0), (10, 100), (20, 100))

    assert planned_rate([ramp], begin, end) == pytest.approx(rate)


def test_the_plans_of_scenarios_add_up_from_where_each_starts() -> None:
    both = [scenario((0, 10), (60, 10)), scenario((0, 5), (60, 5), starts_after=30)]

    assert [planned_rate(both, 0, 10), planned_rate(both, 30, 40)] == [10, 15]


def test_a_closed_model_plans_no_rate() -> None:
    assert planned_rate([scenario((0, 10), (60, 10), is_open=False)], 0, 10) is None


def test_a_month_at_exactly_the_objective_s_errors_burns_exactly_its_budget() -> None:
    burn = burn_of(1_000_000, 1_000, MONTH, 0.999)

    assert burn is not None
    assert [burn.speed, burn.share] == pytest.approx([1, 1])


def test_ten_times_the_errors_for_an_hour_burn_ten_hours_worth() -> None:
    burn = burn_of(1_000, 10, timedelta(hours=1), 0.999)

    assert burn is not None
    assert [burn.speed, burn.share] == pytest.approx([10, 10 / 720])


@pytest.mark.parametrize(("requests", "objective"), [(0, 0.999), (10, 1.0), (10, 0.0)])
def test_without_requests_or_without_a_budget_nothing_burns(requests: int, objective: float) -> None:
    assert burn_of(requests, 0, timedelta(hours=1), objective) is None
