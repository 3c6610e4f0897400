"""When a promise that seems broken has only begun, by promtool on series of the first minutes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from natalis.testing.servers import programs
from plimsoll.budget.asking.early import early_query, known_queries, not_yet, with_known
from plimsoll.budget.asking.prometheus import Sample
from plimsoll.budget.asking.standing import Standing, State, states_of
from plimsoll.budget.file.reading import read_text

FILE = read_text("""
service: {name: shop}
watch: {sources: {http: 'job="shop"', node: 'job="node"'}}
budgets:
  - {name: up, indicator: instances up, target: "1"}
  - {name: cpu, indicator: cpu, target: 80 %}
""")
BOUND = 'plimsoll:bound{service="shop",budget="up"}'


def state(budget: str, value: float) -> State:
    samples = [Sample({"__name__": name, "budget": budget}, value) for name in ("plimsoll:value", "plimsoll:bound")]
    return next(each for each in states_of(FILE, samples) if each.promise.budget.name == budget)


@pytest.mark.parametrize(
    ("series", "is_early"),
    [
        ({BOUND: "1x2"}, True),
        ({BOUND: "1x2", 'up{job="shop"}': "1x2"}, True),
        ({BOUND: "1x2", 'up{job="shop"}': "0x2"}, False),
        ({BOUND: "1x2", 'up{job="shop",instance="a"}': "0x2", 'up{job="shop",instance="b"}': "1x2"}, False),
        ({BOUND: "1x2", 'up{job="other"}': "0x2"}, True),
        ({BOUND: "1x40"}, False),
        ({BOUND: "1x40", 'up{job="shop"}': "0x40"}, False),
    ],
)
def test_it_is_early_while_the_rules_have_no_past_and_no_scrape_failed(
    tmp_path: Path, series: dict[str, str], *, is_early: bool
) -> None:
    samples = [{"labels": "{}", "value": 1}] if is_early else []
    at = "10m" if any("x40" in each for each in series.values()) else "30s"
    test = {
        "interval": "15s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": early_query(state("up", 0)), "eval_time": at, "exp_samples": samples}],
    }
    file = tmp_path / "early.yaml"
    file.write_text(yaml.safe_dump({"tests": [test]}), encoding="utf-8")

    done = subprocess.run([programs.find("promtool"), "test", "rules", str(file)], capture_output=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_only_instances_that_seem_down_may_have_begun() -> None:
    assert early_query(state("up", 1)) is None
    assert early_query(state("cpu", 0.9)) is None


def test_what_has_only_begun_has_no_data() -> None:
    found = not_yet(state("up", 0))

    assert (found.standing, found.value) == (Standing.NO_DATA, None)


def test_each_window_is_asked_once_and_a_budget_gets_what_is_known_of_its_own() -> None:
    file = read_text("""
service: {name: shop, endpoints: [{name: pay, route: /pay}]}
watch: {sources: {http: 'job="shop"'}}
budgets:
  - {name: availability, indicator: availability, target: 99.9 %, window: 30d}
  - {name: paying, indicator: errors, target: 1 %, window: 30d, endpoints: [pay]}
  - {name: errors, indicator: errors, target: 1 %}
""")
    states = states_of(file, [])

    asked = list(known_queries(states))
    samples = [Sample({"budget": "paying", "endpoint": "pay"}, 7200.0)]

    assert asked == [(30 * 86_400, 'count_over_time(plimsoll:total:rate5m{service="shop"}[30d:1m]) * 60')]
    assert [each.known for each in with_known(states, asked[0][0], samples)] == [0, 7200, None]


def test_a_window_of_years_is_not_looked_at_each_minute() -> None:
    file = read_text("""
service: {name: shop}
watch: {sources: {http: 'job="shop"'}}
budgets: [{name: availability, indicator: availability, target: 99.9 %, window: 365d}]
""")

    assert "[365d:12m]) * 720" in next(known_queries(states_of(file, [])))[1]
