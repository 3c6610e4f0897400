"""Rendered tests hold, and end soon, whatever the window of the rate and however long an error budget lasts."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from natalis.testing.servers import programs
from plimsoll.budget.file.amounts import amount_of
from plimsoll.budget.file.reading import read_text
from plimsoll.budget.rules.rendered import rules
from plimsoll.budget.rules.tested import trials
from plimsoll.cli.app import plimsoll

FILE = """
service: {name: shop}
watch: {sources: {http: job="shop"}, traffic: 50/s, rate: RATE}
budgets:
  - {name: errors, indicator: errors, target: 1 %, alert: {name: HighErrorRate, for: 2m}}
"""


@pytest.mark.parametrize(
    ("rate", "target"),
    [("30s", "1 %"), ("5m", "1 %"), ("10m", "1 %"), ("1h", "1 %"), ("30s", "0.01 %")],
)
def test_rendered_tests_hold_at_every_rate_and_target(rate: str, target: str, tmp_path: Path) -> None:
    file = tmp_path / "plimsoll.yaml"
    file.write_text(FILE.replace("RATE", rate).replace("1 %", target), encoding="utf-8")
    plimsoll.main(["render", str(file), "rules", "tests"], standalone_mode=False)

    tests = tmp_path / "rendered" / "rules.test.yaml"
    done = subprocess.run(
        [programs.find("promtool"), "test", "rules", tests], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


LONG = FILE.replace("target: 1 %,", "target: 1 %, window: WINDOW,")
_A_FEW_SECONDS: Final = 3_300
"""Evaluations that promtool gets through in them; at 10,000 of one query's values it refuses."""
_LOOKS_BACK: Final = 300


def rendered_tests(window: str, rate: str) -> Any:
    return yaml.safe_load(trials(read_text(LONG.replace("WINDOW", window).replace("RATE", rate)), "rules.yaml"))


@pytest.mark.parametrize("rate", ["30s", "1m", "5m"])
@pytest.mark.parametrize("window", ["30d", "120d", "365d", "500d", "1830d"])
def test_no_test_of_a_long_budget_takes_promtool_more_than_seconds(window: str, rate: str) -> None:
    document = rendered_tests(window, rate)

    every = amount_of(document["evaluation_interval"]).value
    checks = [
        amount_of(check["eval_time"]).value
        for test in document["tests"]
        for check in [*test.get("alert_rule_test", ()), *test.get("promql_expr_test", ())]
    ]
    assert max(checks) / every < _A_FEW_SECONDS
    assert every < _LOOKS_BACK


@pytest.mark.parametrize("rate", ["30s", "1m", "5m"])
@pytest.mark.parametrize("window", ["120d", "1830d"])
def test_every_rate_sees_two_values_however_seldom_it_is_asked(window: str, rate: str) -> None:
    document = rendered_tests(window, rate)

    every = amount_of(document["evaluation_interval"]).value
    fed = [amount_of(test["interval"]).value for test in document["tests"]]
    assert max(fed) <= amount_of(rate).value / 2
    assert [every % each for each in fed] == [0] * len(fed)


MIXED: Final = """
service: {name: shop, endpoints: [{name: a, route: /a}, {name: b, route: /b}]}
watch: {sources: {http: job="shop"}, rate: 30s}
indicators: {missed: {increase: {of: missed_total, over: 30s}}}
budgets:
  - {name: week, indicator: errors, target: 1 %, window: 7d, alert: {name: HighErrorRate, for: 45s}}
  - {name: year, indicator: latency p95, target: 300 ms, window: 366d, endpoints: [a, b], alert: {name: Slow, for: 5m}}
  - {name: missed, indicator: missed, target: "3", alert: {name: Missed, for: 0s}}
"""


@pytest.mark.parametrize(
    "text", [LONG.replace("WINDOW", "1830d").replace("RATE", "30s"), pytest.param(MIXED, marks=pytest.mark.slow)]
)
def test_tests_that_are_evaluated_seldom_hold(text: str, promtool: Callable[[str, str], str | None]) -> None:
    file = read_text(text)

    assert promtool(rules(file), trials(file, "rules.yaml")) is None


def test_a_rule_that_is_wrong_is_found_out_by_tests_that_are_evaluated_seldom(
    promtool: Callable[[str, str], str | None],
) -> None:
    file = read_text(LONG.replace("WINDOW", "365d").replace("RATE", "30s"))
    right = rules(file)
    wrong = right.replace("/ 0.01 > 14.4", "/ 0.01 > 20")

    assert wrong != right
    assert promtool(wrong, trials(file, "rules.yaml")) is not None
