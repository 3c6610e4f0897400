"""The four kinds of metric that k6 names: counter, gauge, rate, trend. Each merges exactly."""

from __future__ import annotations

from dataclasses import dataclass, field

from plimsoll.measure.histogram import Histogram

TIME_SCALE = 1_000_000
"""A trend of times counts nanoseconds and speaks milliseconds."""
PLAIN_SCALE = 1_000
"""A trend of anything else counts thousandths."""


@dataclass(slots=True)
class Counter:
    """A sum that only grows."""

    value: float = 0.0

    def add(self, value: float) -> None:
        """Add to it."""
        self.value += value

    def merge(self, other: Counter) -> None:
        """Add what another counted."""
        self.value += other.value


@dataclass(slots=True)
class Gauge:
    """A value that comes and goes.

    Attributes:
        value: The last one.
        low: The smallest; None while there was none.
        high: The largest; None while there was none.
        at: When the last one was set, in nanoseconds on the run's own clock: so the later of two wins when they merge.
    """

    value: float = 0.0
    low: float | None = None
    high: float | None = None
    at: int = -1

    def set(self, value: float, at: int) -> None:
        """Set it."""
        self.merge(Gauge(value, value, value, at))

    def merge(self, other: Gauge) -> None:
        """Widen to another's extremes, and take its value where it was set later."""
        if other.low is None or other.high is None:
            return
        self.low = other.low if self.low is None else min(self.low, other.low)
        self.high = other.high if self.high is None else max(self.high, other.high)
        if other.at >= self.at:
            self.value, self.at = other.value, other.at


@dataclass(slots=True)
class Rate:
    """How many of all were so.

    Attributes:
        hits: How many were so: for `checks` those that held, for `http_req_failed` those that failed.
        count: How many there were.
    """

    hits: int = 0
    count: int = 0

    @property
    def share(self) -> float:
        """Between 0 and 1; 0 while there was none."""
        return self.hits / self.count if self.count else 0.0

    def add(self, *, hit: bool) -> None:
        """Count one."""
        self.hits += hit
        self.count += 1

    def merge(self, other: Rate) -> None:
        """Add what another counted."""
        self.hits += other.hits
        self.count += other.count


@dataclass(slots=True)
class Trend:
    """How values are distributed.

    Attributes:
        histogram: The values times `scale`, as whole numbers.
        scale: What one unit of the metric is counted as.
    """

    histogram: Histogram = field(default_factory=Histogram)
    scale: int = TIME_SCALE

    def add(self, value: float) -> None:
        """Count a value, in units of the metric (milliseconds where it is a time)."""
        self.histogram.record(round(value * self.scale))

    def merge(self, other: Trend) -> None:
        """Add what another counted."""
        self.histogram.merge(other.histogram)

    @property
    def mean(self) -> float:
        """In units of the metric; 0 while empty."""
        return self.histogram.mean / self.scale

    def percentile(self, percent: float) -> float:
        """Return a percentile in units of the metric; see `Histogram.percentile`."""
        return self.histogram.percentile(percent) / self.scale


Tally = Counter | Gauge | Rate | Trend
