"""What Prometheus makes of a value in an alert's text is foretold: promtool says the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import yaml

from plimsoll.budget.file.amounts import Unit
from plimsoll.budget.rules.wording import template, words

VALUES = [
    0.0,
    1e-9,
    0.000123456,
    0.05,
    0.5,
    1,
    1.5,
    12.3456,
    59.99,
    60,
    61.7,
    999,
    1000,
    3600,
    3661,
    86_400,
    90_061,
    1.5e6,
    2.5e9,
    3e12,
]


@pytest.mark.parametrize("unit", list(Unit), ids=lambda unit: unit.name.lower())
def test_every_unit_reads_as_prometheus_writes_it(unit: Unit, promtool: Callable[[str, str], str | None]) -> None:
    numbered = list(enumerate(VALUES))
    alerts = [
        {"alert": f"A{at}", "expr": f"vector({value!r})", "annotations": {"it": template(unit)}}
        for at, value in numbered
    ]
    said = [
        {"eval_time": "1m", "alertname": f"A{at}", "exp_alerts": [{"exp_annotations": {"it": words(value, unit)}}]}
        for at, value in numbered
    ]
    tests = {"rule_files": ["rules.yaml"], "tests": [{"input_series": [], "alert_rule_test": said}]}

    assert promtool(yaml.safe_dump({"groups": [{"name": "all", "rules": alerts}]}), yaml.safe_dump(tests)) is None
