"""`plimsoll load run`, whole: what it does, writes and ends with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plimsoll.cli.exit_codes import ExitCode
from plimsoll.measure.recording import Recording
from plimsoll.measure.results import decode_run
from plimsoll.measure.run import Verdict
from plimsoll.measure.tallies import Counter, Gauge, Rate, Trend
from plimsoll.measure.timeline import slot_of

pytestmark = pytest.mark.network
Write = Callable[[str], Path]
FINE = {ExitCode.PASS, ExitCode.INVALID}
"""Of a run on a machine that may be busy with other things."""


def counted(recording: Recording, metric: str, /, **tags: str) -> float:
    match recording.select(metric, tags):
        case Counter(value=value):
            return value
        case Rate(count=count):
            return count
        case Trend() as trend:
            return trend.histogram.count
        case Gauge(high=high):
            return high or 0
        case None:
            return 0


def test_an_address_is_loaded_at_a_rate_and_every_arrival_is_accounted_for(quick: str, load_run: Any) -> None:
    done = load_run("--url", quick, "--rate", "100", "--for", "2s")

    assert done.code in FINE, done.err
    recording = done.run.recording
    assert counted(recording, "iterations") + counted(recording, "dropped_iterations") == 200
    assert counted(recording, "http_reqs") == counted(recording, "iteration_lateness")
    assert "http_req_latency" in done.out


def test_a_threshold_that_is_crossed_fails_the_run_unless_the_run_is_invalid(quick: str, load_run: Any) -> None:
    done = load_run("--url", quick, "--iterations", "5", "--threshold", "http_req_duration:max<0")

    assert done.code in {ExitCode.FAIL, ExitCode.INVALID}
    assert [each.holds for each in done.run.thresholds] == [False]


def test_a_flow_checks_groups_tags_thinks_and_brings_its_own_metrics(
    quick: str, load_run: Any, flow_file: Write
) -> None:
    path = flow_file("""
from plimsoll.load import Counter, Gauge, Rate, Session, Trend

orders, depth, lucky, price = Counter("orders"), Gauge("depth"), Rate("lucky"), Trend("price")
options = {"scenarios": {"shop": {"executor": "per-vu-iterations", "vus": 2, "iterations": 3, "tags": {"team": "a"}}}}

async def checkout(session: Session) -> None:
    with session.group("cart"), session.tagged(kind="gold"):
        answer = await session.post("/cart/7", name="cart", json={"n": 1}, tags={"size": "big"})
        held = session.check(answer, {"is fine": lambda a: a.status == 200, "breaks": lambda a: a.nothing})
        assert not held
    assert session.check("plain", answer.text == "ok")
    await session.get("/cart/8", params={"q": 1}, headers={"X-Y": "z"}, expected=201)
    await session.think(0.001)
    session.state["n"] = session.state.get("n", 0) + 1
    assert session.state["n"] == session.iteration + 1
    orders.add(session, 2, shop="x")
    depth.set(session, session.vu)
    lucky.add(session, session.random.random() < 2)
    price.add(session, 1.5)
""")

    done = load_run(str(path), "--url", quick)

    recording = done.run.recording
    assert "iteration_errors" not in recording.metrics, done.run.error_examples
    assert counted(recording, "iterations", scenario="shop", team="a") == 6
    whole = {"name": "cart", "method": "POST", "status": "200", "group": "::cart", "kind": "gold", "size": "big"}
    assert counted(recording, "http_reqs", **whole) == 6
    assert recording.select("http_req_failed", {"name": "/cart/{id}"}) == Rate(6, 6)
    assert recording.select("checks", {"check": "breaks", "group": "::cart"}) == Rate(0, 6)
    assert recording.select("checks", {"check": "plain"}) == Rate(6, 6)
    assert counted(recording, "orders", shop="x") == 12
    assert counted(recording, "depth") == 2
    assert recording.select("lucky") == Rate(6, 6)
    assert counted(recording, "price") == 6
    assert counted(recording, "group_duration", group="::cart") == 6
    assert "no attribute 'nothing'" in done.run.error_examples["check breaks"]


def test_setup_is_called_once_for_all_processes_and_teardown_gets_what_it_returned(
    quick: str, load_run: Any, flow_file: Write, tmp_path: Path
) -> None:
    path = flow_file("""
