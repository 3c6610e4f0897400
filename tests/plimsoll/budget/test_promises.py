"""A budget file's promises: one for each endpoint of a budget, with what tells it from others and what it allows."""

from __future__ import annotations

import pytest

from plimsoll.budget.dialects import DIALECTS
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.file.reading import read_text
from plimsoll.budget.measures import Level, Quantile, Ratio
from plimsoll.budget.promises import Promise, promises_of

FILE = """
service:
  name: shop
  endpoints:
    - {name: pay, route: "/pay/{id}", method: POST}
    - {name: list, route: /items}
watch: {sources: {http: 'job="shop"'}, traffic: 2/s, rate: 2m}
indicators:
  late: {ratio: {some: late_total, all: [done_total, skipped_total]}}
  kept: {good: above, ratio: {some: 'asked_total{kept="1"}', all: asked_total}}
  deep: {level: {of: depth, take: sum}}
budgets:
  - {name: latency, indicator: latency p95, target: 300 ms, threshold: 500 ms, endpoints: [pay, list]}
  - {name: Errors of all!, indicator: errors, target: 0.1 %, threshold: 1 %, traffic: 5/s}
  - {name: availability, indicator: availability, target: 99.9 %}
  - {name: late, indicator: late, target: 1 %}
  - {name: kept, indicator: kept, target: 98 %}
  - {name: deep, indicator: deep, target: 10}
  - {name: cpu, indicator: cpu, target: 80 %}
  - {name: users, indicator: concurrent users, target: 100}
"""


@pytest.fixture(name="file")
def read() -> BudgetFile:
    return read_text(FILE)


@pytest.fixture(name="by_slug")
def found(file: BudgetFile) -> dict[str, Promise]:
    return {each.slug: each for each in promises_of(file)}


def test_a_budget_for_endpoints_is_a_promise_for_each(by_slug: dict[str, Promise]) -> None:
    assert by_slug["latency-pay"].labels == {"service": "shop", "budget": "latency", "endpoint": "pay"}
    assert by_slug["latency-list"].labels == {"service": "shop", "budget": "latency", "endpoint": "list"}
    assert by_slug["errors-of-all"].labels == {"service": "shop", "budget": "Errors of all!"}


def test_an_endpoint_is_selected_by_method_and_route_and_load_tests_are_left_out(by_slug: dict[str, Promise]) -> None:
    measure = by_slug["latency-pay"].measure

    assert isinstance(measure, Quantile)
    assert str(measure.histogram) == (
        'http_request_duration_seconds{job="shop",synthetic!="true",method="POST",route="/pay/{id}"}'
    )


@pytest.mark.parametrize(
    ("slug", "objective"),
    [
        ("latency-pay", 0.95),
        ("errors-of-all", 0.99),
        ("availability", 0.999),
        ("late", 0.99),
        ("kept", 0.98),
        ("deep", None),
        ("cpu", None),
    ],
)
def test_the_objective_is_the_share_of_events_that_must_be_good(
    by_slug: dict[str, Promise], slug: str, objective: float | None
) -> None:
    assert by_slug[slug].objective == (None if objective is None else pytest.approx(objective))


def test_traffic_and_rate_are_the_budget_s_the_file_s_or_the_usual(by_slug: dict[str, Promise]) -> None:
    (plain,) = promises_of(read_text("service: {name: x}\nbudgets: [{name: a, indicator: errors, target: 1 %}]"))

    assert (by_slug["errors-of-all"].traffic, by_slug["availability"].traffic) == (5, 2)
    assert (by_slug["late"].rate, plain.rate) == (120, 300)
    assert plain.traffic == pytest.approx(1 / 60)


def test_what_nobody_watches_has_no_measure(by_slug: dict[str, Promise]) -> None:
    assert by_slug["cpu"].measure is None  # there is no source `node`
    assert by_slug["users"].measure is None  # only a load test sees it


def test_indicators_of_one_s_own_are_measured_like_any_other(by_slug: dict[str, Promise]) -> None:
    late, kept, deep = (by_slug[slug].measure for slug in ("late", "kept", "deep"))

    assert isinstance(late, Ratio)
    assert [each.name for each in late.all] == ["done_total", "skipped_total"]
    assert isinstance(kept, Ratio)
    assert (late.some_are_good, kept.some_are_good) == (False, True)
    assert isinstance(deep, Level)
    assert deep.value("5m") == "sum(depth >= -Inf)"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_budget_is_the_same_in_every_dialect(dialect: str) -> None:
    text = f"""
service: {{name: shop}}
watch: {{dialect: {dialect}, sources: {{http: job="shop"}}}}
budgets:
  - {{name: latency, indicator: latency p95, target: 500 ms}}
  - {{name: errors, indicator: errors, target: 1 %}}
  - {{name: throughput, indicator: throughput, target: 10/s}}
"""
    latency, errors, throughput = promises_of(read_text(text))
    words = DIALECTS[dialect]

    assert throughput.measure is not None
    assert [each.name for each in throughput.measure.reads()] == [words.requests]
    assert (latency.measure is None) == (words.duration is None)
    assert (errors.measure is None) == (words.status is None)
