"""The k6 scripts say what the budget file says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from plimsoll.budget.file.reading import read_file
from plimsoll.budget.k6_plan import k6_plan

PERF = Path(__file__).parents[2] / "perf"
FILE = read_file(PERF / "plimsoll.yaml")


def test_the_plan_is_what_the_budget_file_renders_to() -> None:
    assert (PERF / "k6" / "plan.json").read_text(encoding="utf-8") == k6_plan(FILE)


def test_every_scenario_is_a_script_and_every_script_a_scenario() -> None:
    scripts = {path.stem for path in (PERF / "k6").glob("*.js")} - {"people"}

    assert scripts == set(FILE.scenarios)


@pytest.mark.parametrize("name", FILE.scenarios)
def test_a_script_takes_its_plan_and_exports_what_the_plan_executes(name: str) -> None:
    script = (PERF / "k6" / f"{name}.js").read_text(encoding="utf-8")
    exported = set(re.findall(r"export function (\w+)", (PERF / "k6" / "people.js").read_text(encoding="utf-8")))
    taken = set(re.findall(r"\w+", script.partition("export {")[2].partition("}")[0]))

    assert f"['{name}']" in script
    assert taken <= exported
    assert {str(load["exec"]) for load in FILE.scenarios[name].load.values()} <= taken


@pytest.mark.parametrize("name", FILE.scenarios)
def test_every_scenario_can_fail(name: str) -> None:
    assert FILE.scenarios[name].about
    assert any("http_req_failed" in metric for metric in k6_thresholds(name))


def k6_thresholds(name: str) -> list[str]:
    plan = json.loads(k6_plan(FILE))
    return list(plan[name]["thresholds"])
