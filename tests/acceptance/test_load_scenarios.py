"""Promise: the scenarios of `perf/plimsoll.yaml` load a running Natalis, and judge it by its budgets."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from natalis.testing.machine import Machine, fetched, first_answer
from plimsoll.measure.results import decode_run
from plimsoll.measure.run import Run
from plimsoll.measure.tallies import Counter, Rate

pytestmark = pytest.mark.network
PLIMSOLL = Path(sys.executable).with_name("plimsoll")
BUDGET = Path(__file__).parents[2] / "perf" / "plimsoll.yaml"


@pytest.fixture
def natalis(machine: Machine) -> Iterator[str]:
    """Start Natalis with a provider; gives the address of its API."""
    with machine.running("mock-provider", "--port", "0", "--flawless", "--json") as provider:
        machine.settings["NATALIS_PROVIDER_URL"] = first_answer(provider)["url"]
        with machine.running("up", "--json") as process:
            yield first_answer(process)["api"]


def loaded(url: str, scenario: str, time_scale: int, folder: Path) -> Run:
    """Run a scenario, so many times faster than it is written."""
    result = folder / f"{scenario}.json"
    options = ("--budget", BUDGET, "--scenario", scenario, "--url", url, "--time-scale", str(time_scale))
    command = [str(each) for each in (PLIMSOLL, "load", "run", *options, "--quiet", "--out", result)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in {0, 5, 99}, done.stderr  # a busy machine may be too slow for a budget, or for the load
    return decode_run(result.read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "time_scale"), [("smoke", 60), ("mixed", 300), ("nine-oclock", 40)])
def test_a_scenario_is_carried_out_on_a_running_natalis(
    natalis: str, tmp_path: Path, scenario: str, time_scale: int
) -> None:
    run = loaded(natalis, scenario, time_scale, tmp_path)

    assert run.name == f"natalis {scenario}"
    assert run.time_scale == time_scale
    failed, checks = run.recording.select("http_req_failed"), run.recording.select("checks")
    assert isinstance(failed, Rate)
    assert isinstance(checks, Rate)
    assert failed.count > 50
    assert (failed.hits, checks.hits) == (0, checks.count), run.error_examples
    names = set(run.recording.values_of("http_reqs", "name"))
    assert names == ({"read user"} if scenario == "nine-oclock" else {"create user", "read user", "delete user"})
    assert {"http_req_latency", "http_req_failed", "checks"} <= {each.metric for each in run.thresholds}
    assert fetched(f"{natalis}/ready")["dependencies"]


@pytest.mark.slow
def test_who_arrives_in_the_million_a_day_has_their_day_today(natalis: str, tmp_path: Path) -> None:
    run = loaded(natalis, "million-a-day", 200, tmp_path)

    created = run.recording.select("http_reqs", {"name": "create user"})
    assert isinstance(created, Counter)
    assert created.value > 10
    assert len(fetched(f"{natalis}/deliveries?limit=10")["items"]) == 10
