"""Error budgets burn as the Site Reliability Workbook, chapter 5, has it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.budget.burn import DAY, DIGITS, HOUR, MINUTE, STEEPEST, burns_of, noticed_after, shortest_window
from plimsoll.budget.file.model import Severity

MONTH = 30 * DAY


def test_the_pairs_of_windows_are_those_of_the_workbook() -> None:
    assert [(each.factor, each.long, each.short, each.severity) for each in burns_of(MONTH)] == [
        (14.4, HOUR, 5 * MINUTE, Severity.CRITICAL),
        (6, 6 * HOUR, 30 * MINUTE, Severity.CRITICAL),
        (3, DAY, 2 * HOUR, Severity.WARNING),
        (1, 3 * DAY, 6 * HOUR, Severity.WARNING),
    ]


def test_each_alert_stands_for_its_share_of_the_budget() -> None:
    assert [each.spent(MONTH) for each in burns_of(MONTH)] == pytest.approx([0.02, 0.05, 0.10, 0.10])


@given(st.integers(7, 365))
def test_another_window_keeps_these_shares(days: int) -> None:
    spent = [each.spent(days * DAY) for each in burns_of(days * DAY)]

    assert spent == pytest.approx([0.02, 0.05, 0.10, 0.10], rel=0.04)  # windows are whole minutes


@given(st.integers(7, 365))
def test_windows_are_whole_minutes_and_the_short_one_is_shorter(days: int) -> None:
    for burn in burns_of(days * DAY):
        assert burn.long % MINUTE == burn.short % MINUTE == 0
        assert 2 * MINUTE <= burn.short < burn.long / 3


def test_a_shorter_budget_than_a_week_would_look_at_fewer_scrapes_than_an_alert_needs() -> None:
    assert burns_of(shortest_window())[0].short == 2 * MINUTE
    assert shortest_window() == 7 * DAY


@pytest.mark.parametrize(
    ("bad", "seconds"),
    [(1.0, 51.84), (0.1, 518.4), (0.0145, 3575.2), (0.0144, None), (0.001, None)],
)
def test_how_long_an_outage_takes_to_be_noticed(bad: float, seconds: float | None) -> None:
    """The workbook's detection time: (1 - objective) / bad share, times window and factor, where rates show at once."""
    steepest = burns_of(MONTH)[0]

    assert noticed_after(steepest, 0.999, bad, rate=0) == (
        None if seconds is None else pytest.approx(seconds, rel=1e-4)
    )


@given(st.floats(0.94, 0.9999), st.floats(0.001, 1))
def test_what_burns_at_the_factor_or_below_is_never_noticed_and_what_burns_faster_within_the_window(
    objective: float, bad: float
) -> None:
    for burn in burns_of(MONTH):
        after = noticed_after(burn, objective, bad, rate=300)
        assert (after is None) == (bad <= round(burn.factor * (1 - objective), DIGITS))
        assert after is None or 0 < after < burn.long + 300


def test_at_93_06_percent_even_an_outage_of_everything_burns_no_faster_than_the_steepest_factor() -> None:
    steepest, limit = burns_of(MONTH)[0], 1 - 1 / STEEPEST

    assert limit == pytest.approx(0.930556, abs=1e-6)
    assert noticed_after(steepest, limit, 1, rate=0) is None
    assert noticed_after(steepest, limit + 1e-4, 1, rate=0) is not None
