"""A tally as the handful of figures that k6 gives of it, by k6's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plimsoll.measure.tallies import Counter, Gauge, Rate, Tally, Trend

PERCENTILES: Final = (90.0, 95.0)
"""k6's own; `summaryTrendStats` there."""


def values_of(tally: Tally, seconds: float, percents: tuple[float, ...] = PERCENTILES) -> Mapping[str, float]:
    """Return the figures of a tally, in the metric's units.

    Args:
        tally: What was recorded.
        seconds: How long it was recorded for, which is what a counter's rate is by.
        percents: Which percentiles of a trend.

    Returns:
        Trend: `avg`, `min`, `med`, `max`, `p(90)`, `p(95)`. Counter: `count`, `rate`. Gauge: `value`, `min`, `max`.
        Rate: `rate`, `passes`, `fails`; as in k6 `passes` counts what was so: of `http_req_failed` the failures.
    """
    match tally:
        case Counter():
            return {"count": tally.value, "rate": tally.value / seconds if seconds > 0 else 0.0}
        case Gauge():
            return {"value": tally.value, "min": tally.low or 0.0, "max": tally.high or 0.0}
        case Rate():
            return {"rate": tally.share, "passes": tally.hits, "fails": tally.count - tally.hits}
        case Trend():
            return _of_trend(tally, percents)


def _of_trend(trend: Trend, percents: tuple[float, ...]) -> Mapping[str, float]:
    low, med, high, *rest = (each / trend.scale for each in trend.histogram.percentiles((0.0, 50.0, 100.0, *percents)))
    named = {f"p({percent:g})": value for percent, value in zip(percents, rest, strict=True)}
    return {"avg": trend.mean, "min": low, "med": med, "max": high, **named}
