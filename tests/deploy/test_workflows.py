"""The workflows of GitHub: valid, and every command in them is one that there is, with these options."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from natalis.testing.command_line import parsed
from natalis.testing.manifests import read_documents, understood
from plimsoll.budget.file.reading import read_file
from plimsoll.cli.app import plimsoll

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.yml"))
PERFORMANCE = ROOT / ".github" / "workflows" / "performance.yml"
_OPERATOR = re.compile(r"^(?:[|&;]+|\d?>+(?:&\d)?|<)$")


def judged(path: Path, schema: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.parent.name + "/" + path.name)
def test_it_is_as_github_has_it(path: Path) -> None:
    found = judged(path, "github-actions" if path in ACTIONS else "github-workflows")

    assert found.returncode == 0, found.stdout


def test_a_wrong_word_would_have_been_found(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(PERFORMANCE.read_text(encoding="utf-8").replace("timeout-minutes", "timeout-hours"))

    assert judged(wrong, "github-workflows").returncode != 0


def scripts(path: Path) -> Iterator[str]:
    """Yield every `run` of a file, with what GitHub puts in replaced by a word."""
    (document,) = read_documents(path)
    jobs = document["jobs"].values() if "jobs" in document else [document["runs"]]
    for step in (step for job in jobs for step in job["steps"]):
        if "run" in step:
            yield re.sub(r"\$\{\{.*?\}\}", "word", step["run"]).replace("\\\n", " ")


def commands(script: str) -> Iterator[list[str]]:
    """Yield the commands of a script in words, those within quotes too."""
    for line in script.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
        lexer.whitespace_split = True
        command: list[str] = []
        for word in [*lexer, ";"]:
            if _OPERATOR.match(word):
                yield command
                command = []
            else:
                command.append(word)
                if " " in word:
                    yield from commands(word)


def of_program(name: str, paths: Sequence[Path]) -> list[list[str]]:
    """Return the arguments of each call of a program."""
    found = [command for path in paths for script in scripts(path) for command in commands(script)]
    programs = [(command, [Path(word).name for word in command]) for command in found]
    return [command[names.index(name) + 1 :] for command, names in programs if name in names]


def test_every_command_of_plimsoll_is_one_that_there_is() -> None:
    calls = of_program("plimsoll", [*WORKFLOWS, *ACTIONS])

    assert len(calls) >= 8
    for arguments in calls:
        parsed(plimsoll, "plimsoll", arguments)


def test_every_scenario_that_is_named_is_in_the_budget_file() -> None:
    known = set(read_file(ROOT / "perf" / "plimsoll.yaml").scenarios)
    named = {parsed(plimsoll, "plimsoll", each).get("scenario") for each in of_program("plimsoll", WORKFLOWS)} - {
        None,
        "$SCENARIO",
    }

    assert named == {"smoke", "mixed", "nine-oclock"}
    assert named | {"load", "stress"} <= known


def test_every_command_of_natalis_is_one_that_there_is() -> None:
    calls = of_program("natalis", [*WORKFLOWS, *ACTIONS])

    assert {each[0] for each in calls} == {"mock-provider", "up"}
    assert len(calls) >= 4
    for arguments in calls:
        understood(arguments)


def test_every_target_of_make_is_one_that_there_is() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    called = {arguments[-1] for arguments in of_program("make", [*WORKFLOWS, *ACTIONS])}

    assert called
    assert called <= targets


def test_each_kind_of_test_has_its_time_and_what_comes_of_it_is_kept_for_thirty_days() -> None:
    (document,) = read_documents(PERFORMANCE)
    events: Any = document.get(True)  # type: ignore[call-overload]  # `on` is a truth in YAML 1.1
    crons = [each["cron"] for each in events["schedule"]]
    jobs = document["jobs"]

    assert set(jobs) == {"smoke", "pairs", "baseline", "load", "production"}
    assert [cron for cron in crons if not any(f"'{cron}'" in job["if"] for job in jobs.values())] == []
    for job in jobs.values():
        (kept,) = (step for step in job["steps"] if step.get("uses", "").startswith("actions/upload-artifact"))
        assert kept["with"]["retention-days"] == 30
    assert jobs["production"]["environment"] == "production"
    assert {name for name, job in jobs.items() if "pull_request" in job["if"]} == {"smoke", "pairs"}
