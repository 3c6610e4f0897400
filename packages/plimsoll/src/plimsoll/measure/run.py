"""A whole run: what was asked for, what was recorded, and whether it may be believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from plimsoll.measure.recording import Recording
from plimsoll.measure.timeline import Timeline

OBJECTIVE: Final = 0.999
"""Which share of requests shall succeed over a month, where nobody says otherwise."""


class Verdict(StrEnum):
    """What is said of a run."""

    PASS = "PASS"  # noqa: S105 - not a secret
    FAIL = "FAIL"
    """A threshold was crossed."""
    INVALID = "INVALID"
    """The generator itself was the bottleneck: neither PASS nor FAIL, whatever the figures say."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one scenario of a run was to do, for a report.

    Attributes:
        name: Unique in the run.
        executor: For example `constant-arrival-rate`.
        load: In words, for example `200 iterations/s for 30 s, at most 400 users`.
        is_open: Whether arrivals are due at instants of their own, whatever the service does.
        starts_after: From the start of the run.
        lasts: As planned, without what may still end gracefully.
        stages: Length and target of each stage, in order; empty where there are none.
        plan: What was planned, for the plots: instants after the scenario's start with iterations/s (open) or users
            (closed), to be joined by straight lines; empty where nothing is planned over time.
    """

    name: str
    executor: str
    load: str
    is_open: bool
    starts_after: timedelta
    lasts: timedelta
    stages: tuple[tuple[timedelta, float], ...] = ()
    plan: tuple[tuple[timedelta, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A threshold and what came of it.

    Attributes:
        metric: With the tags that select it, as it was written, for example `http_req_duration{name:create}`.
        condition: As it was written, for example `p(95)<500`.
        holds: Whether it does; None where nothing was recorded to judge it by, which fails no run but is said.
        actual: The figure that was judged, in the metric's units; None where there is none.
        aborted: Whether it ended the run.
    """

    metric: str
    condition: str
    holds: bool | None
    actual: float | None
    aborted: bool = False


@dataclass(slots=True)
class Run:
    """A run, or a shard of one.

    Attributes:
        name: What it is called, for example the flow's file.
        started_at: When load began (UTC).
        lasted: How long load lasted, without setup and teardown.
        scenarios: What was to be done.
        recording: All that was recorded; histograms in full.
        timeline: The same over time.
        thresholds: As judged at the end.
        reasons: Why it is INVALID, a sentence each; empty for a valid run.
        warnings: What a reader should know besides, a sentence each.
        partial: Why it ended early (`interrupted`, the threshold that aborted it, ...); None for a whole run.
        shards: Which parts it holds, for example `1/2`; empty for a run that was not divided.
        time_scale: By how much all durations of the scenarios were divided; 1 for none.
        error_examples: What one error of each code said.
        objective: Which share of requests shall succeed over a month, for what it burned of the error budget.
        environment: What else is known: `commit`, `machine`, `python`, `plimsoll`, `processes`, ...
    """

    name: str
    started_at: datetime
    lasted: timedelta
    scenarios: tuple[Scenario, ...]
    recording: Recording
    timeline: Timeline
    thresholds: tuple[Judged, ...] = ()
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    partial: str | None = None
    shards: tuple[str, ...] = ()
    time_scale: float = 1.0
    error_examples: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    objective: float = OBJECTIVE

    @property
    def verdict(self) -> Verdict:
        """What is said of it."""
        if self.reasons:
            return Verdict.INVALID
        failed = any(each.holds is False for each in self.thresholds)
        return Verdict.FAIL if failed else Verdict.PASS
