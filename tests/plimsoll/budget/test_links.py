"""An alert leads to its page, and to the panel that shows what it is about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from plimsoll.budget.alerts import alerts_of
from plimsoll.budget.dashboards.artefacts import dashboards
from plimsoll.budget.dashboards.showing import links_of
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.file.outputs import Kind
from plimsoll.budget.file.reading import read_file, read_text
from plimsoll.budget.rules.rendered import rules

ROOT: Final = Path(__file__).parents[3]
FILES: Final = [
    *sorted((Path(__file__).parent / "golden").glob("*/plimsoll.yaml")),
    ROOT / "perf/plimsoll.yaml",
    *sorted(ROOT.glob("examples/*/plimsoll.yaml")),
]
SMALL: Final = """
service:
  name: small
  endpoints: [{name: pay, route: /pay, method: POST}, {name: look, route: /look}]
  grafana: https://small.example/grafana/
watch: {sources: {http: job="small", node: job="node"}}
budgets:
  - {name: cpu, indicator: cpu, target: 80 %, alert: {name: Busy, for: 5m}}
  - {name: errors, indicator: errors, target: 1 %, window: 30d, alert: {name: Failing, for: 5m}}
  - {name: each, indicator: errors, target: 2 %, endpoints: [pay, look], alert: {name: EachFailing, for: 5m}}
"""


def boards_by_uid(file: BudgetFile) -> dict[str, Any]:
    boards = [json.loads(each.text) for each in dashboards(file, {Kind.DASHBOARDS: Path()})]
    return {each["uid"]: each for each in boards}


def led_to(file: BudgetFile) -> dict[tuple[str, str], str]:
    """Return the address of the board that each rule carries, by the rule's name and budget."""
    groups = yaml.safe_load(rules(file))["groups"]
    alerting = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    return {
        (rule["alert"], rule["labels"]["budget"]): rule["annotations"]["dashboard_url"]
        for rule in alerting
        if "dashboard_url" in rule["annotations"]
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_alert_leads_to_a_panel_that_is_rendered_and_shows_more_than_one_number(path: Path) -> None:
    file = read_file(path)
    boards, led = boards_by_uid(file), led_to(file)

    assert led.keys() == {(each.name, each.promise.budget.name) for each in alerts_of(file)}
    for address in led.values():
        parts = urlsplit(address)
        board = boards[parts.path.rpartition("/d/")[2]]
        for number in parse_qs(parts.query).get("viewPanel", []):
            (panel,) = (each for each in board["panels"] if each["id"] == int(number))
            assert panel["type"] not in {"row", "stat"}
            assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1:]  # the bounds are drawn into it


def test_it_is_the_first_panel_that_draws_the_bound_and_of_a_burn_that_of_its_error_budget() -> None:
    file = read_text(SMALL)
    boards, led = boards_by_uid(file), led_to(file)

    def title(subject: tuple[str, str]) -> tuple[str, str]:
        parts = urlsplit(led[subject])
        uid = parts.path.rpartition("/d/")[2]
        number = int(parse_qs(parts.query)["viewPanel"][0])
        return uid, next(each["title"] for each in boards[uid]["panels"] if each["id"] == number)

    assert title(("Busy", "cpu")) == ("small-overview", "CPU")
    assert title(("Failing", "errors")) == ("small-budgets", "Errors")
    assert title(("ErrorBudgetBurn", "errors")) == ("small-budgets", "Burn: errors")


def test_an_alert_on_several_endpoints_leads_to_the_board_that_shows_all_of_them() -> None:
    led = led_to(read_text(SMALL))

    assert led["EachFailing", "each"] == "https://small.example/grafana/d/small-budgets"


def test_what_no_board_shows_has_no_link_and_without_grafana_nothing_has() -> None:
    some = read_text(f"{SMALL}dashboards: [overview]")
    none = read_text(SMALL.replace("  grafana: https://small.example/grafana/\n", ""))

    assert led_to(some).keys() == {("Busy", "cpu")}
    assert (led_to(none), links_of(none).boards) == ({}, {})
    assert "dashboard_url" not in rules(none)
