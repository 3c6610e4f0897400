"""One number in a budget file: everything that is made of it changes, and changes together."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plimsoll.cli.exit_codes import ExitCode

NATALIS = Path(__file__).parents[3] / "perf/plimsoll.yaml"
LATENCY = "    target: 500 ms\n    threshold: 1 s\n"
LOOSER = "    target: 500 ms\n    threshold: 2 s\n"
Lines = Counter[str]
Changed = dict[str, tuple[Lines, Lines]]
"""Lines that only the old, and only the new artefact has, by path; of artefacts that changed."""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Natalis' budgets as they are, and with one number changed."""
    text = NATALIS.read_text(encoding="utf-8")
    assert text.count(LATENCY) == 1
    shutil.copytree(NATALIS.parent / "flows", tmp_path / "flows")
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(text, encoding="utf-8")
    new.write_text(text.replace(LATENCY, LOOSER), encoding="utf-8")
    return old, new


@pytest.fixture
def changed(typed: Any, files: tuple[Path, Path], tmp_path: Path) -> Changed:
    def rendered(path: Path) -> dict[str, Lines]:
        folder = tmp_path / path.stem
        assert typed("render", path, "--out", folder).code == ExitCode.PASS
        made = [each for each in folder.rglob("*") if each.is_file()]
        return {
            each.relative_to(folder).as_posix(): Counter(each.read_text(encoding="utf-8").splitlines()) for each in made
        }

    old, new = map(rendered, files)
    assert old.keys() == new.keys()
    return {path: (old[path] - new[path], new[path] - old[path]) for path in old if old[path] != new[path]}


def has(lines: Lines, said: str) -> bool:
    return any(said in line for line in lines)


def test_it_changes_everything_that_is_made_of_it_and_nothing_else(changed: Changed) -> None:
    assert changed.keys() == {
        "rules.yaml",
        "rules.test.yaml",
        "dashboards/api.json",
        "dashboards/budgets.json",
        "dashboards/overview.json",
        "dashboards/user-experience.json",
        "openslo.yaml",
        "plan.json",
        "budgets.md",
        "runbooks/alerts/HighLatency.md",
        "runbooks/alerts/ErrorBudgetBurn.md",
    }


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("rules.yaml", 'budget="latency"} > 1', 'budget="latency"} > 2'),
        ("rules.yaml", r'le=~"1\\.0|1"', r'le=~"2\\.0|2"'),
        ("rules.test.yaml", "above 1 s", "above 2 s"),
        ("plan.json", '"p(95)<1000"', '"p(95)<2000"'),
        ("openslo.yaml", r'le=~"1\\.0|1"', r'le=~"2\\.0|2"'),
        ("budgets.md", "1 s", "2 s"),
        ("runbooks/alerts/HighLatency.md", "1 s", "2 s"),
        ("dashboards/api.json", '"value": 1.0', '"value": 2.0'),
    ],
)
def test_what_it_was_is_what_it_is(changed: Changed, path: str, old: str, new: str) -> None:
    gone, come = changed[path]

    assert (has(gone, old), has(come, new)) == (True, True)


def test_it_moves_the_line_at_which_the_gate_closes(
    typed: Any, run_file: Callable[..., Path], files: tuple[Path, Path]
) -> None:
    run = run_file("run.json", 1500)

    codes = [typed("gate", "--run", run, "--budget", file, "--scenario", "smoke").code for file in files]

    assert codes == [ExitCode.FAIL, ExitCode.PASS]
