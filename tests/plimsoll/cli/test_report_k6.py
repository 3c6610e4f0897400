"""`plimsoll report k6`: what k6 measured, reported, and judged by the exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from plimsoll.cli.report_k6 import command
from plimsoll.errors import InvalidInput


def summary(folder: Path, *, crossed: bool) -> Path:
    times = {"avg": 180, "min": 20, "med": 84, "max": 3000, "p(90)": 466, "p(95)": 693}
    plain: dict[str, Any] = {
        "root_group": {"name": "", "path": "", "id": "0", "groups": {}, "checks": {}},
        "metrics": {
            "http_req_duration": times | {"thresholds": {"p(95)<500": crossed}},
            "http_reqs": {"count": 200, "rate": 20},
        },
    }
    path = folder / "summary.json"
    path.write_text(json.dumps(plain), encoding="utf-8")
    return path


def ended(*arguments: str, text: str | None = None) -> tuple[int, str]:
    done = CliRunner().invoke(command, arguments, input=text, standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    code = done.return_value
    assert isinstance(code, int)
    return code, done.output


@pytest.mark.parametrize(("crossed", "code", "word"), [(False, 0, "PASS"), (True, 99, "FAIL")])
def test_it_ends_as_k6_s_thresholds_did(tmp_path: Path, crossed: bool, code: int, word: str) -> None:
    found, said = ended(str(summary(tmp_path, crossed=crossed)))

    assert found == code
    assert said.rstrip().splitlines()[-1].startswith(f"  {word}  ")


def test_a_further_threshold_is_judged_by_the_summary_s_figures(tmp_path: Path) -> None:
    path = str(summary(tmp_path, crossed=False))

    assert ended(path, "--threshold", "http_req_duration:med<100")[0] == 0
    assert ended(path, "--threshold", "http_req_duration:med<50")[0] == 99


def test_reports_are_written(tmp_path: Path) -> None:
    files = {form: tmp_path / f"report.{form}" for form in ("html", "junit", "markdown", "summary")}
    options = [word for form, path in files.items() for word in (f"--{form}", str(path))]
    ended(str(summary(tmp_path, crossed=True)), *options)

    assert all(path.stat().st_size for path in files.values())
    assert ended(str(files["summary"]))[0] == 99


def test_a_summary_is_read_from_standard_input(tmp_path: Path) -> None:
    text = summary(tmp_path, crossed=True).read_text(encoding="utf-8")

    assert ended("-", text=text)[0] == 99


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nothing.json"], "it cannot be read"),
        ([__file__], "it is no summary of k6"),
        (["-", "--objective", "1"], "no share that leaves a budget"),
        (["-", "--threshold", "http_reqs:p(95)<5"], r"http_reqs is a counter and has no p\(95\)"),
        (["-", "--threshold", "http_reqs"], "is no threshold"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        ended(*arguments, text="{}")
