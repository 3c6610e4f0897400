"""`plimsoll gate` in pairs: real servers that it starts, loads in turn, and stops."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from plimsoll.cli.exit_codes import ExitCode

pytestmark = pytest.mark.network
SERVER = Path(__file__).parents[3] / "perf" / "busy_server.py"
QUICK = ("--vus", 1, "--round", "500ms", "--rounds", 5, "--max-rounds", 5, "--noise-rounds", 0, "--quiet", "--json")
MEDIAN = ("--figure", "http_req_latency p50")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def build(arm: str, milliseconds: float, port: int) -> tuple[str, ...]:
    command = f"'{sys.executable}' '{SERVER}' {port} {milliseconds}"
    return (f"--{arm}-cmd", command, f"--{arm}-url", f"http://127.0.0.1:{port}/")


def is_taken(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.slow
def test_a_build_that_takes_four_times_as_long_is_regressed(typed: Any, tmp_path: Path) -> None:
    ports = free_port(), free_port()
    page = tmp_path / "comment.md"
    builds = (*build("baseline", 3, ports[0]), *build("candidate", 12, ports[1]))

    done = typed("gate", *builds, *QUICK, *MEDIAN, "--threshold", "http_req_failed:rate<0.5", "--markdown", page,
                 "--max-rounds", 15)  # fmt: skip

    assert done.code == ExitCode.REGRESSED, done.err + done.out
    account = json.loads(done.out)
    (ratio,) = account["ratios"]
    assert ratio["ratio"] > 1.5
    assert [each["holds"] for each in account["thresholds"]] == [True]
    assert "REGRESSED" in page.read_text(encoding="utf-8")
    assert not any(map(is_taken, ports))


@pytest.mark.slow
def test_builds_that_share_an_address_take_turns_there(typed: Any) -> None:
    port = free_port()
    builds = (*build("baseline", 12, port), *build("candidate", 3, port))

    done = typed("gate", *builds, *QUICK, *MEDIAN)

    (ratio,) = json.loads(done.out)["ratios"]
    assert ratio["pairs"] > 0
    assert ratio["ratio"] < 0.7
    assert not is_taken(port)


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (f"'{sys.executable}' -c 'raise SystemExit(3)'", ExitCode.RUN_FAILED, "ended with code 3 before"),
        ("/nowhere/serve", ExitCode.INVALID_INPUT, "No such file"),
    ],
)
def test_a_build_that_does_not_start_is_said(typed: Any, command: str, code: int, said: str) -> None:
    urls = ("--baseline-url", "http://127.0.0.1:1/", "--candidate-url", "http://127.0.0.1:2/")

    done = typed("gate", *urls, "--baseline-cmd", command, "--candidate-cmd", command, *QUICK)

    assert done.code == code
    assert said in done.err


def test_a_build_that_never_answers_is_said(typed: Any) -> None:
    urls = ("--baseline-url", "http://127.0.0.1:1/", "--candidate-url", "http://127.0.0.1:2/")

    done = typed("gate", *urls, "--ready-within", "300ms", *QUICK)

    assert done.code == ExitCode.RUN_FAILED
    assert "connection_refused" in done.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_gate_that_is_interrupted_stops_the_builds_that_it_started(number: int) -> None:
    ports = free_port(), free_port()
    words = [*build("baseline", 3, ports[0]), *build("candidate", 3, ports[1]), "--vus", "1", "--round", "500ms"]
    command = (sys.executable, "-c", "import plimsoll.cli; plimsoll.cli.main()", "gate", *words)
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("round 1")
        process.send_signal(number)
        process.communicate(timeout=60)

    assert process.returncode == ExitCode.INTERRUPTED
    assert not any(map(is_taken, ports))