import os, pathlib
notes = pathlib.Path(os.environ["NOTES"])
options = {"scenarios": {"it": {"executor": "per-vu-iterations", "vus": 4, "iterations": 1}}}
async def setup(session):
    answer = await session.get("/token")
    with notes.open("a") as file: file.write(f"setup {answer.text}\\n")
    return {"token": answer.text}
async def it(session):
    answer = await session.get("/", headers={"Authorization": session.data["token"]})
    session.check("told", session.env["COLOUR"] == "blue")
async def teardown(session, data):
    with notes.open("a") as file: file.write(f"teardown {data['token']}\\n")
""")
    notes = tmp_path / "notes"

    done = load_run(str(path), "--url", quick, "--processes", "2", "--env", f"NOTES={notes}", "--env", "COLOUR=blue")

    assert notes.read_text().split("\n") == ["setup ok", "teardown ok", ""]
    assert done.run.recording.select("checks") == Rate(4, 4)
    assert counted(done.run.recording, "http_reqs") == 4  # setup's own are no load


def test_each_shard_calls_its_own_setup_and_teardown_unless_told_not_to(
    quick: str, load_run: Any, flow_file: Write, tmp_path: Path
) -> None:
    path = flow_file("""
import os, pathlib
def note(text):
    with pathlib.Path(os.environ["NOTES"]).open("a") as file: file.write(text + "\\n")
options = {"scenarios": {"it": {"executor": "per-vu-iterations", "vus": 2, "iterations": 1}}}
def setup():
    note("setup")
    return 1
async def it(session): note(f"load {session.data}")
def teardown(data): note(f"teardown {data}")
""")
    notes = tmp_path / "notes"

    for shard, *options in (("1/2",), ("2/2",), ("2/2", "--no-setup", "--no-teardown")):
        done = load_run(str(path), "--url", quick, "--shard", shard, "--env", f"NOTES={notes}", *options)
        assert done.code in FINE, done.err

    with_both = ["setup", "load 1", "teardown 1"]
    assert notes.read_text().splitlines() == [*with_both, *with_both, "load None"]


def test_a_flow_that_raises_is_counted_with_an_example_and_the_run_goes_on(
    quick: str, load_run: Any, flow_file: Write
) -> None:
    path = flow_file("""
async def it(session):
    if session.iteration % 2:
        raise KeyError("id")
    if session.iteration % 4 == 2:
        raise SystemExit(3)
    await session.get("/")
""")

    done = load_run(str(path), "--url", quick, "--iterations", "12", "--vus", "1")

    assert counted(done.run.recording, "iterations") == 12
    assert counted(done.run.recording, "iteration_errors", error_code="KeyError") == 6
    assert counted(done.run.recording, "iteration_errors", error_code="SystemExit") == 3
    assert done.run.error_examples["KeyError"] == "KeyError: 'id' (line 4 of it)"


def test_addresses_without_end_are_recorded_in_so_many_names_and_the_run_says_what_to_do(
    quick: str, load_run: Any, flow_file: Write
) -> None:
    path = flow_file("""
async def it(session):
    for number in range(300):
        await session.get(f"/word-{session.iteration}-{number}")
