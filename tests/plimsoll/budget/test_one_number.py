"""One number is changed in the budget file, and everything that goes by it changes with it - and nothing else."""

from __future__ import annotations

import difflib
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from plimsoll.budget.file.outputs import Kind, Places, places_in
from plimsoll.budget.file.reading import read_file
from plimsoll.budget.rendering import STEPS, render
from plimsoll.cli.app import run
from plimsoll.cli.budgeted import thresholds_in
from plimsoll.cli.exit_codes import ExitCode

SHIPPED = Path(__file__).parents[3] / "perf/plimsoll.yaml"
BEFORE = "    threshold: 1 s\n    window: 30d\n    alert:\n      name: HighLatency\n"
AFTER = BEFORE.replace("1 s", "2 s")
SAID = {
    Kind.RULES: (
        "requests take longer than 2 s",
        'plimsoll:value{service="natalis",budget="latency"} > 2',
        'le=~"2\\\\.0|2"',
    ),
    Kind.TESTS: ("above 2 s", "requests take longer than 2 s"),
    Kind.DASHBOARDS: ('"value": 2',),
    Kind.OPENSLO: ('le=~"2',),
    Kind.K6: ('"p(95)<2000"',),
    Kind.TABLE: ("≤ 2 s",),
    Kind.RUNBOOKS: ("latency p95 is above 2 s", "Bad is what takes longer than 2 s.", "requests take longer than 2 s"),
}
"""What stands in the lines that are new, by what was rendered."""
SENTENCE = re.compile(r"More than .{,20} of requests fail")


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """Return the shipped file with another bound on latency."""
    text = SHIPPED.read_text(encoding="utf-8")
    assert text.count(BEFORE) == 1
    path = tmp_path / "plimsoll.yaml"
    path.write_text(text.replace(BEFORE, AFTER), encoding="utf-8")
    shutil.copytree(SHIPPED.parent / "flows", tmp_path / "flows")
    return path


def texts(path: Path, kind: Kind, places: Places) -> Mapping[Path, str]:
    return {each.path: each.text for each in render(read_file(path), places, [kind]).artefacts}


def new_lines(path: Path, kind: Kind) -> list[str]:
    """Return the lines that a kind has after the change and had not before."""
    places = places_in(Path())
    before, after = texts(SHIPPED, kind, places), texts(path, kind, places)
    assert before.keys() == after.keys()
    found = (
        difflib.ndiff(before[each].splitlines(), after[each].splitlines())
        for each in after
        if before[each] != after[each]
    )
    return [line[2:] for lines in found for line in lines if line.startswith("+ ")]


@pytest.mark.parametrize("kind", [step.kind for step in STEPS if step.kind is not Kind.ALERTMANAGER], ids=str)
def test_everything_that_is_rendered_has_the_new_number(changed: Path, kind: Kind) -> None:
    lines = new_lines(changed, kind)

    assert [words for words in SAID[kind] if not any(words in line for line in lines)] == [], lines


@pytest.mark.parametrize("kind", [Kind.RULES, Kind.TESTS, Kind.RUNBOOKS], ids=str)
def test_what_people_are_told_has_the_new_number_and_the_old_one_nowhere(tmp_path: Path, kind: Kind) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    before = "    threshold: 1 %\n    alert:\n      name: HighErrorRate\n"
    assert text.count(before) == 1
    path = tmp_path / "plimsoll.yaml"
    path.write_text(text.replace(before, before.replace("1 %", "3 %")), encoding="utf-8")

    made = texts(path, kind, places_in(Path())).values()
    said = [sentence for each in made for sentence in SENTENCE.findall(" ".join(each.split()))]

    assert set(said) == {"More than 3 % of requests fail"}


def test_who_is_told_stays_as_it_is(changed: Path) -> None:
    assert new_lines(changed, Kind.ALERTMANAGER) == []


def test_the_gate_judges_by_the_new_number(changed: Path) -> None:
    def bound(path: Path) -> list[str]:
        return [each.words for each in thresholds_in(path, "smoke") if each.words.startswith("p(95)")]

    assert (bound(SHIPPED), bound(changed)) == (["p(95)<1000"], ["p(95)<2000"])


def test_what_was_rendered_before_is_said_to_have_drifted(
    changed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["render", str(SHIPPED), "--out", str(tmp_path / "out")]) == ExitCode.PASS

    code = run(["render", str(changed), "--out", str(tmp_path / "out"), "--check"])

    assert code == ExitCode.DRIFTED
    said = capsys.readouterr().err.splitlines()
    drifted = {line.split(" is not ")[0].rpartition("/")[2] for line in said if " is not what" in line}
    assert {"rules.yaml", "rules.test.yaml", "plan.json", "budgets.md", "HighLatency.md"} <= drifted
    assert "alertmanager.yaml" not in drifted
