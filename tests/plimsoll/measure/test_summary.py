"""The figures of a metric, by k6's names."""

from __future__ import annotations

from plimsoll.measure.summary import values_of
from plimsoll.measure.tallies import PLAIN_SCALE, Counter, Gauge, Rate, Trend


def test_each_kind_gives_what_k6_gives() -> None:
    trend = Trend(scale=PLAIN_SCALE)
    for value in (1, 2, 3):
        trend.add(value)

    assert set(values_of(trend, 10)) == {"avg", "min", "med", "max", "p(90)", "p(95)"}
    assert values_of(trend, 10)["avg"] == 2
    assert values_of(Counter(30), 10) == {"count": 30, "rate": 3}
    assert values_of(Gauge(5, 2, 9, 1), 10) == {"value": 5, "min": 2, "max": 9}
    assert values_of(Rate(1, 4), 10) == {"rate": 0.25, "passes": 1, "fails": 3}


def test_a_run_of_no_length_has_no_rate() -> None:
    assert values_of(Counter(30), 0) == {"count": 30, "rate": 0}


def test_further_percentiles_are_had_by_asking() -> None:
    trend = Trend(scale=PLAIN_SCALE)
    trend.add(7)

    assert values_of(trend, 1, (99.9,))["p(99.9)"] == 7
