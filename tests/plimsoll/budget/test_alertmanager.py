"""Alertmanager's configuration: accepted by amtool, and every alert reaches its receiver."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from natalis.testing.servers import programs
from plimsoll.budget.alertmanager import alertmanager, configuration, routes_test
from plimsoll.budget.file.outputs import Artefact, Kind
from plimsoll.budget.file.reading import read_file, read_text
from plimsoll.errors import InvalidInput

ROOT = Path(__file__).parents[3]
SHOP = Path(__file__).parent / "golden/shop/plimsoll.yaml"
FILES = [SHOP, ROOT / "perf/plimsoll.yaml", *ROOT.glob("examples/*/plimsoll.yaml")]


def plain(routing: str) -> Any:
    return yaml.safe_load(configuration(read_text(f"service: {{name: shop}}\nrouting: {routing}")))


def written(artefacts: list[Artefact]) -> Path:
    for each in artefacts:
        each.path.write_text(each.text, encoding="utf-8")
    return artefacts[-1].path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_alert_reaches_its_receiver_by_amtool(path: Path, tmp_path: Path) -> None:
    programs.find("amtool")
    script = written(list(alertmanager(read_file(path), {Kind.ALERTMANAGER: tmp_path / "alertmanager.yaml"})))

    done = subprocess.run(["sh", script], check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert done.stdout == "every alert reaches its receiver\n"


def test_the_test_of_routes_notices_a_route_that_was_lost(tmp_path: Path) -> None:
    file = read_file(SHOP)
    lost = configuration(file).replace(
        'severity="critical"\n    receiver: critical', 'team="x"\n    receiver: critical'
    )
    (tmp_path / "a.yaml").write_text(lost, encoding="utf-8")
    (tmp_path / "a.test.sh").write_text(routes_test(file, "a.yaml"), encoding="utf-8")

    done = subprocess.run(["sh", tmp_path / "a.test.sh"], check=False, capture_output=True, text=True)

    assert done.returncode == 1
    assert "not critical: alertname=PayingFails" in done.stderr


def test_without_a_word_critical_goes_to_pagerduty_and_slack_and_warning_to_slack() -> None:
    found = {each["name"]: each for each in plain("{}")["receivers"]}

    assert set(found["critical"]) == {"name", "pagerduty_configs", "slack_configs"}
    assert set(found["warning"]) == {"name", "slack_configs"}
    assert found["critical"]["slack_configs"][0]["channel"] != found["warning"]["slack_configs"][0]["channel"]


def test_alerts_are_grouped_and_repeated_as_is_usual_unless_the_file_says_otherwise() -> None:
    usual, own = plain("{}")["route"], plain("{group_by: [service], wait: 1s, interval: 2m, repeat: 1d}")["route"]

    keys = ("group_by", "group_wait", "group_interval", "repeat_interval")
    assert [usual[key] for key in keys] == [["alertname", "cluster", "service"], "10s", "10s", "12h"]
    assert [own[key] for key in keys] == [["service"], "1s", "2m", "1d"]


def test_a_severity_that_nobody_knows_is_told_of_too() -> None:
    assert plain("{}")["route"]["receiver"] == "warning"


@pytest.mark.parametrize(
    ("routing", "said"),
    [
        ("{critical: {}}", "it tells nobody"),
        ("{wait: 5 %}", "is not a time"),
        ("{warning: {slack: {channel: a, url: https://hooks.example/secret}}}", "there is no such key"),
        ("{warning: {webhook: {url: 'http://me:word@host/'}}}", "it holds a password"),
    ],
)
def test_what_tells_nobody_or_holds_a_secret_is_refused(routing: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        plain(routing)
