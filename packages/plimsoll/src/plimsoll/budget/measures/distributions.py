"""Distributions kept as histograms: percentiles and means."""

from __future__ import annotations

from dataclasses import dataclass

from plimsoll.budget.measures.contract import TRAFFIC, Fed
from plimsoll.budget.promql import Matcher, Selector, number


@dataclass(frozen=True, slots=True)
class Quantile:
    """A percentile of a histogram.

    Attributes:
        histogram: Its name without `_bucket`.
        q: The percentile as a share, such as 0.95.
        buckets: The upper bounds that it is known to have; empty where they are not known.
    """

    histogram: Selector
    q: float
    buckets: tuple[float, ...] = ()

    def value(self, window: str) -> str:
        """Return the percentile."""
        buckets = f"sum by (le) (rate({self.histogram.named('_bucket')}[{window}]))"
        return f"histogram_quantile({number(self.q)}, {buckets}) and {self.total(window)} > 0"

    def bad(self, window: str, bound: float) -> str:
        """Return the events above the bound a second: exact, because a bucket ends there."""
        within = self.histogram.named("_bucket").where(_up_to(bound))
        total = self.total(window)
        return f"{total} - (sum(rate({within}[{window}])) or 0 * {total})"

    def total(self, window: str) -> str:
        """Return all events a second."""
        return f"sum(rate({self.histogram.named('_count')}[{window}]))"

    def fed(self, value: float) -> tuple[Fed, ...]:
        """Return a histogram with this percentile: it is where a bucket ends."""
        return self.fed_share(1 - self.q, value)

    def fed_share(self, bad: float, bound: float) -> tuple[Fed, ...]:
        """Return a histogram with this share above the bound."""
        bucket, count = self.histogram.named("_bucket"), self.histogram.named("_count")
        within = (1 - bad) * TRAFFIC
        return (
            Fed(bucket.example(le=bucket_label(bound)), 0, within),
            Fed(bucket.example(le=bucket_label(10 * bound)), 0, TRAFFIC),
            Fed(bucket.example(le="+Inf"), 0, TRAFFIC),
            Fed(count.example(), 0, TRAFFIC),
        )

    def reads(self) -> tuple[Selector, ...]:
        """Return the histogram's buckets and its count."""
        return (self.histogram.named("_bucket"), self.histogram.named("_count"))


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of what a histogram or summary adds up; of several groups, the worst's.

    Attributes:
        histogram: Its name without `_sum`.
        by: The labels that make a group; one group of all where empty.
        least: Groups with fewer events a second have no mean: one slow query an hour says nothing.
    """

    histogram: Selector
    by: tuple[str, ...] = ()
    least: float = 0.0

    def value(self, window: str) -> str:
        """Return the mean."""
        by = f" by ({', '.join(self.by)})" if self.by else ""
        enough = f">= {number(self.least)}" if self.least else "> 0"
        mean = (
            f"sum{by} (rate({self.histogram.named('_sum')}[{window}]))"
            f" / (sum{by} (rate({self.histogram.named('_count')}[{window}])) {enough})"
        )
        return f"max({mean})" if self.by else mean

    def fed(self, value: float) -> tuple[Fed, ...]:
        """Return a sum and a count with this mean."""
        return (
            Fed(self.histogram.named("_sum").example(), 0, value * TRAFFIC),
            Fed(self.histogram.named("_count").example(), 0, TRAFFIC),
        )

    def reads(self) -> tuple[Selector, ...]:
        """Return the sum and the count."""
        return (self.histogram.named("_sum"), self.histogram.named("_count"))


def bucket_label(bound: float) -> str:
    """Return a bound as client libraries write it in the label `le`: with a point, `1.0` and `0.005`."""
    return repr(float(number(bound)))


def _up_to(bound: float) -> Matcher:
    """Match a bucket however its bound is written: Go writes `1`, Python `1.0`."""
    written = dict.fromkeys((bucket_label(bound), number(bound)))
    if len(written) == 1:
        return Matcher("le", "=", next(iter(written)))
    return Matcher("le", "=~", "|".join(each.replace(".", r"\.") for each in written))
