"""Dashboards show what is watched and promised, in the service's own words, and are the same each time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from natalis.testing.servers import programs
from plimsoll.budget.dashboards.artefacts import dashboards
from plimsoll.budget.dashboards.catalogue import boards_of
from plimsoll.budget.dashboards.panel import RATE, Board, Panel, Query
from plimsoll.budget.dialects import DIALECTS
from plimsoll.budget.file.boards import BUILT_IN
from plimsoll.budget.file.outputs import Kind
from plimsoll.budget.file.reading import read_file, read_text
from plimsoll.budget.links import uid_of
from plimsoll.budget.sources import Source
from plimsoll.errors import InvalidInput

ROOT: Final = Path(__file__).parents[3]
SHOP: Final = Path(__file__).parent / "golden/shop/plimsoll.yaml"
FILES: Final = [SHOP, ROOT / "perf/plimsoll.yaml", *ROOT.glob("examples/*/plimsoll.yaml")]
EVERYTHING: Final = {str(source): f'job="{source}"' for source in Source}
A_BUDGET: Final = "{name: busy, indicator: cpu, target: 70 %, threshold: 85 %, action: alert}"


def boards(text: str) -> dict[str, Board]:
    return {board.name: board for board in boards_of(read_text(text))}


def watching(sources: Mapping[str, str], *, dialect: str = "plimsoll", more: str = "", budget: str = "") -> str:
    watch = yaml.safe_dump({"watch": {"dialect": dialect, "sources": dict(sources)}})
    return f"service: {{name: shop}}\n{watch}budgets:\n- {A_BUDGET}\n{budget}\n{more}"


def panels(board: Board) -> list[Panel]:
    return [panel for row in board.rows for panel in row.panels]


def rendered(path: Path) -> dict[str, Any]:
    return {each.path.name: json.loads(each.text) for each in dashboards(read_file(path), {Kind.DASHBOARDS: Path()})}


def test_they_are_as_they_were() -> None:
    made = {each.path: each.text for each in dashboards(read_file(SHOP), {Kind.DASHBOARDS: SHOP.parent / "dashboards"})}

    assert made == {path: path.read_text(encoding="utf-8") for path in (SHOP.parent / "dashboards").iterdir()}


def test_there_is_every_board_that_a_file_may_name() -> None:
    assert tuple(boards(watching(EVERYTHING))) == BUILT_IN


def test_only_what_is_watched_is_shown() -> None:
    all_of_it, some = boards(watching(EVERYTHING)), boards(watching({"http": 'job="shop"', "node": 'job="node"'}))

    assert list(some) == ["overview", "api", "user-experience", "budgets"]
    assert [row.title for row in some["overview"].rows] == ["Now", "Endpoints", "Machines"]
    assert len(panels(some["api"])) < len(panels(all_of_it["api"]))
    assert all("job=" in query.expression for each in panels(some["api"]) for query in each.queries)


def test_only_boards_that_are_wanted_are_made() -> None:
    assert list(boards(watching(EVERYTHING, more="dashboards: [cost, api]"))) == ["api", "cost"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_query_is_one_in_every_dialect(dialect: str, tmp_path: Path) -> None:
    made = boards(watching(EVERYTHING, dialect=dialect)).values()
    asked = {query.expression for board in made for panel in panels(board) for query in panel.queries}

    assert judged_by_promtool(asked, tmp_path) == ""


def test_promtool_would_have_told(tmp_path: Path) -> None:
    assert "parse error" in judged_by_promtool(["sum(rate(x[$__rate_interval])"], tmp_path)


def judged_by_promtool(queries: Iterable[str], folder: Path) -> str:
    """Return what promtool says against queries; empty when it takes all of them."""
    rules = [{"record": "x", "expr": each.replace(RATE, "1m")} for each in queries]
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "x", "rules": rules}]}))
    command = [programs.find("promtool"), "check", "rules", "--lint=none", str(folder / "rules.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_moving_a_bound_moves_it_wherever_it_is_drawn() -> None:
    moved = watching(EVERYTHING).replace("85 %", "86 %")

    before, after = (drawn_bounds(boards(text)) for text in (watching(EVERYTHING), moved))

    assert {place for place, bound in before.items() if after[place] != bound} == {
        ("overview", "CPU"),
        ("database", "CPU"),
        ("budgets", "Busy"),
    }
    assert after["overview", "CPU"] == pytest.approx(0.86)


def drawn_bounds(made: Mapping[str, Board]) -> dict[tuple[str, str], float]:
    return {
        (name, each.title): each.bounds.bound for name, board in made.items() for each in panels(board) if each.bounds
    }


def test_a_panel_with_an_alert_leads_to_its_page() -> None:
    (stands,) = (
        each for each in panels({b.name: b for b in boards_of(read_file(SHOP))}["budgets"]) if each.title == "Cpu"
    )

    assert stands.runbook == "https://shop.example/runbooks/alerts/HighCPU.html"


def test_a_quiet_night_is_red_only_where_an_alert_says_so() -> None:
    pace = "- {name: pace, indicator: throughput, target: 100/s, action: warn}"
    heard = pace.replace("action: warn", "action: alert, alert: {name: TooQuiet, for: 5m}")

    asked = [boards(watching(EVERYTHING, budget=each))["overview"] for each in (pace, heard)]

    assert [panels(board)[0].bounds is None for board in asked] == [True, False]


OWN = """
boards:
  business:
    rows:
      - title: Ours
        panels: [{title: Sold, kind: stat, unit: dollars, budget: busy, queries: {sold: "sum(sold_total)"}}]
  kitchen:
    title: The kitchen
    rows: [{title: Heat, panels: [{title: Ovens, queries: {"{{oven}}": oven_celsius, mean: "avg(oven_celsius)"}}]}]
