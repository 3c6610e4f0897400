"""Pages say after what time an outage is noticed; by promtool, that is when the rendered rules notice it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from natalis.testing.servers import programs
from plimsoll.budget.alerts import BURN, alerts_of
from plimsoll.budget.explaining.noticing import noticed
from plimsoll.budget.file.model import Severity
from plimsoll.budget.file.reading import read_text
from plimsoll.budget.rules.rendered import rules

FILE = read_text("""
service: {name: shop}
watch: {sources: {http: 'job="shop"'}}
budgets:
  - name: errors
    indicator: errors
    target: 0.1 %
    window: 7d
    alert: {name: HighErrorRate, for: 2m, severity: critical}
""")
EVERY = 60
DELAY = 60 + EVERY
"""Seconds that scraping and evaluating may add: what the pages say, and how seldom this test looks."""
CALM = 17 * 3600
"""Seconds of good traffic before, so that the longest window, which is 16.8 hours, is full of it."""
REQUESTS = 10 * EVERY


def series(bad: float, lasts: float) -> list[dict[str, str]]:
    """Return ten requests a second, all good for a long time, then with a share of bad ones."""
    calm, steps = CALM // EVERY, round(lasts / EVERY) + 1

    def counter(status: str, before: float, after: float) -> dict[str, str]:
        name = f'http_requests_total{{job="shop",status_code="{status}"}}'
        return {"series": name, "values": f"0+{before}x{calm} {before * calm + after}+{after}x{steps}"}

    return [counter("200", REQUESTS, REQUESTS * (1 - bad)), counter("500", 0, REQUESTS * bad)]


def told(at: float, alert: str, severity: Severity) -> dict[str, Any]:
    """Return what promtool is to find: the alert of this severity, whatever its words."""
    query = f'count(ALERTS{{alertname="{alert}",severity="{severity}",alertstate="firing"}}) or vector(0)'
    return {"expr": query, "eval_time": f"{CALM + round(at)}s"}


@pytest.mark.parametrize("bad", [1.0, 0.1, 0.02])
def test_an_outage_is_noticed_when_its_pages_say(bad: float, tmp_path: Path) -> None:
    alerts = alerts_of(FILE)
    times = {
        (name, severity): after
        for name in (BURN, "HighErrorRate")
        for severity in Severity
        if (after := noticed([each for each in alerts if each.name == name], bad).after(severity)) is not None
    }
    cases = [
        {**told(after + late, *which), "exp_samples": [{"labels": "{}", "value": fires}]}
        for which, after in times.items()
        for late, fires in ((-EVERY, 0), (DELAY, 1))
    ]
    test = {
        "interval": f"{EVERY}s",
        "input_series": series(bad, max(times.values()) + 2 * DELAY),
        "promql_expr_test": cases,
    }
    (tmp_path / "rules.yaml").write_text(rules(FILE), encoding="utf-8")
    plan = {"rule_files": ["rules.yaml"], "evaluation_interval": f"{EVERY}s", "tests": [test]}
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(plan), encoding="utf-8")

    programs.run([programs.find("promtool"), "test", "rules", str(tmp_path / "test.yaml")])

    assert {which[0] for which in times} == {BURN, "HighErrorRate"}
