"""The four kinds of metric: what they say, and that halves add up to the whole."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.measure.tallies import PLAIN_SCALE, Counter, Gauge, Rate, Trend

READINGS = st.lists(
    st.tuples(st.integers(min_value=0, max_value=10**9), st.integers(min_value=-100, max_value=100)),
    min_size=1,
    max_size=30,
    unique_by=lambda each: each[0],
)


@given(READINGS, st.randoms(use_true_random=False))
def test_a_gauge_keeps_its_extremes_and_the_last_reading_in_whatever_order_parts_come(
    readings: list[tuple[int, int]], chance: random.Random
) -> None:
    parts = [Gauge(), Gauge(), Gauge()]
    for at, value in readings:
        chance.choice(parts).set(value, at)
    chance.shuffle(parts)
    whole = Gauge()
    for part in parts:
        whole.merge(part)
    values = [value for _, value in readings]

    assert (whole.low, whole.high) == (min(values), max(values))
    assert (whole.value, whole.at) == (max(readings)[1], max(readings)[0])


def test_a_gauge_that_was_never_set_changes_nothing() -> None:
    gauge = Gauge()
    gauge.set(5, at=7)
    gauge.merge(Gauge())

    assert gauge == Gauge(5, 5, 5, 7)


@given(st.lists(st.booleans(), max_size=50), st.integers(min_value=0, max_value=50))
def test_rates_of_parts_add_up(hits: list[bool], cut: int) -> None:
    first, second, whole = Rate(), Rate(), Rate()
    for part, seen in ((first, hits[:cut]), (second, hits[cut:]), (whole, hits)):
        for hit in seen:
            part.add(hit=hit)
    first.merge(second)

    assert first == whole
    assert whole.share == (sum(hits) / len(hits) if hits else 0.0)


def test_counters_add_up() -> None:
    first, second = Counter(), Counter()
    first.add(2)
    second.add(0.5)
    first.merge(second)

    assert first.value == 2.5


def test_a_trend_of_times_speaks_milliseconds() -> None:
    trend = Trend()
    trend.add(12.345678)

    assert trend.mean == 12.345678
    assert trend.percentile(100) == 12.345678


def test_a_trend_of_anything_counts_thousandths_also_below_nothing() -> None:
    trend = Trend(scale=PLAIN_SCALE)
    for value in (-1.5, 0.0, 2.25):
        trend.add(value)

    assert (trend.percentile(0), trend.percentile(50), trend.percentile(100)) == (-1.5, 0.0, 2.25)
    assert trend.mean == pytest.approx(0.25)
