"""The report has medians over the rounds that count, ratios within each round, and everything it was made from."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from perf.figures import Figure
from perf.limits.client import CALLS
from perf.limits.parts import medians
from perf.limits.queue import PUBLISHED
from perf.peers import report
from perf.peers.contenders import CONTENDERS
from perf.peers.harness import Ending, Result
from perf.peers.report import Report
from perf.targets import at_least
from rich.console import Console

NATALIS, CELERY = (next(each for each in CONTENDERS if each.name == name) for name in ("natalis", "celery"))
PROMISED = {
    "perSecond",
    "cpu.contender",
    "cpu.postgresql",
    "cpu.rabbitmq",
    "memory.total",
    "memory.largest",
    "wal",
    "walAhead",
    "lateness.p50",
    "lateness.p99",
    "lateness.max",
}


def figures(per_second: float) -> Mapping[str, float]:
    return {**dict.fromkeys(PROMISED, 1.0), "seconds": 1.0, "messages": 10.0, "perSecond": per_second}


def ran(name: str, turn: int, per_second: float, *faults: str, ending: Ending = Ending.FINISHED) -> Result:
    return Result(name, turn, str(ending), faults, figures(per_second))


def session(*results: Result, rounds: int = 3) -> Report:
    limits = (Figure("HTTP client", 9000, "/s"),)
    return Report(10, rounds, (NATALIS, CELERY), results, {"celery": {"pool": "threads"}}, limits)


def test_a_ratio_compares_runs_of_the_same_round() -> None:
    found = session(
        *(ran("natalis", 1, 100), ran("celery", 1, 50)),
        *(ran("natalis", 2, 300), ran("celery", 2, 100)),
        *(ran("natalis", 3, 100), ran("celery", 3, 10)),
    )

    assert found.ratios("celery") == [2, 3, 10]


def test_a_run_with_a_fault_counts_neither_in_medians_nor_in_ratios() -> None:
    found = session(
        *(ran("natalis", 1, 100), ran("celery", 1, 50)),
        *(ran("natalis", 2, 100), ran("celery", 2, 9999, "9 of 10 are marked sent")),
    )

    assert found.medians("celery")["perSecond"] == 50
    assert found.ratios("celery") == [2]


def test_a_contender_that_never_ran_well_has_no_figures_and_its_fault_is_told() -> None:
    found = session(ran("natalis", 1, 100), Result("celery", 1, faults=("did not run: no broker",)))

    told = text(found)

    assert found.medians("celery") == {}
    assert "celery, round 1: did not run: no broker" in told


def test_a_run_that_was_stopped_counts_and_is_told() -> None:
    found = session(ran("natalis", 1, 100), ran("celery", 1, 5, ending=Ending.STOPPED))

    assert found.ratios("celery") == [20]
    assert "celery, round 1: stopped after 1 s at 10 messages" in text(found)


@pytest.mark.parametrize("figure", sorted(PROMISED))
def test_the_record_has_each_promised_figure_of_each_contender(figure: str) -> None:
    record = report.as_json(session(ran("natalis", 1, 100), ran("celery", 1, 50)), on={}, quick=True)

    names = {each["name"] for each in record["figures"]}

    assert {f"natalis: {figure}", f"celery: {figure}"} <= names


def test_the_record_has_what_every_benchmark_has_and_what_it_was_made_from() -> None:
    found = session(ran("natalis", 1, 100), ran("celery", 1, 50))

    record = json.loads(json.dumps(report.as_json(found, on={"cores": 2}, quick=True)))

    assert {"benchmark", "quick", "figures", "machine", "commit"} <= set(record)
    assert record["machine"] == {"cores": 2}
    assert record["ratios"] == {"celery": [2]}
    assert [run["contender"] for run in record["runs"]] == ["natalis", "celery"]
    assert record["contenders"][1]["settings"] == {"pool": "threads"}
    assert Figure("HTTP client", 9000, "/s").as_json() in record["figures"]
    assert Figure("natalis against celery", 2, "x", at_least(5, stretch=8)).as_json() in record["figures"]


def test_natalis_is_compared_with_the_limit_that_stands_nearest() -> None:
    found = replace(session(ran("natalis", 1, 900)), limits=(Figure(CALLS, 3000, "/s"), Figure(PUBLISHED, 1800, "/s")))

    assert found.of_the_limit() == (Figure(PUBLISHED, 1800, "/s"), 0.5)
    assert "natalis: 50% of the limit, which is RabbitMQ: messages published and confirmed" in text(found)


def test_limits_are_medians_over_the_rounds() -> None:
    rounds = [[Figure(CALLS, value, "/s")] for value in (1.0, 9.0, 2.0)]

    assert medians(rounds) == [Figure(CALLS, 2.0, "/s")]


def test_a_quick_session_does_not_overwrite_a_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    found = session(ran("natalis", 1, 100), ran("celery", 1, 50))

    written = {report.keep(found, on={}, quick=quick).name for quick in (True, False)}

    assert written == {"peers.quick.json", "peers.json"}


def text(found: Report) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(report.table(found))
    return console.export_text()
