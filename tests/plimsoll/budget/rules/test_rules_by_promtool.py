"""Rules by Prometheus' own promtool: every alert fires when it should and is silent when it should be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from plimsoll.budget.alerts import BURN, alerts_of
from plimsoll.budget.file.outputs import Kind
from plimsoll.budget.file.reading import read_file, read_text
from plimsoll.budget.rules.artefacts import rules_file, trials_file
from plimsoll.budget.rules.rendered import rules
from plimsoll.budget.rules.tested import trials, trials_of
from plimsoll.errors import InvalidInput

ROOT = Path(__file__).parents[4]
EVERY = ROOT / "tests/plimsoll/budget/golden/every/plimsoll.yaml"
FILES = [EVERY, ROOT / "perf/plimsoll.yaml", *sorted(ROOT.glob("examples/*/plimsoll.yaml"))]
SMALL = """\
service: {name: small, runbooks: https://small.example}
watch: {sources: {http: job="small"}}
budgets:
  - {name: latency, indicator: latency p95, target: 300 ms, window: 30d, alert: {name: Slow, for: 5m}}
  - {name: errors, indicator: errors, target: 1 %, alert: {name: Failing, for: 2m}}
"""

Promtool = Callable[[str, str], str | None]


def rendered(path: Path) -> tuple[str, str]:
    file = read_file(path)
    return rules(file), trials(file, "rules.yaml")


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_rule_does_what_its_test_says(path: Path, promtool: Promtool) -> None:
    assert promtool(*rendered(path)) is None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_alert_is_tried(path: Path) -> None:
    file = read_file(path)

    fired = {
        (check.alert, firing.labels["budget"])
        for trial in trials_of(file)
        for check in trial.checks
        for firing in check.firing
    }
    silent = {check.alert for trial in trials_of(file) for check in trial.checks if not check.firing}

    assert fired == {(each.name, each.promise.budget.name) for each in alerts_of(file)}
    assert silent == {each.name for each in alerts_of(file)}


def test_each_pair_of_windows_is_tried_a_little_faster_and_a_little_slower() -> None:
    paces = [trial for trial in trials_of(read_text(SMALL)) if trial.name.startswith(f"{BURN} of latency: knows")]

    woken = [[firing.labels["severity"] for check in trial.checks for firing in check.firing] for trial in paces]

    all_, few = ["critical", "warning"], ["warning"]
    assert woken == [all_, all_, all_, few, few, few, few, []]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param('budget="latency"} > 0.3', 'budget="latency"} > 3', id="another bound"),
        pytest.param('budget="errors"} > 0.01', 'budget="errors"} < 0.01', id="the other side"),
        pytest.param("\n          - (", "\n          * (", id="bad events miscounted"),
        pytest.param("for: 5m", "for: 4m", id="told too early"),
        pytest.param("for: 5m", "for: 10m", id="told too late"),
        pytest.param("severity: critical", "severity: warning", id="another severity"),
        pytest.param('latency"} >= 0.0166666666667', 'latency"} >= 0', id="no guard against little traffic"),
        pytest.param("[1h]) >= 0.0166666666667", "[1h]) >= 0", id="no such guard of the burn"),
        pytest.param("/ 0.05 > 14.4", "/ 0.05 > 20", id="a steeper burn"),
        pytest.param("/ 0.05 > 6", "/ 0.05 > 8", id="a steeper second burn"),
        pytest.param("plimsoll:bad_share:5m{service", "plimsoll:bad_share:1h{service", id="no short window"),
        pytest.param("humanizeDuration", "humanize", id="another text"),
        pytest.param("small.example", "large.example", id="another page"),
        pytest.param("> 0)", ">= 0)", id="a share of nothing"),
    ],
)
def test_a_rule_that_is_wrong_is_found_out_by_its_test(right: str, wrong: str, promtool: Promtool) -> None:
    file = read_text(SMALL)
    found = rules(file)
    assert right in found

    assert promtool(found.replace(right, wrong), trials(file, "rules.yaml")) is not None


def test_rules_are_right_whatever_the_words_in_the_file(promtool: Promtool) -> None:
    odd = """service: {name: 'o"d\\\\d: {{ shop }}'}
watch: {sources: {http: 'job="o\\"dd"'}}
budgets:
  - {name: 'late "} or vector(1) #', indicator: errors, target: 1 %, window: 30d,
     alert: {name: Failing, for: 2m, means: "It says \\"no\\": {{ $value }} of 5 %, or `so`."}}
"""
    file = read_text(odd)

    assert promtool(rules(file), trials(file, "rules.yaml")) is None


def test_tests_say_where_the_rules_are() -> None:
    places = {Kind.RULES: Path("prometheus/rules/a.yaml"), Kind.TESTS: Path("prometheus/tests/a.test.yaml")}

    (made,) = trials_file(read_text(SMALL), places)

    assert "- ../rules/a.yaml\n" in made.text


def test_tests_without_a_place_for_rules_are_refused() -> None:
    with pytest.raises(InvalidInput, match="none for the rules"):
        list(trials_file(read_text(SMALL), {Kind.TESTS: Path("a.test.yaml")}))


@pytest.mark.parametrize("kind", [Kind.RULES, Kind.TESTS])
def test_what_is_rendered_is_what_was_looked_at_and_found_good(kind: Kind) -> None:
    folder = EVERY.parent
    places = {Kind.RULES: folder / "rules.yaml", Kind.TESTS: folder / "rules.test.yaml"}

    (made,) = {Kind.RULES: rules_file, Kind.TESTS: trials_file}[kind](read_file(EVERY), places)

    assert made.text == made.path.read_text(encoding="utf-8")
