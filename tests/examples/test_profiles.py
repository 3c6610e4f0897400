"""The shipped examples run as their pages say, bear a short load, and measure what their budgets promise."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from natalis.testing.pages import blocks_of
from natalis.testing.servers.asking import Refused, ask
from natalis.testing.servers.server import Server
from plimsoll.budget.file.model import Severity
from plimsoll.budget.file.reading import read_file
from plimsoll.budget.promises import promises_of
from plimsoll.budget.promql import Selector
from plimsoll.measure.results import decode_run
from plimsoll.measure.run import Run
from plimsoll.measure.tallies import Rate

EXAMPLES = Path(__file__).parents[2] / "examples"
PROFILES = ("reconciliation", "platform")
BIN = Path(sys.executable).parent
OF_EXPORTERS = {'job="node"', 'job="postgres"', 'job="redis"'}


class Example(Server):
    """The service of an example, started by the command on its page, on a port of its own."""

    name: ClassVar[str] = "example"

    def __init__(self, profile: str) -> None:
        super().__init__()
        self._profile = profile

    def _command(self) -> Sequence[str]:
        (block,) = [each for each in blocks_of(EXAMPLES / self._profile / "README.md") if each.is_elsewhere]
        program, *words = shlex.split(re.sub(r"--port \d+", f"--port {self.port}", block.text))
        return [str(BIN / program), *words, "--working-dir", str(EXAMPLES / self._profile)]

    def _is_ready(self) -> bool:
        try:
            return "ok" in ask(self.port, "GET", "/health")
        except (OSError, Refused):
            return False


@contextmanager
def loaded(profile: str, folder: Path, *options: str) -> Iterator[tuple[Run, str]]:
    """Give the run of the smoke test, a second long, and what the service then tells a scraper."""
    result = folder / "run.json"
    with Example(profile) as service:
        command = [BIN / "plimsoll", "load", "run", "--budget", EXAMPLES / profile / "plimsoll.yaml", *options]
        url = f"http://127.0.0.1:{service.port}"
        words = [*command, "--scenario", "smoke", "--time-scale", "60", "--url", url, "--quiet", "--out", result]
        done = subprocess.run([str(each) for each in words], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode in {0, 5, 99}, done.stderr  # a busy machine may be too slow for a bound on latency
        yield decode_run(result.read_bytes()), ask(service.port, "GET", "/metrics")


def is_told(selector: Selector, exposition: str) -> bool:
    family = re.sub(r"_(bucket|count|sum)$", "", selector.name)
    return f"# TYPE {selector.name} " in exposition or f"# TYPE {family} histogram" in exposition


@pytest.mark.network
@pytest.mark.parametrize("profile", PROFILES)
def test_the_service_bears_its_smoke_test_and_measures_what_it_promises(profile: str, tmp_path: Path) -> None:
    file = read_file(EXAMPLES / profile / "plimsoll.yaml")

    with loaded(profile, tmp_path) as (run, exposition):
        failed, checks = run.recording.select("http_req_failed"), run.recording.select("checks")
        names = set(run.recording.values_of("http_reqs", "name"))

    assert isinstance(failed, Rate)
    assert isinstance(checks, Rate)
    assert (failed.hits, checks.hits) == (0, checks.count), run.error_examples
    assert checks.count > 0
    assert names <= {each.name for each in file.service.endpoints}
    own = {
        selector
        for promise in promises_of(file)
        if promise.measure is not None
        for selector in promise.measure.reads()
        if selector.name != "up" and not OF_EXPORTERS & {str(matcher) for matcher in selector.matchers}
    }
    assert len(own) > 5
    assert sorted(str(each) for each in own if not is_told(each, exposition)) == []


@pytest.mark.network
def test_the_reconciliation_api_tells_how_many_use_it(tmp_path: Path) -> None:
    with loaded("reconciliation", tmp_path) as (_, exposition):
        assert re.search(r"^active_users_total 5(\.0)?$", exposition, re.MULTILINE)


@pytest.mark.network
def test_every_route_of_a_profile_is_one_that_its_service_has(tmp_path: Path) -> None:
    for profile in PROFILES:
        with loaded(profile, tmp_path) as (_, exposition):
            told = set(re.findall(r'route="([^"]+)"', exposition))
        promised = {each.route for each in read_file(EXAMPLES / profile / "plimsoll.yaml").service.endpoints}

        assert told - {"/health"} <= promised, os.linesep.join(sorted(told))


PROMISED = {
    "reconciliation": {
        "latency avg": (0.05, 0.05), "latency p95": (0.15, 0.15), "latency p99": (0.3, 0.3), "latency max": (1, 1),
        "throughput": (2000, 2000), "concurrent users": (1000, 1000), "errors": (0.001, 0.001),
        "errors 4xx": (0.01, 0.01), "errors 5xx": (0.0001, 0.0001), "errors timeout": (0.0001, 0.0001),
        "pool use": (0.4, 0.4), "memory per instance": (128e6, 128e6), "satisfaction": (4.5, 4.5),
        "completion": (0.95, 0.95), "availability": (0.999, 0.999), "accuracy": (0.995, 0.995),
    },
    "platform": {
        "latency p95": (0.3, 0.5), "latency p99": (0.5, 1), "throughput": (1000, 500), "errors": (0.01, 0.05),
        "database cache hits": (0.95, 0.9), "cache hits": (0.85, 0.7),
    },
    "natalis": {
        "latency p95": (0.5, 1), "latency p99": (1, 2), "throughput": (1000, 500), "errors": (0.001, 0.01),
        "query p95": (0.1, 0.2), "pool use": (0.8, 0.9), "memory": (0.8, 0.9), "cpu": (0.7, 0.85),
        "queue lag": (60, 300), "queue depth": (1000, 1000), "queue rate": (100, 100),
        "batch per 1,000": (30, 60), "availability": (0.999, 0.999),
    },
}  # fmt: skip
"""Target and bound by indicator, in the base of its unit: what was asked of each profile when it was written."""


def path_of(profile: str) -> Path:
    folder = EXAMPLES.parent / "perf" if profile == "natalis" else EXAMPLES / profile
    return folder / "plimsoll.yaml"


@pytest.mark.parametrize("profile", PROMISED)
def test_a_profile_promises_what_was_asked_of_it(profile: str) -> None:
    first = {each.indicator: each for each in reversed(read_file(path_of(profile)).budgets)}

    assert {
        indicator: (first[indicator].target.value, first[indicator].bound.value) for indicator in PROMISED[profile]
    } == PROMISED[profile]


ALERTS: dict[str, dict[str, tuple[float, float, Severity]]] = {
    "natalis": {
        "HighErrorRate": (0.01, 120, Severity.WARNING),
        "HighLatency": (1, 300, Severity.WARNING),
        "APIDown": (1, 60, Severity.CRITICAL),
        "HighQueueDepth": (1000, 600, Severity.WARNING),
        "QueueProcessingStalled": (0, 600, Severity.CRITICAL),
        "HighDatabaseConnections": (0.8, 300, Severity.WARNING),
        "SlowQueries": (1, 300, Severity.WARNING),
        "HighCPUUsage": (0.85, 600, Severity.WARNING),
        "HighMemoryUsage": (0.9, 300, Severity.CRITICAL),
        "RedisMemoryHigh": (0.9, 300, Severity.WARNING),
        "LowCacheHitRate": (0.7, 600, Severity.WARNING),
        "DiskSpaceLow": (0.1, 300, Severity.CRITICAL),
        "DeliveriesLate": (0.01, 300, Severity.WARNING),
        "DeliveriesMissed": (0, 60, Severity.CRITICAL),
        "DeadLetters": (0, 300, Severity.WARNING),
        "BreakerOpen": (0, 600, Severity.WARNING),
        "ReplicaLag": (10, 300, Severity.WARNING),
    },
    "reconciliation": {
        "HighErrorRate": (0.01, 120, Severity.WARNING),
        "HighLatency": (0.15, 300, Severity.WARNING),
        "APIDown": (1, 60, Severity.CRITICAL),
        "LowThroughput": (2000, 300, Severity.WARNING),
        "SlowQueries": (0.1, 180, Severity.WARNING),
        "HighMemoryUsage": (0.8, 300, Severity.CRITICAL),
    },
    "platform": {
        "HighErrorRate": (0.05, 300, Severity.WARNING),
        "HighLatency": (0.5, 300, Severity.WARNING),
        "APIDown": (1, 60, Severity.CRITICAL),
        "LowThroughput": (1000, 300, Severity.WARNING),
        "HighDatabaseConnections": (0.8, 300, Severity.WARNING),
        "SlowQueries": (1, 300, Severity.WARNING),
        "HighCPUUsage": (0.85, 600, Severity.WARNING),
        "HighMemoryUsage": (0.9, 300, Severity.CRITICAL),
        "RedisMemoryHigh": (0.9, 300, Severity.WARNING),
        "LowCacheHitRate": (0.7, 600, Severity.WARNING),
        "DiskSpaceLow": (0.1, 300, Severity.CRITICAL),
    },
}
"""Bound, seconds and severity of each alert that was asked for."""


@pytest.mark.parametrize("profile", ALERTS)
def test_a_profile_alerts_where_when_and_whom_it_was_asked_to(profile: str) -> None:
    alerts = {
        budget.alert.name: (budget.bound.value, budget.alert.lasts.value, budget.alert.severity)
        for budget in read_file(path_of(profile)).budgets
        if budget.alert is not None
    }

    assert {name: alerts[name] for name in ALERTS[profile]} == ALERTS[profile]


@pytest.mark.parametrize("profile", PROMISED)
def test_every_alert_of_a_profile_says_what_it_means_and_what_to_look_at(profile: str) -> None:
    alerts = [each.alert for each in read_file(path_of(profile)).budgets if each.alert is not None]

    assert [each.name for each in alerts if not each.means or not each.steps] == []


@pytest.mark.parametrize("profile", PROMISED)
def test_a_profile_keeps_an_error_budget_of_a_month_for_latency_and_availability(profile: str) -> None:
    kept = {each.indicator: each.window.text for each in read_file(path_of(profile)).budgets if each.window}

    assert {"latency p95": "30d", "availability": "30d"}.items() <= kept.items()
