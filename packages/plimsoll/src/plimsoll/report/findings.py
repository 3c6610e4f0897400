"""What is said of a run, as plain rows: every report is made from these, whether Plimsoll ran it or k6 did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from plimsoll.measure.histogram import Histogram
from plimsoll.measure.recording import Metric, Tags
from plimsoll.measure.run import Judged, Scenario, Verdict

MONTH: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Figures:
    """One metric, or a part of it that a threshold asks for.

    Attributes:
        metric: What it is.
        selector: Its name, with the tags where it is a part: `http_req_duration{name:create}`.
        values: By k6's names; see `measure.summary`.
        tags: Of a part; empty for the whole.
    """

    metric: Metric
    selector: str
    values: Mapping[str, float]
    tags: Tags = ()


@dataclass(frozen=True, slots=True)
class Check:
    """How often a check held.

    Attributes:
        group: Where it was made, as k6 writes it (`::checkout`); empty for the outermost.
        name: What was checked.
        held: How often it did.
        broken: How often it did not.
        example: What it raised once; empty where it raised nothing.
    """

    group: str
    name: str
    held: int
    broken: int
    example: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Requests of one name and method; times are milliseconds.

    Attributes:
        method: For example `GET`; empty where it is not known.
        name: What the flow called it, or its URL.
        requests: How many ended.
        rate: A second, over the run.
        failed: How many of them failed.
        latency: p50, p90, p95, p99, p99.9 and the longest, from when each was due; empty where nothing was measured.
        service: p50, p95 and p99 from the first byte sent; empty where nothing was measured.
    """

    method: str
    name: str
    requests: int
    rate: float
    failed: int
    latency: tuple[float, ...]
    service: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """Requests that failed for one reason.

    Attributes:
        code: Such as `timeout` or `status 503`.
        count: How many.
        share: Of all requests, 0 to 1.
        example: What one of them said; empty where that is not known.
    """

    code: str
    count: int
    share: float
    example: str


@dataclass(frozen=True, slots=True)
class Point:
    """One stretch of the run; times are milliseconds.

    Attributes:
        at: Seconds after the start at which it begins.
        seconds: How long it is.
        rate: Requests a second that ended.
        iterations: Iterations a second that ended.
        failed: Requests a second that failed.
        dropped: Iterations a second that could not start.
        checks_failed: Checks that did not hold, in all of it.
        vus: The most users that were busy.
        received: Bytes a second.
        sent: Bytes a second.
        latency: p50, p95, p99 and the longest; empty where nothing ended.
        planned: Iterations a second that were due in it; None where the model is closed or the plan not known.
    """

    at: float
    seconds: float
    rate: float
    iterations: float
    failed: float
    dropped: float
    checks_failed: int
    vus: float
    received: float
    sent: float
    latency: tuple[float, ...]
    planned: float | None


@dataclass(frozen=True, slots=True)
class Burn:
    """What the run would have burned of a month's error budget, had real users met it.

    Attributes:
        objective: Which share of requests shall succeed.
        speed: How many times faster than allowed: 1 spends the whole budget in exactly a month.
        share: Of the budget of a month of such traffic, 0 to 1 and beyond.
    """

    objective: float
    speed: float
    share: float


@dataclass(frozen=True, slots=True)
class Findings:
    """All that is said of a run.

    Attributes:
        name: What it is called.
        verdict: PASS, FAIL or INVALID.
        reasons: Why it is INVALID.
        warnings: What a reader should know besides.
        partial: Why it ended early; None for a whole run.
        started_at: When load began (UTC); None where it is not known.
        lasted: How long load lasted.
        scenarios: What was to be done.
        metrics: Of each metric recorded, and of the parts that thresholds ask for.
        thresholds: As judged.
        checks: In the order of groups and names.
        endpoints: The busiest first.
        failures: The most frequent first.
        points: The run over time; empty where it is not known.
        latency: Nanoseconds from when requests were due; None where it is not known.
        service: Nanoseconds from the first byte sent; None where it is not known.
        burn: Of the error budget; None where no request was made.
        is_open: Whether any arrivals were due at instants of their own.
        shards: Which parts of a divided run these are.
        time_scale: By how much all durations were divided.
        environment: What else is known.
        made_by: `Plimsoll` or `k6`.
    """

    name: str
    verdict: Verdict
    lasted: timedelta
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    partial: str | None = None
    started_at: datetime | None = None
    scenarios: tuple[Scenario, ...] = ()
    metrics: tuple[Figures, ...] = ()
    thresholds: tuple[Judged, ...] = ()
    checks: tuple[Check, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    failures: tuple[Failure, ...] = ()
    points: tuple[Point, ...] = ()
    latency: Histogram | None = None
    service: Histogram | None = None
    burn: Burn | None = None
    is_open: bool = False
    shards: tuple[str, ...] = ()
    time_scale: float = 1.0
    environment: Mapping[str, str] = field(default_factory=dict)
    made_by: str = "Plimsoll"

    def figures(self, name: str) -> Mapping[str, float]:
        """Return the figures of a whole metric; empty where it was not recorded."""
        return next((each.values for each in self.metrics if each.selector == name), {})


def burn_of(requests: float, failed: float, lasted: timedelta, objective: float) -> Burn | None:
    """Return what so many failures would have burned of a month's budget, at the traffic of the run.

    Source: Google, "The Site Reliability Workbook", chapter 5: the burn rate is the share of errors over the share
    that the objective allows; what is burned is that times the share of the window that passed.
    """
    if requests <= 0 or not 0 < objective < 1:
        return None
    speed = failed / requests / (1 - objective)
    return Burn(objective, speed, speed * (lasted / MONTH))
