"""Budgets as the thresholds of a load test."""

from __future__ import annotations

from plimsoll.budget.file.reading import read_text
from plimsoll.budget.indicators import INDICATORS
from plimsoll.budget.load_thresholds import thresholds_of
from plimsoll.measure.names import BUILT_IN
from plimsoll.measure.thresholds import thresholds_of as conditions_of

FILE = """\
service:
  name: natalis
  endpoints: [{name: create user, route: /user, method: POST}, {name: read user, route: "/user/{id}"}]
budgets:
  - {name: tail, indicator: latency p95, target: 500 ms, threshold: 1 s}
  - {name: each tail, indicator: latency p99, target: 2 s, endpoints: [create user, read user]}
  - {name: errors, indicator: errors, target: 0.1 %, threshold: 1 %}
  - {name: rate, indicator: throughput, target: "1,000/s", threshold: 500/s, action: warn}
  - {name: cpu, indicator: cpu, target: 70 %}
scenarios:
  all: {flow: users.py, load: {}, thresholds: {checks: rate>0.99}}
  some: {flow: users.py, load: {}, budgets: [errors]}
  none: {flow: users.py, load: {}, budgets: []}
"""


def test_a_scenario_is_judged_by_every_budget_that_fails_and_that_it_can_see() -> None:
    file = read_text(FILE)

    assert thresholds_of(file, file.scenarios["all"]) == {
        "http_req_latency": ["p(95)<1000"],
        "http_req_latency{name:create user}": ["p(99)<2000"],
        "http_req_latency{name:read user}": ["p(99)<2000"],
        "http_req_failed": ["rate<0.01"],
        "checks": ["rate>0.99"],
    }


def test_or_by_those_it_names() -> None:
    file = read_text(FILE)

    assert thresholds_of(file, file.scenarios["some"]) == {"http_req_failed": ["rate<0.01"]}
    assert thresholds_of(file, file.scenarios["none"]) == {}


def test_what_is_rendered_is_understood() -> None:
    file = read_text(FILE)

    read = conditions_of(thresholds_of(file, file.scenarios["all"]), BUILT_IN)

    assert len(read) == 5


def test_every_indicator_that_load_tests_see_is_a_metric_they_record() -> None:
    seen = {indicator.load[0] for indicator in INDICATORS.values() if indicator.load}

    assert seen <= set(BUILT_IN)
