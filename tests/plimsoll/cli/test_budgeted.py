"""`--budget` and `--scenario`: what a budget file makes of a run, and how its faults are said."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import click
import pytest

from plimsoll.budget.executors import EXECUTORS
from plimsoll.cli.budgeted import objective_in, planned
from plimsoll.cli.load_options import with_load_options
from plimsoll.errors import InvalidInput
from plimsoll.load.plan import Plan
from plimsoll.load.scenarios import RampingVus, Scenario
from plimsoll.measure.thresholds import Threshold

PERF = Path(__file__).parents[3] / "perf"
NOTHING = click.command("run")(with_load_options(lambda: None)).make_context("run", []).params
"""The options of `load run` when none is given."""
FILE = """
service: {name: shop, url: "http://127.0.0.1:9/base"}
budgets:
  - {name: tail, indicator: latency p99, target: 300 ms, threshold: 500 ms}
scenarios:
  calm:
    flow: flows.py
    env: {COLOUR: blue}
    thresholds: {checks: rate>0.9}
    load:
      visits: {executor: constant-vus, vus: 2, duration: 30s, exec: visit}
"""


def written(folder: Path, text: str = FILE) -> Path:
    (folder / "flows.py").write_text("async def visit(session): ...\nasync def leave(session): ...\n", encoding="utf-8")
    path = folder / "plimsoll.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def plan_of(path: Path, scenario: str | None = "calm", **given: Any) -> tuple[Plan, tuple[Threshold, ...]]:
    return planned({**NOTHING, **given}, path, scenario)


def test_load_flow_address_environment_and_thresholds_are_the_scenario_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLOUR", raising=False)
    plan, thresholds = plan_of(written(tmp_path))

    assert plan.name == "shop calm"
    assert plan.base == "http://127.0.0.1:9/base"
    assert plan.flow_file == str((tmp_path / "flows.py").resolve())
    assert [each.name for each in plan.scenarios] == ["visits"]
    assert plan.env == {"COLOUR": "blue"}
    assert [f"{each.metric}: {each.condition}" for each in thresholds] == [
        "http_req_latency: p(99)<500",
        "checks: rate>0.9",
    ]


AVAILABLE = "  - {name: up, indicator: availability, target: 99.95 %, action: alert}"


@pytest.mark.parametrize(("more", "objective"), [(AVAILABLE, 0.9995), ("", None)])
def test_the_objective_is_the_target_of_availability(tmp_path: Path, more: str, objective: float | None) -> None:
    path = written(tmp_path, FILE.replace("budgets:", f"budgets:\n{more}"))

    assert objective_in(path) == pytest.approx(objective)


def test_what_is_said_on_the_command_line_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLOUR", raising=False)
    given: dict[str, Any] = {
        "url": "http://other",
        "env": ("COLOUR=red",),
        "thresholds": ("checks:rate>0.5",),
        "time_scale": 10.0,
    }
    plan, thresholds = plan_of(written(tmp_path), **given)

    assert plan.base == "http://other"
    assert plan.env == {"COLOUR": "red"}
    assert len(thresholds) == 3
    assert plan.time_scale == 10


def test_a_time_scale_shortens_what_thresholds_wait_for(tmp_path: Path) -> None:
    text = FILE.replace("rate>0.9", "{threshold: rate>0.9, window: 20s, abortOnFail: true, delayAbortEval: 10s}")

    _, (_, own) = plan_of(written(tmp_path, text), time_scale=10.0)

    assert (own.window, own.delay_abort) == (timedelta(seconds=2), timedelta(seconds=1))


def test_the_only_scenario_needs_no_name(tmp_path: Path) -> None:
    assert plan_of(written(tmp_path), None)[0].name == "shop calm"


@pytest.mark.parametrize(
    ("wrong", "right", "where", "said"),
    [
        ("vus: 2,", "vus: 0,", "11:45: scenarios.calm.load.visits.vus", ""),
        ("30s", "soon", "11:58: scenarios.calm.load.visits.duration", "no length of time"),
        ("constant-vus", "constant-users", "11:26: scenarios.calm.load.visits.executor", "there is no executor"),
        ("exec: visit", "exec: visits", "11:69: scenarios.calm.load.visits.exec", "there is no flow visits"),
        ("rate>0.9", "p(95)<5", "9:26: scenarios.calm.thresholds.checks", "p(95)"),
        ("flow: flows.py", "flow: flow.py", "7:11: scenarios.calm.flow", "there is no file"),
        ("vus: 2,", "vus: 2, volume: 3,", "11:56: scenarios.calm.load.visits.volume", "there is no such setting"),
    ],
)
def test_a_fault_is_said_with_its_line_and_column(
    tmp_path: Path, wrong: str, right: str, where: str, said: str
) -> None:
    path = written(tmp_path, FILE.replace(wrong, right))

    with pytest.raises(InvalidInput) as raised:
        plan_of(path)

    assert raised.value.field == f"{path}:{where}"
    assert said in raised.value.problem


@pytest.mark.parametrize(
    ("given", "scenario", "field", "remedy"),
    [
        ({"vus": 5}, "calm", "--vus", "leave it out"),
        ({"flow": Path("x.py")}, "calm", "FLOW", "leave one"),
        ({}, "clam", "--scenario", "did you mean calm"),
    ],
)
def test_what_contradicts_the_scenario_is_refused(
    tmp_path: Path, given: dict[str, Any], scenario: str, field: str, remedy: str
) -> None:
    with pytest.raises(InvalidInput, match=remedy) as raised:
        plan_of(written(tmp_path), scenario, **given)

    assert raised.value.field == field


def test_a_scenario_without_a_file_or_an_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="give --budget"):
        planned(NOTHING, None, "calm")
    with pytest.raises(InvalidInput, match="give --url"):
        plan_of(written(tmp_path, FILE.replace(', url: "http://127.0.0.1:9/base"', "")))


SCENARIOS = (
    "smoke",
    "load",
    "stress",
    "spike",
    "gradual",
    "soak",
    "user-creation",
    "mixed",
    "million-a-day",
    "nine-oclock",
)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_shipped_scenario_can_be_planned(name: str) -> None:
    plan, thresholds = plan_of(PERF / "plimsoll.yaml", name)

    assert plan.scenarios
    assert any("http_req_failed" in each.metric for each in thresholds)
    assert plan.by_stage == (name == "spike")


def test_thresholds_by_stage_name_the_stages_in_which_few_are_there() -> None:
    plan, thresholds = plan_of(PERF / "plimsoll.yaml", "spike")
    (ramp,) = plan.scenarios
    named = {int(dict(each.selector.tags)["stage"]) for each in thresholds if each.selector.tags}

    assert isinstance(ramp, RampingVus)
    calm = {at for at, stage in enumerate(ramp.stages, 1) if stage.target == 10 and stage.lasts.seconds > 60}
    assert named == calm


def test_the_budget_file_knows_the_executors_that_the_load_generator_has() -> None:
    assert sorted(EXECUTORS) == sorted(kind.__struct_config__.tag for kind in get_args(Scenario))
