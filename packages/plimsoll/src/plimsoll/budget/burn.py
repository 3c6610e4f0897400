"""How fast an error budget burns, over which windows that is looked at, and what each size of outage costs of it.

The four windows and factors are those of the Site Reliability Workbook, chapter 5, for a budget of 30 days; those of
another budget are stretched with it, so that each alert still stands for the same share of the budget.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

from plimsoll.budget.file.model import Severity

MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 86_400.0
_USUAL: Final = 30 * DAY
DIGITS: Final = 12
"""Of a share; more are noise, such as in 1 - 0.999."""
_SHORTEST: Final = 7 * DAY
_LONGEST: Final = 5 * 366 * DAY


@dataclass(frozen=True, slots=True)
class Burn:
    """One pair of windows, both of which must burn faster than the factor.

    Attributes:
        factor: How many times faster than a budget that lasts exactly its window.
        long: Seconds; long enough that a blip does not count.
        short: Seconds; short enough that the alert ends soon after the cause.
        severity: Whom it wakes.
    """

    factor: float
    long: float
    short: float
    severity: Severity

    def spent(self, window: float) -> float:
        """Return the share of the budget that is spent when it fires after a steady burn at its factor."""
        return self.factor * self.long / window


_BURNS: Final = (
    Burn(14.4, HOUR, 5 * MINUTE, Severity.CRITICAL),
    Burn(6, 6 * HOUR, 30 * MINUTE, Severity.CRITICAL),
    Burn(3, DAY, 2 * HOUR, Severity.WARNING),
    Burn(1, 3 * DAY, 6 * HOUR, Severity.WARNING),
)
STEEPEST: Final = _BURNS[0].factor


def burns_of(window: float) -> tuple[Burn, ...]:
    """Return the pairs of windows for a budget of so many seconds, the steepest first."""
    stretch = window / _USUAL
    return tuple(
        Burn(each.factor, _whole_minutes(each.long * stretch), _whole_minutes(each.short * stretch), each.severity)
        for each in _BURNS
    )


def shortest_window() -> float:
    """Return the shortest budget, in seconds, whose shortest window still holds several scrapes."""
    return _SHORTEST


def longest_window() -> float:
    """Return the longest budget, in seconds, whose rendered tests promtool gets through in seconds.

    Its longest test lasts for three and a half of its shortest pair's long windows; of twice as many days it takes half
    a minute, and of three times as many it is refused: no query may read more than 10,000 values.
    """
    return _LONGEST


def budget_of(objective: float) -> float:
    """Return the share of events that may be bad: what an objective leaves as error budget."""
    return round(1 - objective, DIGITS)


def noticed_after(burn: Burn, objective: float, bad: float, rate: float) -> float | None:
    """Return how many seconds an outage lasts before a burn alert fires, from no bad events to a steady share of them.

    Args:
        burn: Which alert.
        objective: The share of good events that is promised.
        bad: The share of bad events in the outage, 0 to 1.
        rate: Over how many seconds counters are looked at.

    Returns:
        The time in which both windows' shares of bad events reach the factor; None where they never do.
    """
    needed = round(burn.factor * (1 - objective), DIGITS)
    if bad <= needed:
        return None
    return max(_reached(needed / bad, window, rate) for window in (burn.long, burn.short))


def _reached(part: float, window: float, rate: float) -> float:
    """Return when a window's share of bad events has come to a part of the outage's.

    A longer window adds up rates, which themselves grow for `rate` seconds before they show the whole outage.
    """
    if window <= rate:
        return part * window
    ramp = rate / (2 * window)
    if part <= ramp:
        return sqrt(2 * rate * window * part)
    if part <= 1 - ramp:
        return window * part + rate / 2
    return window + rate - sqrt(2 * rate * window * (1 - part))


def _whole_minutes(seconds: float) -> float:
    return max(2, round(seconds / MINUTE)) * MINUTE
