"""Runs made by hand: what they measured is what a test says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from plimsoll.measure import names
from plimsoll.measure.recording import Recording
from plimsoll.measure.run import Judged, Run
from plimsoll.measure.tallies import Rate, Trend
from plimsoll.measure.timeline import Timeline

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)

MakeRun = Callable[..., Run]


@pytest.fixture
def a_run() -> MakeRun:
    """Make a run whose requests all took so many milliseconds."""
    return make_run


def make_run(
    milliseconds: float = 10,
    *,
    after: timedelta = timedelta(0),
    reasons: tuple[str, ...] = (),
    thresholds: tuple[Judged, ...] = (),
    failed: int = 0,
    partial: str | None = None,
    **environment: str,
) -> Run:
    recording = Recording()
    latency, failures = recording.tally(names.HTTP_REQ_LATENCY), recording.tally(names.HTTP_REQ_FAILED)
    assert isinstance(latency, Trend)
    assert isinstance(failures, Rate)
    latency.histogram.record(round(milliseconds * latency.scale), 1000)
    failures.merge(Rate(failed, 1000))
    return Run(
        "checkout",
        NINE + after,
        timedelta(seconds=10),
        (),
        recording,
        Timeline(),
        thresholds=thresholds,
        reasons=reasons,
        partial=partial,
        environment={"machine": "one", **environment},
    )