""")

    done = load_run(str(path), "--url", quick, "--iterations", "5", "--vus", "1")

    names = done.run.recording.values_of("http_reqs", "name")
    assert len(names) == 1001
    assert counted(done.run.recording, "http_reqs", name="(other)") == 500
    assert any("name=" in each for each in done.run.warnings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def setup(session): raise ValueError('no token')", "setup raised ValueError: no token"),
        ("def setup(session): return object()", "setup returned what cannot be sent"),
        ("import time\nasync def setup(s):\n    import asyncio; await asyncio.Event().wait()", "setup took longer"),
    ],
)
def test_a_setup_that_fails_fails_the_run(quick: str, load_run: Any, flow_file: Write, text: str, said: str) -> None:
    path = flow_file(f"options = {{'setupTimeout': '200ms'}}\nasync def it(session): ...\n{text}\n")

    done = load_run(str(path), "--url", quick)

    assert done.code == ExitCode.RUN_FAILED
    assert said in done.err


def test_an_engine_that_dies_fails_the_run_with_what_it_said_and_what_was_measured_is_kept(
    quick: str, load_run: Any, flow_file: Write
) -> None:
    path = flow_file("""
import os, sys
async def it(session):
    await session.get("/")
    await session.think(0.01)
    if session.vu == 1 and session.iteration == 200:
        print("the last words", file=sys.stderr, flush=True)
        os._exit(7)
""")

    done = load_run(str(path), "--url", quick, "--vus", "2", "--for", "60s", "--processes", "2")

    assert done.code == ExitCode.RUN_FAILED
    assert "engine 1 ended with code 7" in done.err
    assert "the last words" in done.err
    assert done.run.partial == "engine 1 ended with code 7, and said last:"
    assert counted(done.run.recording, "http_reqs") > 0


def test_a_threshold_may_end_the_run(quick: str, load_run: Any, flow_file: Write) -> None:
    path = flow_file("""
options = {
    "vus": 1, "duration": "60s",
    "thresholds": {"checks": [{"threshold": "rate>0.9", "abortOnFail": True}]},
}
async def it(session):
    await session.get("/")
    session.check("never", False)
    await session.think(0.01)
""")

    done = load_run(str(path), "--url", quick)

    assert done.code in {ExitCode.FAIL, ExitCode.INVALID}
    assert done.run.partial == "threshold checks: rate>0.9 was crossed"
    assert [each.aborted for each in done.run.thresholds] == [True]
    assert done.run.lasted.total_seconds() < 50


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_writes_every_report_marked_partial(quick: str, tmp_path: Path, number: int) -> None:
    kinds = ("out", "summary", "html", "junit", "csv", "markdown")
    files = {kind: tmp_path / f"it.{kind}" for kind in kinds}
    options = [part for kind, path in files.items() for part in (f"--{kind}", str(path))]
    command = ("-c", "import plimsoll.cli; plimsoll.cli.main()", "load", "run", "--url", quick, "--vus", "2", *options)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        (sys.executable, *command, "--for", "10m"),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stderr is not None
        process.stderr.readline()  # the live view's first line: load is on
        process.send_signal(number)
        process.communicate(timeout=60)

    assert process.returncode == ExitCode.INTERRUPTED
    assert all(path.stat().st_size > 0 for path in files.values())
    run = decode_run(files["out"].read_bytes())
    assert run.partial == "interrupted"
    assert counted(run.recording, "http_reqs") > 0


def test_shards_merged_equal_what_they_recorded_and_together_do_the_whole_load(
    quick: str, load_run: Any, tmp_path: Path
) -> None:
    shards = [
        load_run("--url", quick, "--rate", "50", "--for", "2s", "--shard", f"{n}/2", out=f"{n}.json") for n in (1, 2)
    ]
    merged = tmp_path / "merged.json"
    command = ("-c", "import plimsoll.cli; plimsoll.cli.main()", "load", "merge", *(str(s.result) for s in shards))
    done = subprocess.run(
        (sys.executable, *command, "--out", str(merged)),
        capture_output=True,
        check=False,
        timeout=60,
    )

    whole = decode_run(merged.read_bytes())
    assert done.returncode in FINE
    assert whole.shards == ("1/2", "2/2")
    assert counted(whole.recording, "iterations") + counted(whole.recording, "dropped_iterations") == 100
    expected = Recording()
    for each in shards:
        expected.merge(each.run.recording)
    assert whole.recording == expected
    assert sum(slot.requests for slot in whole.timeline.slots) == slot_of(expected).requests


def test_a_rate_that_the_generator_cannot_hold_is_invalid_and_says_why(
    quick: str, load_run: Any, flow_file: Write
) -> None:
    path = flow_file("""
