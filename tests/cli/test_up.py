"""`natalis up` and `natalis mock-provider` as processes: they say where they are, work, and end in order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from natalis.cli.exit_codes import ExitCode
from natalis.testing.command_line import Natalis

pytestmark = pytest.mark.network

Start = Callable[..., tuple[subprocess.Popen[str], dict[str, Any]]]
ANY_PORT = ("--port", "0", "--metrics-port", "0", "--json")


@pytest.fixture
def start(clean: Path) -> Iterator[Start]:
    """Start a command that goes on running, and return it with the JSON object that it announces itself by."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        command = [str(Path(sys.executable).with_name("natalis")), *arguments]
        running = subprocess.Popen(
            command, cwd=clean, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ.copy()
        )
        started.append(running)
        assert running.stdout is not None
        return running, json.loads(running.stdout.readline() or "{}")

    yield begin
    for running in started:
        if running.poll() is None:
            running.kill()
        running.communicate()


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_the_service_answers_and_ends_in_order(start: Start, stop: signal.Signals) -> None:
    running, where = start("up", *ANY_PORT)

    health = _get(f"{where['api']}/health")
    running.send_signal(stop)
    _, err = running.communicate(timeout=30)

    assert health["status"] == "ok"
    assert running.returncode == ExitCode.DONE
    assert all(json.loads(line)["log.level"] in {"info", "warning"} for line in err.splitlines())


def test_a_second_service_on_the_same_file_is_told_who_has_it(start: Start, process: Natalis) -> None:
    running, _ = start("up", *ANY_PORT)

    ran = process("up", *ANY_PORT)

    assert ran.code == ExitCode.UNAVAILABLE
    assert str(running.pid) in ran.err


def test_other_commands_work_beside_a_running_service(start: Start, process: Natalis) -> None:
    start("up", *ANY_PORT)

    seeded = process("seed", "20", "--json")
    listed = process("user", "list", "--json")

    assert (seeded.json["added"], len(listed.rows)) == (20, 20)


def test_the_mock_provider_counts_what_it_receives(start: Start, process: Natalis) -> None:
    running, where = start("mock-provider", "--flawless", "--port", "0", "--json")

    sent = process("template", "send-test", "me@example.org", "--json")
    before = _get(f"{where['url']}/stats")
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=30)

    assert sent.json["outcome"] == "delivered"
    assert (before["received"], running.returncode) == (0, ExitCode.DONE)


def test_knobs_are_turned_from_the_command_line(start: Start) -> None:
    _, where = start("mock-provider", "--port", "0", "--json", "--error-rate", "0.25", "--latency-max", "1s")

    knobs = _get(f"{where['url']}/knobs")

    assert (knobs["errorRate"], knobs["latencyMax"]) == (0.25, "PT1S")


def test_a_knob_that_cannot_stand_so_is_refused(process: Natalis) -> None:
    ran = process("mock-provider", "--error-rate", "2")

    assert ran.code == ExitCode.INVALID
    assert "from 0 to 1" in ran.err


def test_a_reader_that_goes_away_ends_a_command_quietly(clean: Path, process: Natalis) -> None:
    process("seed", "5000")
    natalis = Path(sys.executable).with_name("natalis")

    done = subprocess.run(
        ["bash", "-c", f"{natalis} user list --limit 5000 --json | head -n 1; echo ${{PIPESTATUS[0]}}"],
        cwd=clean,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == str(int(ExitCode.BROKEN_PIPE))
    assert not done.stderr
