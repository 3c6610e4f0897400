"""Promise: `natalis up` is the whole service in one process, and it ends in order."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from natalis.testing.machine import NATALIS, Machine, fetched, first_answer

pytestmark = pytest.mark.network
PATIENCE = 30.0  # seconds


def noon_zone() -> str:
    """Return a zone in which it is about noon now, so that today's send time has passed and the day is not over."""
    east = 12 - datetime.now(UTC).hour  # noqa: TID251 - the process under test runs on the real clock
    return f"Etc/GMT{'-' if east >= 0 else '+'}{abs(east)}" if east else "Etc/GMT"


def someone_due_today(email: str) -> dict[str, str]:
    today = datetime.now(UTC)  # noqa: TID251 - as above
    return {
        "firstName": "Zoë",
        "lastName": "Ångström",
        "email": email,
        "birthdayDate": f"1990-{today:%m-%d}",
        "timezone": noon_zone(),
    }


def posted(url: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


def until(holds: Callable[[], bool], what: str) -> None:
    give_up_at = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up_at, f"{what} did not happen within {PATIENCE:g} s"
        time.sleep(0.05)  # noqa: TID251 - waits for a real process


def test_who_arrives_on_their_day_is_greeted_within_moments(machine: Machine) -> None:
    with machine.running("mock-provider", "--port", "0", "--flawless", "--json") as provider:
        address = first_answer(provider)["url"]
        machine.settings["NATALIS_PROVIDER_URL"] = address
        with machine.running("up", "--json") as process:
            api = first_answer(process)["api"]
            user = posted(f"{api}/user", someone_due_today("zoe@example.org"))
            until(lambda: fetched(f"{address}/stats")["accepted"] == 1, "the greeting")
            until(lambda: bool(fetched(f"{api}/deliveries?status=sent&userId={user['id']}")["items"]), "sent")


def test_health_readiness_metrics_and_reference_are_there(machine: Machine) -> None:
    machine.settings["METRICS_PORT"] = "19464"
    with machine.running("up", "--json") as process:
        where = first_answer(process)
        assert fetched(f"{where['api']}/health") is not None
        names = {dependency["name"] for dependency in fetched(f"{where['api']}/ready")["dependencies"]}
        assert {"store", "queue", "planner", "dispatcher", "worker", "reaper"} <= names
        assert fetched(f"{where['api']}/openapi.json")["openapi"].startswith("3.1")
        with urllib.request.urlopen(where["metrics"], timeout=PATIENCE) as scraped:
            assert b"http_requests_total" in scraped.read()
        with urllib.request.urlopen(f"{where['api']}/docs", timeout=PATIENCE) as page:
            assert b"<html" in page.read()


def test_a_term_signal_lets_calls_under_way_end(machine: Machine) -> None:
    slow = ("--flawless", "--latency-min", "2s", "--latency-max", "2s")
    with machine.running("mock-provider", "--port", "0", *slow, "--json") as provider:
        address = first_answer(provider)["url"]
        machine.settings["NATALIS_PROVIDER_URL"] = address
        with machine.running("up", "--json") as process:
            api = first_answer(process)["api"]
            posted(f"{api}/user", someone_due_today("slow@example.org"))
            until(lambda: fetched(f"{address}/stats")["received"] == 1, "the call")
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
    assert "sent" in machine.run("deliveries", "list", "--json")


def refused(machine: Machine, *arguments: str) -> str:
    ended = subprocess.run(
        [NATALIS, *arguments],
        cwd=machine.folder,
        env=machine.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert ended.returncode not in {0, 70}, ended.stdout + ended.stderr
    return ended.stderr


def test_a_second_process_on_the_same_file_is_refused_and_told_who_has_it(machine: Machine) -> None:
    with machine.running("up", "--json") as process:
        first_answer(process)
        assert str(process.pid) in refused(machine, "up")


def test_a_port_that_is_taken_is_refused_by_name(machine: Machine) -> None:
    with machine.running("up", "--json") as process:
        port = first_answer(process)["api"].rpartition(":")[2]
        assert port in refused(machine, "up", "--port", port, "--database", str(machine.folder / "other.db"))


def test_nobody_listens_beyond_loopback_without_a_token(machine: Machine) -> None:
    assert "natalis token create" in refused(machine, "up", "--host", "0.0.0.0")  # noqa: S104 - to be refused


def test_a_command_beside_it_is_seen_by_the_running_process(machine: Machine) -> None:
    with machine.running("up", "--json") as process:
        api = first_answer(process)["api"]
        user = posted(f"{api}/user", someone_due_today("gone@example.org"))
        assert fetched(f"{api}/user/{user['id']}")["email"] == "gone@example.org"
        machine.run("user", "remove", user["id"], "--yes")
        until(lambda: is_gone(f"{api}/user/{user['id']}"), "the removal")


def is_gone(url: str) -> bool:
    try:
        fetched(url)
    except urllib.error.HTTPError as error:
        return error.code == 404
    return False
