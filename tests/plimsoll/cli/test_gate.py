"""`plimsoll gate` on results: verdicts, exit codes, what it writes, and what is done about a verdict."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.cli.exit_codes import ExitCode, code_of_verdict
from plimsoll.compare.gate import GateVerdict
from plimsoll.compare.store import RunStore
from plimsoll.measure.results import encode_run
from plimsoll.measure.run import Run, Verdict

MakeRun = Callable[..., Run]
HOOK = """
import json, os, pathlib, sys
account = json.load(sys.stdin)
pathlib.Path(sys.argv[1]).write_text(os.environ["PLIMSOLL_VERDICT"] + " " + account["verdict"])
sys.exit(int(sys.argv[2]))
"""


@pytest.fixture
def hook(tmp_path: Path) -> Callable[[int], str]:
    """Return a command that writes down the verdict it is told, and ends with a code."""
    script = tmp_path / "hook.py"
    script.write_text(HOOK, encoding="utf-8")
    return lambda code: f"'{sys.executable}' '{script}' '{tmp_path / 'told'}' {code}"


@pytest.fixture
def stored(tmp_path: Path, make_run: MakeRun) -> Path:
    """Return a store with six runs of about ten milliseconds."""
    store = RunStore(tmp_path / "store")
    for number in range(6):
        store.add(make_run(10 + number % 2 * 0.1, after=timedelta(minutes=number)))
    return tmp_path / "store"


def candidate(folder: Path, run: Run) -> Path:
    path = folder / "candidate.json"
    path.write_bytes(encode_run(run))
    return path


def test_every_verdict_has_a_code_of_its_own() -> None:
    assert len({code_of_verdict(each) for each in GateVerdict}) == len(GateVerdict)
    assert {code_of_verdict(each) for each in GateVerdict}.isdisjoint({ExitCode.USAGE, ExitCode.INTERNAL})
    assert {code_of_verdict(each) for each in Verdict} == {ExitCode.PASS, ExitCode.FAIL, ExitCode.INVALID}


@pytest.mark.parametrize(
    ("condition", "code", "verdict"),
    [("p(95)<20", ExitCode.PASS, "PASS"), ("p(95)<5", ExitCode.FAIL, "FAIL")],
)
def test_a_result_is_judged_by_budgets(typed: Any, run_file: Any, condition: str, code: int, verdict: str) -> None:
    path = run_file("run.json", 10)
    page = path.with_name("comment.md")
    done = typed("gate", "--run", path, "--threshold", f"http_req_latency:{condition}",
                 "--json", "--markdown", page)  # fmt: skip

    assert done.code == code, done.err
    account = json.loads(done.out)
    assert account["verdict"] == verdict
    assert account["thresholds"][0]["condition"] == condition
    assert page.read_text(encoding="utf-8").startswith("### ")


def test_budgets_of_a_file_are_judged_on_a_result(typed: Any, run_file: Any) -> None:
    budget = Path(__file__).parents[3] / "perf" / "plimsoll.yaml"
    options = ("--budget", budget, "--scenario", "smoke")

    assert typed("gate", "--run", run_file("quick.json", 10), *options).code == ExitCode.PASS
    assert typed("gate", "--run", run_file("slow.json", 1500), *options).code == ExitCode.FAIL


def test_a_summary_of_k6_is_judged_by_its_duration(typed: Any, tmp_path: Path) -> None:
    times = {"avg": 180, "min": 20, "med": 84, "max": 3000, "p(90)": 466, "p(95)": 693, "p(99)": 900}
    path = tmp_path / "summary.json"
    path.write_text(json.dumps({"metrics": {"http_req_duration": times, "http_reqs": {"count": 200, "rate": 20}}}))

    assert typed("gate", "--run", path, "--threshold", "http_req_latency:p(95)<1000").code == ExitCode.PASS
    done = typed("gate", "--run", path, "--threshold", "http_req_latency:p(95)<500")
    assert done.code == ExitCode.FAIL
    assert "http_req_duration: p(95)<500 does not hold" in done.out


def test_a_result_of_a_busy_generator_is_invalid_whatever_else_holds(typed: Any, run_file: Any) -> None:
    path = run_file("late.json", 10, reasons=("The generator was late: it was.",))

    done = typed("gate", "--run", path, "--threshold", "http_req_latency:p(95)<5")

    assert done.code == ExitCode.INVALID
    assert "The generator was late" in done.out


@pytest.mark.parametrize(("milliseconds", "code"), [(10.05, ExitCode.PASS), (13, ExitCode.REGRESSED)])
def test_a_result_is_compared_with_stored_ones(
    typed: Any, stored: Path, make_run: MakeRun, milliseconds: float, code: int
) -> None:
    path = candidate(stored.parent, make_run(milliseconds, after=timedelta(hours=1)))

    assert typed("gate", "--run", path, "--store", stored).code == code


def test_too_few_stored_runs_leave_it_undecided(typed: Any, run_file: Any, tmp_path: Path) -> None:
    done = typed("gate", "--run", run_file("run.json", 10), "--store", tmp_path / "empty")

    assert done.code == ExitCode.UNDECIDED
    assert "compare in pairs" in done.out


def test_only_a_regression_calls_the_hook_unless_told_otherwise(
    typed: Any, run_file: Any, stored: Path, make_run: MakeRun, hook: Callable[[int], str]
) -> None:
    told = stored.with_name("told")
    failing = ("gate", "--run", run_file("run.json", 10), "--threshold", "http_req_latency:p(95)<5")

    typed(*failing, "--on-violation", hook(0))
    assert not told.exists()
    typed(*failing, "--on-violation", hook(0), "--on", "FAIL,REGRESSED")
    assert told.read_text() == "FAIL FAIL"
    slower = candidate(stored.parent, make_run(13, after=timedelta(hours=1)))
    typed("gate", "--run", slower, "--store", stored, "--on-violation", hook(0))
    assert told.read_text() == "REGRESSED REGRESSED"


@pytest.mark.parametrize(("command", "said"), [(None, "ended with code 7"), ("/nowhere/roll-back", "could not be run")])
def test_a_hook_that_fails_is_said_and_the_verdict_stands(
    typed: Any, run_file: Any, hook: Callable[[int], str], command: str | None, said: str
) -> None:
    options = ("--threshold", "http_req_latency:p(95)<5", "--on", "FAIL", "--on-violation", command or hook(7))

    done = typed("gate", "--run", run_file("run.json", 10), *options)

    assert done.code == ExitCode.FAIL
    assert said in done.err
    assert "the verdict stands" in done.err


URLS = ("--baseline-url", "http://127.0.0.1:1", "--candidate-url", "http://127.0.0.1:2")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "there is nothing to judge"),
        (("--run", "nothing.json"), "it cannot be read"),
        (("--baseline-url", "http://127.0.0.1:1", "--rate", "1"), "--candidate-url: it is not said"),
        ((*URLS[:3], URLS[1], "--rate", "1"), "it is the baseline's"),
        (URLS, "it is not said with what load"),
        ((*URLS, "--baseline-cmd", "x", "--rate", "1"), "one of them is missing"),
        ((*URLS, "--rate", "1", "--round", "10ms"), "too short"),
        ((*URLS, "--rate", "1", "--tolerance", "much"), "no share"),
        ((*URLS, "--rate", "1", "--figure", "p95"), "is none"),
        ((*URLS, "--rate", "1", "--on", "PASS"), "no verdict to act on"),
        ((*URLS, "--rate", "1", "--on-violation", "'"), "quote it"),
        ((*URLS, "--rate", "1", "--store", "x"), "pairs are measured anew"),
        ((*URLS, "--scenario", "x", "--rate", "1"), "it is not said of which file"),
        ((*URLS, "--rate", "1", "--markdown", "/nowhere/x.md"), "is no folder"),
    ],
)
def test_what_cannot_be_is_refused(typed: Any, words: tuple[str, ...], said: str) -> None:
    done = typed("gate", *words)

    assert done.code == ExitCode.INVALID_INPUT, done.err
    assert said in done.err


def test_an_unknown_option_is_a_usage_error(typed: Any) -> None:
    assert typed("gate", "--runn", "x").code == ExitCode.USAGE