"""


def test_a_file_puts_rows_of_its_own_before_those_of_a_built_in_board() -> None:
    business = boards(watching(EVERYTHING, more=OWN))["business"]

    assert [row.title for row in business.rows][:2] == ["Ours", "How people are served"]
    (sold,) = business.rows[0].panels
    assert sold.queries == (Query("sum(sold_total)", "sold"),)
    assert sold.bounds is not None
    assert sold.bounds.bound == pytest.approx(0.85)


def test_rows_for_a_built_in_board_without_data_are_a_board_too() -> None:
    business = boards(watching({"node": 'job="node"'}, more=OWN))["business"]

    assert [row.title for row in business.rows] == ["Ours"]


def test_a_file_brings_boards_of_its_own() -> None:
    kitchen = boards(watching(EVERYTHING, more=OWN))["kitchen"]

    assert kitchen.title == "The kitchen"
    assert [query.legend for query in kitchen.rows[0].panels[0].queries] == ["{{oven}}", "mean"]


@pytest.mark.parametrize(
    ("more", "problem", "remedy"),
    [
        ("dashboards: [overviw]", "there is no dashboard 'overviw'", "did you mean 'overview'?"),
        (OWN.replace("budget: busy", "budget: bussy"), "there is no budget 'bussy'", "did you mean 'busy'?"),
        (OWN.replace("kitchen:", "Kitchen 1:"), "'Kitchen 1' would be no name of a file", "small letters"),
        (f"{OWN}\ndashboards: [api]", "business is not among the dashboards that are wanted", "name it under"),
        (OWN.replace("unit: dollars", "unit: euros"), "there is no 'euros'", "dollars"),
        (OWN.replace("rows: [{title: Heat", "rws: [{title: Heat"), "there is no such key", "did you mean 'rows'?"),
    ],
)
def test_what_cannot_be_drawn_is_refused(more: str, problem: str, remedy: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        boards(watching(EVERYTHING, more=more))

    assert problem in refused.value.problem
    assert remedy in refused.value.remedy
    assert ":" in refused.value.field


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_grafana_finds_every_panel_by_an_id_and_in_a_place_of_its_own(path: Path) -> None:
    for name, board in rendered(path).items():
        ids = [panel["id"] for panel in board["panels"]]
        assert ids == list(range(1, len(ids) + 1)), name
        taken = [cell for panel in board["panels"] for cell in cells(panel["gridPos"])]
        assert len(taken) == len(set(taken)), name
        assert all(0 <= column < 24 for column, _ in taken), name


def cells(place: Mapping[str, int]) -> list[tuple[int, int]]:
    return [
        (column, row)
        for column in range(place["x"], place["x"] + place["w"])
        for row in range(place["y"], place["y"] + place["h"])
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_grafanas_own_model_reads_each_as_it_was_written(path: Path) -> None:
    register_default_plugins()
    for name, board in rendered(path).items():
        again = json.loads(JSONEncoder().encode(Dashboard.from_json(board)))
        assert without_defaults(again) == without_defaults(board), name


def without_defaults(board: dict[str, Any]) -> dict[str, Any]:
    """Return a board without what the model adds where nothing was said: how an empty kind of panel is drawn."""
    for panel in board["panels"]:
        custom = panel.get("fieldConfig", {}).get("defaults", {}).pop("custom", None)
        if custom and panel["type"] == "timeseries":
            panel["fieldConfig"]["defaults"]["custom"] = custom
    return board


def test_every_panel_says_what_it_is_of_and_in_which_unit() -> None:
    for board in rendered(ROOT / "perf/plimsoll.yaml").values():
        drawn = [panel for panel in board["panels"] if panel["type"] != "row"]
        assert all(panel["description"] and panel["fieldConfig"]["defaults"]["unit"] for panel in drawn)
        assert all(target["legendFormat"] for panel in drawn for target in panel["targets"])


def test_an_address_is_short_enough_for_grafana_and_of_one_board_alone() -> None:
    names = [f"board-{'x' * 60}-{number}" for number in range(3)]

    addresses = [uid_of("a service of ours", name) for name in names]

    assert len(set(addresses)) == 3
    assert max(map(len, addresses)) <= 40
    assert uid_of("shop", "api") == "shop-api"


def test_who_lacks_grafanas_builders_is_told_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plimsoll.budget.dashboards.grafana", None)

    with pytest.raises(InvalidInput, match=r"install plimsoll\[grafana\]"):
        list(dashboards(read_file(SHOP), {Kind.DASHBOARDS: Path()}))


@pytest.mark.parametrize(
    ("name", "remedy"), [("cost", "watch the source cost"), ("queue-workers", "watch the source queue or rabbitmq")]
)
def test_a_board_that_is_named_and_would_be_empty_is_refused(name: str, remedy: str) -> None:
    file = read_text(watching({"node": 'job="node"', "http": 'job="shop"'}, more=f"dashboards: [overview, {name}]"))

    with pytest.raises(InvalidInput, match=rf"dashboards\[1\]: .*\n? *{remedy}"):
        list(dashboards(file, {Kind.DASHBOARDS: Path()}))
