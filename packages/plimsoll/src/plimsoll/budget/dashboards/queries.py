"""Queries that panels ask, written from selectors: rates, percentiles, means; 0 rather than nothing."""

from __future__ import annotations

from plimsoll.budget.dashboards.panel import RATE
from plimsoll.budget.promql import Selector, number


def rate(counter: Selector, *by: str) -> str:
    """Return events a second, added up by labels."""
    return f"sum{_by(by)} (rate({counter}[{RATE}]))"


def quantile(q: float, histogram: Selector, *by: str) -> str:
    """Return a percentile by labels; absent where nothing happened, which would be no number."""
    buckets = f"sum by ({', '.join(('le', *by))}) (rate({histogram.named('_bucket')}[{RATE}]))"
    return f"histogram_quantile({number(q)}, {buckets}) and {rate(histogram.named('_count'), *by)} > 0"


def mean(histogram: Selector, *by: str) -> str:
    """Return a mean by labels; absent where nothing happened."""
    return f"{rate(histogram.named('_sum'), *by)} / ({rate(histogram.named('_count'), *by)} > 0)"


def spread(histogram: Selector) -> str:
    """Return how many events a second fell into each bucket."""
    return f"sum by (le) (rate({histogram.named('_bucket')}[{RATE}]))"


def total(gauge: Selector, *by: str) -> str:
    """Return a gauge, added up by labels."""
    return f"sum{_by(by)} ({gauge})"


def highest(gauge: Selector, *by: str) -> str:
    """Return the highest of a gauge by labels: what several processes tell of one thing is not added up."""
    return f"max{_by(by)} ({gauge})"


def or_zero(query: str) -> str:
    """Return the query, and 0 where it finds nothing: for what has no series before it first happens."""
    return f"({query}) or on() vector(0)"


def _by(labels: tuple[str, ...]) -> str:
    return f" by ({', '.join(labels)})" if labels else ""
