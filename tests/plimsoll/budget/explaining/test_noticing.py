"""How soon an outage is noticed and what it costs: the closed form agrees with adding up the seconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.budget.alerts import BURN, Told, alerts_of, by_name
from plimsoll.budget.burn import burns_of, noticed_after
from plimsoll.budget.explaining.noticing import lasts, noticed, within
from plimsoll.budget.file.model import Severity
from plimsoll.budget.file.reading import read_text

DAY = 86_400.0
FILE = """
service: {name: shop}
watch: {sources: {http: 'job="shop"', node: 'job="node"'}}
budgets:
  - {name: availability, indicator: availability, target: 99.9 %, window: 30d}
  - {name: latency, indicator: latency p95, target: 500 ms, window: 30d, alert: {name: Slow, for: 5m}}
  - {name: cpu, indicator: cpu, target: 80 %, action: alert, alert: {name: Busy, for: 10m}}
  - {name: disk, indicator: disk free, target: 10 %, action: alert, alert: {name: Full, for: 5m, severity: critical}}
"""


def alerts(name: str, budget: str) -> list[Told]:
    return [each for each in by_name(alerts_of(read_text(FILE)))[name] if each.promise.budget.name == budget]


def added_up(objective: float, bad: float, factor: float, window: float, rate: float) -> float:
    """Return the first second at which the window's share is above the factor, by playing the outage."""
    total, at = 0.0, 0

    def seen(second: int) -> float:
        return bad * min(second / rate, 1.0) if second > 0 else 0.0

    while total <= window * factor * (1 - objective):
        at += 1
        total += seen(at) - seen(at - round(window))
    return at


@given(
    bad=st.floats(0.02, 1),
    objective=st.sampled_from([0.99, 0.999]),
    number=st.integers(0, 1),
)
def test_the_time_is_what_adding_up_the_rates_of_each_moment_gives(bad: float, objective: float, number: int) -> None:
    burn = burns_of(30 * DAY)[number]
    found = noticed_after(burn, objective, bad, 300)

    if bad <= burn.factor * (1 - objective) * 1.02:  # at the very edge the last second is endless
        return
    assert found == pytest.approx(added_up(objective, bad, burn.factor, burn.long, 300), abs=3)


def test_an_outage_that_the_budget_allows_is_never_noticed_and_costs_nothing() -> None:
    found = noticed(alerts(BURN, "availability"), 0.001)

    assert (found.critical, found.warning, found.spent, found.empty) == (None, None, None, None)


def test_the_larger_the_outage_the_sooner_it_wakes_somebody_and_the_sooner_the_budget_is_gone() -> None:
    small, large, whole = (noticed(alerts(BURN, "availability"), bad) for bad in (0.01, 0.1, 1.0))

    assert [round(each.critical or 0) for each in (small, large, whole)] == [13_110, 668, 176]
    assert [round(each.empty or 0) for each in (small, large, whole)] == [259_200, 25_920, 2592]
    assert small.spent == pytest.approx(0.0506, abs=1e-4)


def test_an_alert_on_a_percentile_fires_when_its_share_of_the_rates_window_is_bad_and_has_lasted() -> None:
    slow = noticed(alerts("Slow", "latency"), 1.0)

    assert slow.warning == pytest.approx(0.05 * 300 + 5 * 60)
    assert slow.critical is None
    assert noticed(alerts("Slow", "latency"), 0.05).warning is None


def test_a_gauge_is_seen_at_once_and_a_counter_after_the_rates_window() -> None:
    assert within(alerts("Full", "disk")[0]) == 5 * 60
    assert within(alerts("Busy", "cpu")[0]) == 15 * 60


def test_an_error_budget_lasts_for_good_where_no_more_is_bad_than_may_be() -> None:
    promise = alerts(BURN, "availability")[0].promise

    assert lasts(promise, 0.001) is None
    assert lasts(promise, 0.002) == pytest.approx(15 * DAY)


def test_every_budget_with_a_window_has_an_alert_for_each_pair_of_windows_of_its_severity() -> None:
    severities = [each.severity for each in alerts(BURN, "availability")]

    assert severities == [Severity.CRITICAL, Severity.CRITICAL, Severity.WARNING, Severity.WARNING]
