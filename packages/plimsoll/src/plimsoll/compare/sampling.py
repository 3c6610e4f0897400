"""How far chance alone moves a percentile of one run: what its own requests say, and nothing of the machine.

A percentile lies between two order statistics whose ranks follow from the binomial distribution (David and Nagaraja,
Order Statistics, 7.1). Requests are taken as independent, which those of one stall are not: the truth is wider.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from plimsoll.compare.figures import Figure
from plimsoll.compare.signed_rank import Interval
from plimsoll.measure.run import Run
from plimsoll.measure.tallies import Trend

_LEAST = 1e-9  # of a bound, so that it has a logarithm


def sampled(figure: Figure, baseline: Run, candidate: Run, confidence: float = 0.95) -> Interval | None:
    """Return the ratio of two single runs as far as chance in the requests alone says, above 1 for worse.

    The bounds hold with `confidence` or more: each run's interval is made so wide that both hold at once.

    Returns:
        None where the figure is no percentile, or nothing was recorded.
    """
    before, after = figure.of(baseline), figure.of(candidate)
    each = 1 - (1 - confidence) / 2
    around_before, around_after = _bounds(figure, baseline, each), _bounds(figure, candidate, each)
    if not before or not after or around_before is None or around_after is None:
        return None
    ratios = sorted(
        math.exp(figure.worsening(max(one, _LEAST), max(other, _LEAST)))
        for one, other in zip(reversed(around_before), around_after, strict=True)
    )
    return Interval(math.exp(figure.worsening(before, after)), ratios[0], ratios[1], confidence, 1)


def _bounds(figure: Figure, run: Run, confidence: float) -> tuple[float, float] | None:
    tally = run.recording.select(figure.metric, dict(figure.having))
    share = figure.share
    if not isinstance(tally, Trend) or share is None or not tally.histogram.count:
        return None
    width = NormalDist().inv_cdf((1 + confidence) / 2) * math.sqrt(share * (1 - share) / tally.histogram.count)
    low, high = max(0.0, share - width), min(1.0, share + width)
    return tally.percentile(100 * low), tally.percentile(100 * high)
