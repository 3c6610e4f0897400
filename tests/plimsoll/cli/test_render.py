"""`plimsoll render`: writes what changed, removes what it had written and no longer does, and finds what drifted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plimsoll.budget.file.outputs import Artefact, Kind
from plimsoll.budget.rendering import Rendered
from plimsoll.cli.exit_codes import ExitCode
from plimsoll.cli.rendering import checked, written

MARK = "rendered for the shop"
FILE = """
service: {name: shop}
scenarios:
  visit: {flow: visit.py, load: {visit: {executor: constant-vus, vus: 5, duration: 1m}}}
render: {k6: load/plan.json}
"""


@pytest.fixture
def budget_file(tmp_path: Path) -> Path:
    path = tmp_path / "plimsoll.yaml"
    path.write_text(FILE, encoding="utf-8")
    (tmp_path / "visit.py").touch()
    return path


def made(folder: Path, **texts: str) -> Rendered:
    artefacts = tuple(Artefact(folder / name, f"{MARK}\n{text}") for name, text in texts.items())
    return Rendered(artefacts, (folder,), MARK)


def test_files_go_where_the_file_says(typed: Any, budget_file: Path) -> None:
    done = typed("render", budget_file)

    assert done.code == 0, done.err
    assert f"written {budget_file.parent / 'load/plan.json'}" in done.out


def test_files_go_into_one_folder_when_asked_to(typed: Any, budget_file: Path, tmp_path: Path) -> None:
    assert typed("render", budget_file, "k6", "--out", tmp_path / "there").code == 0

    assert (tmp_path / "there/plan.json").is_file()
    assert not (tmp_path / "load").exists()


def test_without_a_place_for_anything_all_goes_into_a_folder_beside_the_file(
    typed: Any, budget_file: Path, tmp_path: Path
) -> None:
    path = budget_file
    path.write_text(FILE.replace("render: {k6: load/plan.json}", ""), encoding="utf-8")

    assert typed("render", path).code == 0
    assert (tmp_path / "rendered/plan.json").is_file()


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("flow: visit.py", "flow: nope.py", "4:17: scenarios.visit.flow: there is no file"),
        ("constant-vus", "constant-arival-rate", "4:52: scenarios.visit.load.visit.executor: there is no executor"),
        ("duration: 1m", "duration: long", "4:84: scenarios.visit.load.visit.duration: "),
    ],
)
def test_a_scenario_that_cannot_run_is_refused_as_load_run_refuses_it(
    typed: Any, budget_file: Path, right: str, wrong: str, said: str
) -> None:
    budget_file.write_text(FILE.replace(right, wrong), encoding="utf-8")

    rendered = typed("render", budget_file)
    ran = typed("load", "run", "--budget", budget_file, "--url", "http://127.0.0.1:9")

    assert (rendered.code, ran.code) == (ExitCode.INVALID_INPUT, ExitCode.INVALID_INPUT)
    assert rendered.err == ran.err
    assert f"{budget_file}:{said}" in rendered.err
    assert not (budget_file.parent / "load").exists()


def test_rules_are_rendered_where_the_flows_are_not(typed: Any, budget_file: Path, tmp_path: Path) -> None:
    (tmp_path / "visit.py").unlink()

    assert typed("render", budget_file, "rules", "--out", tmp_path / "there").code == ExitCode.PASS


def test_what_has_no_place_cannot_be_asked_for(typed: Any, budget_file: Path) -> None:
    done = typed("render", budget_file, "rules")

    assert done.code == ExitCode.INVALID_INPUT
    assert "does not say where rules goes" in done.err
    assert "rules: PATH under render" in done.err


@pytest.mark.parametrize(
    ("render", "said"),
    [("{}", "nothing is rendered"), ("{rules: a.yaml, tests: ./a.yaml}", "rules and tests go to the same place")],
)
def test_a_section_that_says_nothing_or_too_much_is_refused(
    typed: Any, budget_file: Path, render: str, said: str
) -> None:
    budget_file.write_text(FILE.replace("{k6: load/plan.json}", render), encoding="utf-8")

    done = typed("render", budget_file)

    assert done.code == ExitCode.INVALID_INPUT
    assert said in done.err


def test_drift_is_found_and_shown_and_mended(typed: Any, budget_file: Path) -> None:
    assert typed("render", budget_file, "--check").code == ExitCode.DRIFTED
    assert typed("render", budget_file).code == 0
    assert typed("render", budget_file, "--check").code == 0
    plan = budget_file.parent / "load/plan.json"
    plan.write_text(plan.read_text(encoding="utf-8").replace('"vus": 5', '"vus": 6'), encoding="utf-8")

    done = typed("render", budget_file, "--check")

    assert done.code == ExitCode.DRIFTED
    assert '-        "vus": 6' in done.err
    assert '+        "vus": 5' in done.err
    assert typed("render", budget_file).code == 0
    assert typed("render", budget_file, "--check").code == 0


def test_what_is_as_it_should_be_is_not_touched(typed: Any, budget_file: Path) -> None:
    typed("render", budget_file)
    plan = budget_file.parent / "load/plan.json"
    before = plan.stat().st_mtime_ns

    done = typed("render", budget_file)

    assert plan.stat().st_mtime_ns == before
    assert done.out == "unchanged: 1 file\n"


def test_what_is_not_rendered_any_more_is_removed_and_what_people_wrote_stays(tmp_path: Path) -> None:
    written(made(tmp_path, Old="a", Kept="b"))
    (tmp_path / "mine.md").write_text("by hand", encoding="utf-8")
    (tmp_path / "picture").write_bytes(b"\xff\xd8")
    after = made(tmp_path, Kept="b")

    assert checked(after) == ExitCode.DRIFTED
    written(after)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["Kept", "mine.md", "picture"]
    assert checked(after) == ExitCode.PASS


def test_what_another_service_rendered_into_the_same_folder_stays(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("rendered for the bank\n", encoding="utf-8")

    written(made(tmp_path, Ours="a"))

    assert (tmp_path / "theirs").is_file()


def test_a_place_that_cannot_be_written_is_said(typed: Any, budget_file: Path) -> None:
    (budget_file.parent / "load").write_text("in the way", encoding="utf-8")

    done = typed("render", budget_file)

    assert done.code == ExitCode.INVALID_INPUT
    assert "plan.json cannot be written" in done.err


def test_every_kind_is_a_key_of_the_render_section_and_has_a_default_place() -> None:
    from plimsoll.budget.file.outputs import DEFAULTS, Render  # noqa: PLC0415 - for this rule alone

    assert set(DEFAULTS) == set(Kind) == set(Render.__struct_fields__)
