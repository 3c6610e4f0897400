"""Commands as they are typed, in this process, and runs that a command can read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plimsoll.cli.app import run
from plimsoll.measure import names
from plimsoll.measure.recording import Recording
from plimsoll.measure.results import encode_run
from plimsoll.measure.run import Run
from plimsoll.measure.tallies import Rate, Trend
from plimsoll.measure.timeline import Timeline

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Typed:
    """What came of a command: its exit code, and what it said."""

    code: int
    out: str
    err: str


@pytest.fixture
def typed(capfd: pytest.CaptureFixture[str]) -> Callable[..., Typed]:
    """Run a command of `plimsoll`."""

    def type_in(*words: object) -> Typed:
        capfd.readouterr()
        code = run([str(word) for word in words])
        said = capfd.readouterr()
        return Typed(code, said.out, said.err)

    return type_in


@pytest.fixture
def run_file(tmp_path: Path) -> Callable[..., Path]:
    """Write the result of a run whose requests took these milliseconds."""

    def write(name: str, *milliseconds: float, reasons: tuple[str, ...] = ()) -> Path:
        path = tmp_path / name
        path.write_bytes(encode_run(a_run(*milliseconds, reasons=reasons)))
        return path

    return write


@pytest.fixture
def make_run() -> Callable[..., Run]:
    """Make a run whose requests took these milliseconds."""
    return a_run


def a_run(
    *milliseconds: float, after: timedelta = timedelta(0), reasons: tuple[str, ...] = (), commit: str = "abc"
) -> Run:
    """Make a run of a thousand requests for each time given."""
    recording = Recording()
    latency, failures = recording.tally(names.HTTP_REQ_LATENCY), recording.tally(names.HTTP_REQ_FAILED)
    assert isinstance(latency, Trend)
    assert isinstance(failures, Rate)
    for each in milliseconds:
        latency.histogram.record(round(each * latency.scale), 1000)
        failures.merge(Rate(0, 1000))
    environment = {"machine": "one", "commit": commit}
    return Run(
        "checkout",
        NINE + after,
        timedelta(seconds=10),
        (),
        recording,
        Timeline(),
        reasons=reasons,
        environment=environment,
    )
