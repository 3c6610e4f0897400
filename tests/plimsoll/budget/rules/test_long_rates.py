"""Alerts on shares are tested where rates take long to show what happens, too, and where much traffic is asked for."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

import pytest
import yaml

from natalis.testing.servers import programs
from plimsoll.budget.file.reading import read_text
from plimsoll.budget.rules.tested import trials
from plimsoll.cli.app import plimsoll

FILE = """
service: {name: shop}
watch: {sources: {http: job="shop"}, traffic: 50/s, rate: RATE}
budgets:
  - {name: errors, indicator: errors, target: 1 %, alert: {name: HighErrorRate, for: 2m}}
"""


@pytest.mark.parametrize("rate", ["30s", "5m", "10m", "1h"])
def test_rendered_tests_hold_at_every_rate(rate: str, tmp_path: Path) -> None:
    file = tmp_path / "plimsoll.yaml"
    file.write_text(FILE.replace("RATE", rate), encoding="utf-8")
    plimsoll.main(["render", str(file), "rules", "tests"], standalone_mode=False)

    tests = tmp_path / "rendered" / "rules.test.yaml"
    done = subprocess.run(
        [programs.find("promtool"), "test", "rules", tests], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


LONG = FILE.replace("target: 1 %,", "target: 1 %, window: 365d,")
_MOST: Final = 10_000
"""Values of a series that promtool lets a query read."""


@pytest.mark.parametrize("rate", ["30s", "1m", "5m"])
def test_no_test_of_a_year_s_budget_has_more_steps_than_promtool_bears(rate: str) -> None:
    document = yaml.safe_load(trials(read_text(LONG.replace("RATE", rate)), "rules.yaml"))

    series = [each["values"] for test in document["tests"] for each in test["input_series"]]
    assert max(sum(int(part.rpartition("x")[2]) + 1 for part in values.split()) for values in series) < _MOST
