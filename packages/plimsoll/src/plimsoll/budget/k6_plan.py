"""Renders scenarios and their thresholds for k6: what `options` of a script holds, by scenario."""

from __future__ import annotations

import json
from typing import Any

from plimsoll.budget.file.model import BudgetFile, Scenario
from plimsoll.budget.load_thresholds import thresholds_of
from plimsoll.measure.names import HTTP_REQ_DURATION, HTTP_REQ_LATENCY


def k6_plan(file: BudgetFile) -> str:
    """Return the plan of all scenarios as JSON, for `JSON.parse(open('./plan.json'))` in a k6 script."""
    plan = {name: _options(file, scenario) for name, scenario in file.scenarios.items()}
    return json.dumps(plan, indent=2, ensure_ascii=False) + "\n"


def _options(file: BudgetFile, scenario: Scenario) -> dict[str, Any]:
    """Return a scenario's options. k6 knows no latency from the due instant: there its duration is judged."""
    thresholds: dict[str, list[object]] = {}
    for metric, conditions in thresholds_of(file, scenario).items():
        known = metric.replace(HTTP_REQ_LATENCY.name, HTTP_REQ_DURATION.name, 1)
        thresholds.setdefault(known, []).extend(conditions)
    return {"scenarios": dict(scenario.load), "thresholds": thresholds}
