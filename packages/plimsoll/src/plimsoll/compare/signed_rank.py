"""The statistics of pairs: where their differences lie, and how surely, whatever their distribution.

The estimate is the median of all Walsh averages (Hodges and Lehmann 1963), the interval comes from inverting Wilcoxon's
signed-rank test with its exact distribution. Both ask only that a difference is as likely to lie so far above its
middle as below, which pairing gives: no normal distribution, and a few wild rounds move little. A t interval would be
narrower on quiet machines and is thrown by a single stall.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist, median

_EXACT_UP_TO = 60  # pairs; beyond it the normal approximation is right to three digits


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and what surrounds it.

    Attributes:
        estimate: The most plausible value.
        low: Its lower bound; minus infinity where there are too few pairs to say.
        high: Its upper bound; infinity where there are too few pairs to say.
        confidence: With which probability such an interval holds the truth, for example 0.95.
        pairs: From how many it was made.
    """

    estimate: float
    low: float
    high: float
    confidence: float
    pairs: int


def locate(differences: Sequence[float], confidence: float) -> Interval:
    """Return where differences lie.

    Args:
        differences: One for each pair, in any unit; at least one.
        confidence: Between 0 and 1.

    Raises:
        ValueError: There are no differences.
    """
    if not differences:
        raise ValueError("no pair was measured")
    averages = walsh_averages(differences)
    outside = critical(len(differences), (1 - confidence) / 2)
    if outside == 0:
        return Interval(median(averages), -math.inf, math.inf, confidence, len(differences))
    return Interval(median(averages), averages[outside - 1], averages[-outside], confidence, len(differences))


def walsh_averages(differences: Sequence[float]) -> list[float]:
    """Return the averages of all pairs of values, each with itself too, in order: n(n+1)/2 of them."""
    return sorted((differences[i] + differences[j]) / 2 for i in range(len(differences)) for j in range(i + 1))


def critical(pairs: int, tail: float) -> int:
    """Return how many Walsh averages lie outside the interval on each side; 0 when there are too few pairs.

    It is the largest k for which the rank sum is smaller than k with a probability of at most `tail`.
    """
    if pairs > _EXACT_UP_TO:
        mean = pairs * (pairs + 1) / 4
        spread = math.sqrt(pairs * (pairs + 1) * (2 * pairs + 1) / 24)
        return max(0, math.floor(mean + NormalDist().inv_cdf(tail) * spread + 0.5))
    ways, reached, allowed = rank_sums(pairs), 0, tail * 2**pairs
    for rank_sum, count in enumerate(ways):
        reached += count
        if reached > allowed:
            return rank_sum
    return len(ways)


@cache
def rank_sums(pairs: int) -> tuple[int, ...]:
    """Return in how many of the `2 ** pairs` patterns of signs the positive ranks add up to 0, 1, 2, ..."""
    ways = [1]
    for rank in range(1, pairs + 1):
        longer = ways + [0] * rank
        for rank_sum, count in enumerate(ways):
            longer[rank_sum + rank] += count
        ways = longer
    return tuple(ways)
