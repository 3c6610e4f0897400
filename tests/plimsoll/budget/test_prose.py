"""What is said of an alert says the figures of the file: named in braces, never repeated."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from plimsoll.budget.beginnings import Seen, budget_file
from plimsoll.budget.file.model import Alert
from plimsoll.budget.file.outputs import Kind, places_in
from plimsoll.budget.file.reading import read_file, read_text
from plimsoll.budget.rendering import render
from plimsoll.errors import InvalidInput

ROOT = Path(__file__).parents[3]
SHIPPED = [ROOT / "perf/plimsoll.yaml", *ROOT.glob("examples/*/plimsoll.yaml")]
REPEATED = re.compile(r"\d|\b(half|a second|a minute|twenty|hundred|thousand)\b")
FILE = """
service: {name: shop}
watch: {sources: {http: 'job="shop"', node: 'job="node"'}}
budgets:
  - name: latency
    indicator: latency p95
    target: 300 ms
    threshold: 500 ms
    window: 30d
    alert:
      name: HighLatency
      for: 5m
      means: MEANS
      steps: [Look., STEP]
  - name: errors
    indicator: errors
    target: 0.10 %
    alert: {name: HighErrorRate, for: 2m, means: "{threshold}, {target}, {objective}, {allowed}, {for}"}
  - name: cpu
    indicator: cpu
    target: 80 %
    action: alert
    alert: {name: Busy, for: 10m, means: CPU}
"""


def written(means: str = "Slow.", step: str = "Look.", cpu: str = "Busy.") -> str:
    text = FILE.replace("MEANS", repr(means), 1).replace("STEP", repr(step), 1)
    return text.replace("means: CPU", f"means: {cpu!r}", 1)


def alert_of(text: str, number: int = 0) -> Alert:
    alert = read_text(text).budgets[number].alert
    assert alert is not None
    return alert


def refused(text: str) -> str:
    with pytest.raises(InvalidInput) as raised:
        read_text(text, "x.yaml")
    return str(raised.value)


def test_a_figure_is_said_as_the_file_has_it() -> None:
    said = "{allowed} take longer than {threshold} for {for}; {target} by {objective} in {window}."

    assert alert_of(written(said)).means == "5 % take longer than 500 ms for 5m; 300 ms by 95 % in 30d."


def test_the_target_is_the_threshold_where_there_is_no_other() -> None:
    assert alert_of(written(), 1).means == "0.10 %, 0.10 %, 99.9 %, 0.1 %, 2m"


def test_steps_name_figures_too() -> None:
    assert alert_of(written(step="Find what takes over {threshold}.")).steps == (
        "Look.",
        "Find what takes over 500 ms.",
    )


@pytest.mark.parametrize("text", ['up{job="shop"} == 0', "{{ $value }} {{.Name}}", "awk {print $1}", "{}", "a{1,2}"])
def test_other_braces_stay_as_they_are(text: str) -> None:
    assert alert_of(written(step=text)).steps[1] == text


def test_a_name_in_two_braces_is_shown_in_one() -> None:
    assert alert_of(written("/user/{{user_id}} {{threshold}}")).means == "/user/{user_id} {threshold}"


def test_an_unknown_figure_is_refused_with_its_place_and_the_known_ones() -> None:
    known = "{target}, {threshold}, {for}, {window}, {objective}, {allowed}"

    assert refused(written("Over {treshold}.")) == (
        "x.yaml:13:14: budgets[0].alert.means: there is no figure {treshold};"
        f" known are {known}; {{{{treshold}}}} is shown as {{treshold}}"
    )
    assert refused(written(step="Ask /user/{id}")).startswith("x.yaml:14:22: budgets[0].alert.steps[1]: there is no")


@pytest.mark.parametrize("name", ["objective", "allowed"])
def test_what_counts_no_events_has_no_share_of_them(name: str) -> None:
    assert refused(written(cpu=f"Over {{{name}}}.")) == (
        f"x.yaml:23:42: budgets[2].alert.means: cpu counts no events, so there is no {{{name}}};"
        " say it by {target} or {threshold}"
    )


def test_without_a_window_none_can_be_named() -> None:
    assert refused(written(cpu="In {window}.")) == (
        "x.yaml:23:42: budgets[2].alert.means: the budget has no {window}; give it one, or say it without"
    )


def test_whoever_is_told_reads_the_figure(tmp_path: Path) -> None:
    file = read_text(written("{allowed} take longer than {threshold}."))
    made = render(file, places_in(tmp_path), [Kind.RULES, Kind.TESTS, Kind.RUNBOOKS]).artefacts
    told = {each.path.name for each in made if "5 % take longer than 500 ms." in each.text}

    assert told == {"rules.yaml", "rules.test.yaml", "HighLatency.md", "ErrorBudgetBurn.md"}


def prose_in(text: str) -> list[str]:
    alerts = [each.get("alert", {}) for each in yaml.safe_load(text)["budgets"]]
    return [said for alert in alerts for said in (alert.get("means", ""), *alert.get("steps", ()))]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_no_prose_of_a_shipped_file_repeats_a_figure(path: Path) -> None:
    prose = prose_in(path.read_text(encoding="utf-8"))

    assert [said for said in prose if REPEATED.search(said)] == []
    assert [said for said in prose if "{threshold}" in said]
    assert read_file(path).budgets


def test_no_prose_of_a_first_file_repeats_a_figure() -> None:
    text = budget_file("shop", "http://127.0.0.1:8000", Seen("shop", "plimsoll", ()))
    prose = prose_in(text)

    assert [said for said in prose if REPEATED.search(said)] == []
    assert alert_of(text.replace("threshold: 1 %", "threshold: 3 %"), 1).means == "More than 3 % of requests fail."
