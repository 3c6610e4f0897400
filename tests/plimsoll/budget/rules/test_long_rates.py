"""Alerts on shares are tested where rates take long to show what happens, too, and where much traffic is asked for."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from natalis.testing.servers import programs
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
