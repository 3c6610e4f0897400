"""What is recorded of good and bad events: each event counts once, whatever the minute or the label it came with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from plimsoll.budget.file.reading import read_text
from plimsoll.budget.rules.rendered import rules

FILE = """\
service: {name: shop, endpoints: [{name: pay, route: /pay, method: POST}, {name: look, route: /look}]}
watch: {sources: {http: job="shop"}}
budgets:
  - {name: errors, indicator: errors, target: 0.1 %, window: 30d, alert: {name: Failing, for: 2m}}
  - {name: paying, indicator: errors, target: 1 %, endpoints: [pay], window: 30d}
"""
GOOD = 'http_requests_total{job="shop",method="GET",route="/look",status_code="200"}'
BAD = 'http_requests_total{job="shop",method="GET",route="/look",status_code="500"}'
UNPAID = 'http_requests_total{job="shop",method="POST",route="/pay",status_code="503"}'
ERRORS = '{service="shop",budget="errors"}'
Promtool = Callable[[str, str], str | None]


@pytest.fixture
def answers(promtool: Promtool) -> Callable[..., str | None]:
    """Ask the rules of the shop queries, at a time, while there are these series; return what is not as expected."""

    def ask(at: str, series: dict[str, str], expected: dict[str, float | None]) -> str | None:
        test: dict[str, Any] = {
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "promql_expr_test": [
                {"expr": query, "eval_time": at, "exp_samples": [] if value is None else [sample(value)]}
                for query, value in expected.items()
            ],
        }
        groups = [f"shop: {name}" for name in ("values", "burn of hours", "burn of days", "alerts", "burn alerts")]
        tests = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "group_eval_order": groups, "tests": [test]}
        return promtool(rules(read_text(FILE)), yaml.safe_dump(tests))

    return ask


def sample(value: float) -> dict[str, Any]:
    return {"labels": "{}", "value": value}


def rounded(query: str) -> str:
    return f"round(sum({query}), 0.001)"


def test_a_quiet_hour_of_errors_weighs_as_little_as_it_has_requests(answers: Any) -> None:
    busy_then_nothing, nothing_then_few = "0+6000x120 720000+0x120", "0+0x120 60+60x119"

    wrong = answers(
        "4h", {GOOD: busy_then_nothing, BAD: nothing_then_few}, {rounded(f"plimsoll:bad_share:6h{ERRORS}"): 0.01}
    )

    assert wrong is None


def test_what_is_left_of_the_budget_is_what_was_not_spent(answers: Any) -> None:
    series = {GOOD: "0+59982x120", BAD: "0+18x120"}  # three in ten thousand

    wrong = answers(
        "2h",
        series,
        {
            rounded(f"plimsoll:objective{ERRORS}"): 0.999,
            rounded(f"plimsoll:bad_share:30d{ERRORS} * 1000"): 0.3,
            rounded(f"plimsoll:remaining{ERRORS}"): 0.7,
        },
    )

    assert wrong is None


def test_before_the_first_error_there_is_no_counter_of_errors_and_the_share_is_zero(answers: Any) -> None:
    wrong = answers(
        "30m", {GOOD: "0+600x30"}, {f"sum(plimsoll:value{ERRORS})": 0, f"sum(plimsoll:bad_share:1h{ERRORS})": 0}
    )

    assert wrong is None


def test_a_stretch_without_scrapes_counts_for_nothing(answers: Any) -> None:
    lost_for_an_hour = {GOOD: "0+540x60 _x60 32400+540x60", BAD: "0+60x60 _x60 3600+60x60"}

    assert answers("3h", lost_for_an_hour, {rounded(f"plimsoll:bad_share:6h{ERRORS}"): 0.1}) is None


def test_one_endpoint_with_hardly_any_traffic_does_not_spoil_the_budget_of_all(answers: Any) -> None:
    """Nine in an hour fail, of 36,000; that endpoint's own budget says so, and still wakes nobody."""
    series = {GOOD: "0+600x60", UNPAID: "0+0.15x60"}

    wrong = answers(
        "1h",
        series,
        {
            rounded(f"plimsoll:bad_share:1h{ERRORS}"): 0,
            'sum(plimsoll:bad_share:1h{budget="paying"})': 1,
            'sum(ALERTS{budget="paying"})': None,
        },
    )

    assert wrong is None


def test_requests_of_a_load_test_spend_nothing(answers: Any) -> None:
    synthetic = BAD.replace("}", ',synthetic="true"}')

    wrong = answers(
        "1h", {GOOD: "0+600x60", synthetic: "0+600x60"}, {f"sum(plimsoll:bad_share:1h{ERRORS})": 0, "sum(ALERTS)": None}
    )

    assert wrong is None


def test_labels_that_only_one_side_has_do_not_hide_errors(answers: Any) -> None:
    """Errors of one route of one instance, requests of another: added up first, they still meet."""
    series = {GOOD.replace("}", ',instance="a"}'): "0+600x60", BAD.replace("}", ',instance="b"}'): "0+600x60"}

    assert answers("1h", series, {f"sum(plimsoll:value{ERRORS})": 0.5}) is None
