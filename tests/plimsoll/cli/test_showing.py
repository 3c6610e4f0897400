"""`compare`, `history`, `report` and `schema`: what they show of what was kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.cli.exit_codes import ExitCode
from plimsoll.compare.store import RunStore
from plimsoll.measure.run import Run

MakeRun = Callable[..., Run]


def test_two_runs_are_shown_with_ratio_interval_and_curves_and_what_is_not_known(typed: Any, run_file: Any) -> None:
    done = typed("compare", run_file("a.json", 10, 11, 12), run_file("b.json", 20, 22, 24))

    assert done.code == 0, done.err
    row = next(line for line in done.out.splitlines() if "http_req_latency p50" in line).split()
    assert [row[2], row[3], row[4]] == ["10.98", "21.95", "+100.0%"]  # within a bucket
    assert "requests alone" in done.out
    assert "One run each" in done.out
    assert "99.9%" in done.out
    assert all(mark in done.out for mark in ("o A", "x B"))


def test_figures_of_choice_are_shown_and_one_that_was_not_recorded_is_not_known(typed: Any, run_file: Any) -> None:
    options = ("--figure", "http_req_latency avg", "--figure", "http_req_latency{name:x} p99")

    done = typed("compare", run_file("a.json", 10), run_file("b.json", 15), *options)

    assert done.code == 0, done.err
    lines = {line.split("  ")[1]: line for line in done.out.splitlines() if "http_req_latency" in line}
    assert "+50.0%" in lines["http_req_latency avg"]
    assert "not known" in lines["http_req_latency{name:x} p99"]


def test_stored_runs_tell_the_noise(typed: Any, make_run: MakeRun, run_file: Any, tmp_path: Path) -> None:
    store = RunStore(tmp_path / "store")
    for number in range(-6, 0):
        store.add(make_run(10 + number % 2, after=timedelta(minutes=number)))

    done = typed("compare", run_file("a.json", 10), run_file("b.json", 20), "--store", tmp_path / "store")

    assert "6 stored runs" in done.out
    assert "One run each" not in done.out


@pytest.mark.parametrize(("said", "shown"), [((), "99.9 %"), (("99%",), "99 %"), (("0.9995",), "99.95 %")])
def test_what_was_burned_goes_by_the_objective(typed: Any, run_file: Any, said: tuple[str, ...], shown: str) -> None:
    options = [part for each in said for part in ("--objective", each)]

    done = typed("report", run_file("a.json", 10), *options)

    assert f"Of a month's error budget at {shown} this run" in " ".join(done.out.split())


@pytest.mark.parametrize("said", ["100%", "0", "most"])
def test_an_objective_that_leaves_no_budget_is_refused(typed: Any, run_file: Any, said: str) -> None:
    done = typed("report", run_file("a.json", 10), "--objective", said)

    assert done.code == ExitCode.INVALID_INPUT
    assert "no share that leaves a budget" in done.err


def test_history_shows_runs_and_the_commit_with_which_a_figure_moved(
    typed: Any, make_run: MakeRun, tmp_path: Path
) -> None:
    store = RunStore(tmp_path / "store")
    for number in range(20):
        store.add(make_run(10 if number < 10 else 14, after=timedelta(minutes=number), commit=f"c{number}"))

    done = typed("history", "--store", tmp_path / "store", "--figure", "http_req_latency p95")
    plain = typed("history", "--store", tmp_path / "store", "--figure", "http_req_latency p95", "--json")

    assert "moved by +40.0%, from 10 to 14, with c10" in done.out
    lines = [json.loads(line) for line in plain.out.splitlines()]
    assert len([each for each in lines if each["kind"] == "run"]) == 20
    assert [each["commit"] for each in lines if each["kind"] == "change"] == ["c10"]


def test_history_that_is_not_there_is_said(typed: Any, tmp_path: Path) -> None:
    assert typed("history", "--store", tmp_path / "none").code == ExitCode.INVALID_INPUT
    assert "No runs called x" in typed("history", "--store", tmp_path, "--name", "x").out


@pytest.mark.parametrize("words", [("report",), ("report", "run")])
def test_a_kept_run_is_reported_again(typed: Any, run_file: Any, tmp_path: Path, words: tuple[str, ...]) -> None:
    page = tmp_path / "run.html"

    done = typed(*words, run_file("run.json", 10), "--html", page)

    assert done.code == 0, done.err
    assert "http_req_latency" in done.out
    assert "<html" in page.read_text(encoding="utf-8")


def test_report_of_what_is_no_file_is_refused(typed: Any) -> None:
    assert typed("report", "nothing.json").code == ExitCode.INVALID_INPUT
    assert typed("report", "--help").code == 0


def test_the_schema_is_printed(typed: Any) -> None:
    printed = json.loads(typed("schema").out)

    assert printed["title"] == "Plimsoll budget file"
