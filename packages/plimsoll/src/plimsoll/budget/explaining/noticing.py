"""How soon an outage of each size is noticed, and what it has cost by then: pure arithmetic on alerts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from plimsoll.budget.alerts import Told
from plimsoll.budget.burn import budget_of, noticed_after
from plimsoll.budget.file.model import Severity
from plimsoll.budget.measures import Level, Part, Up
from plimsoll.budget.promises import Promise

SIZES: Final = (0.001, 0.01, 0.1, 1.0)
"""Outages by their share of bad events."""
_AT_ONCE: Final = (Level, Part, Up)


@dataclass(frozen=True, slots=True)
class Noticed:
    """What comes of one size of outage.

    Attributes:
        bad: Its share of bad events.
        critical: After how many seconds a critical alert fires; None where none does.
        warning: The same of a warning.
        spent: The share of the error budget that is gone when the first of them fires; None where there is no budget
            or no alert.
        empty: After how many seconds the whole error budget is gone; None where there is none, or so few may be bad.
    """

    bad: float
    critical: float | None
    warning: float | None
    spent: float | None
    empty: float | None

    def after(self, severity: Severity) -> float | None:
        """Return after how many seconds an alert of a severity fires; None where none does."""
        return self.critical if severity is Severity.CRITICAL else self.warning


def noticed(alerts: Iterable[Told], bad: float) -> Noticed:
    """Return what comes of an outage of this size, which begins at once and lasts, in even traffic.

    Args:
        alerts: Those on one promise, which counts events.
        bad: The share of bad events in it.

    Raises:
        ValueError: There is no alert, or it is on something that counts no events.
    """
    alerts = tuple(alerts)
    if not alerts:
        raise ValueError("nobody is told of it")
    critical = _first(alerts, bad, Severity.CRITICAL)
    warning = _first(alerts, bad, Severity.WARNING)
    first = min((each for each in (critical, warning) if each is not None), default=None)
    empty = lasts(alerts[0].promise, bad)
    spent = None if empty is None or first is None else first / empty
    return Noticed(bad, critical, warning, spent, empty)


def lasts(promise: Promise, bad: float) -> float | None:
    """Return for how many seconds a promise's whole error budget lasts with this share of bad events.

    None where it has none, or where it lasts for good: where no more are bad than may be.
    """
    if promise.budget.window is None or promise.objective is None:
        return None
    may_be_bad = budget_of(promise.objective)
    return promise.budget.window.value * may_be_bad / bad if bad > may_be_bad else None


def within(told: Told) -> float:
    """Return the seconds within which an alert on a bound fires once the bound is crossed, however far."""
    alert, looked = told.promise.budget.alert, told.promise.rate
    at_once = isinstance(told.promise.measure, _AT_ONCE)
    return (alert.lasts.value if alert else 0.0) + (0.0 if at_once else looked)


def _first(alerts: Iterable[Told], bad: float, severity: Severity) -> float | None:
    times = [_after(each, bad) for each in alerts if each.severity is severity]
    return min((each for each in times if each is not None), default=None)


def _after(told: Told, bad: float) -> float | None:
    promise = told.promise
    if promise.objective is None:
        raise ValueError(f"{promise.budget.name} counts no events")
    if told.burn is not None:
        return noticed_after(told.burn, promise.objective, bad, promise.rate)
    needed = budget_of(promise.objective)
    if bad <= needed or promise.budget.alert is None:
        return None
    return promise.rate * needed / bad + promise.budget.alert.lasts.value