import time
async def it(session):
    time.sleep(0.02)  # no other user of this engine can start meanwhile
    await session.get("/")
""")

    done = load_run(
        str(path), "--url", quick, "--rate", "100", "--for", "2s", "--threshold", "http_req_duration:max<60000"
    )

    assert done.code == ExitCode.INVALID
    assert done.run.verdict is Verdict.INVALID
    assert [each.holds for each in done.run.thresholds] == [True]  # so it is neither PASS nor FAIL
    assert any("The generator was late" in each and "Lower the rate" in each for each in done.run.reasons)
    assert "INVALID" in done.out
    assert "The generator was late" in " ".join(done.out.split())


def test_users_that_run_out_are_dropped_arrivals_and_make_the_run_invalid(freezing: Any, load_run: Any) -> None:
    done = load_run("--url", freezing(0.5, 1e9, 0.0), "--rate", "20", "--vus", "2", "--max-vus", "2", "--for", "2s")

    assert done.code == ExitCode.INVALID
    assert counted(done.run.recording, "iterations") + counted(done.run.recording, "dropped_iterations") == 40
    assert any("were dropped" in each and "Raise maxVUs" in each for each in done.run.reasons)


def test_the_closed_model_says_what_it_cannot_see(quick: str, load_run: Any) -> None:
    done = load_run("--url", quick, "--vus", "1", "--for", "1s")

    assert any("coordinated omission" in each for each in done.run.warnings)


def test_an_address_that_was_passed_over_is_a_warning_of_the_run(quick: str, load_run: Any, flow_file: Write) -> None:
    path = flow_file("""
import socket
from plimsoll.load.client.names import Names

async def two(self, host, port):
    return [(socket.AF_INET, "127.0.0.2"), (socket.AF_INET, "127.0.0.1")], port

Names.addresses_of = two  # a name of two addresses, of which one refuses

async def it(session):
    await session.get("/")
""")

    done = load_run(str(path), "--url", quick, "--iterations", "3")

    assert done.run.recording.select("http_req_failed") == Rate(0, 3)
    assert any("127.0.0.2" in each and "connection_refused" in each for each in done.run.warnings)


def test_a_service_that_is_not_there_is_a_counted_error(load_run: Any) -> None:
    done = load_run("--url", "http://127.0.0.1:1/", "--rate", "20", "--for", "1s")

    assert counted(done.run.recording, "http_req_failed", error_code="connection_refused") == 20
    assert "connection_refused" in done.run.error_examples


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--for", "30s"), ExitCode.INVALID_INPUT, "there is nothing to load"),
        (("--url", "localhost"), ExitCode.INVALID_INPUT, "starts with http"),
        (("--url", "http://x", "--rate", "5"), ExitCode.INVALID_INPUT, "it is not said how long"),
        (("--url", "http://x", "--vus", "1", "--for", "soon"), ExitCode.INVALID_INPUT, "no length of time"),
        (("--url", "http://x", "--shard", "3/2"), ExitCode.INVALID_INPUT, "the first of three"),
        (("--url", "http://x", "--processes", "9"), ExitCode.INVALID_INPUT, "cannot be divided"),
        (("--url", "http://x", "--html", "/nowhere/x.html"), ExitCode.INVALID_INPUT, "no folder"),
        (("nothing.py",), ExitCode.INVALID_INPUT, "there is no file"),
        (("--what",), ExitCode.USAGE, "No such option"),
        (("--url", "http://x", "--rate", "many"), ExitCode.USAGE, "not a valid float"),
    ],
)
def test_what_cannot_be_is_refused_before_any_load(
    load_run: Any, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = load_run(*arguments)

    assert done.code == code
    assert said in done.err
    assert not done.result.exists()
