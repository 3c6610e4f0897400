"""What is recorded of each promise: its value and bound, its good and bad events, its error budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from plimsoll.budget import series
from plimsoll.budget.burn import HOUR, budget_of, burns_of
from plimsoll.budget.measures import Eventful, Measure
from plimsoll.budget.promises import Promise
from plimsoll.budget.promql import duration, number
from plimsoll.budget.rules.rule import Group, Recording, recorded

_SOON = 2 * HOUR
_NOW_AND_THEN = 8
"""How many times more seldom the windows of days are computed: at every two minutes their series are never older than
the five minutes that Prometheus looks back."""


def groups_of(service: str, promises: Iterable[Promise], every: float) -> Iterator[Group]:
    """Yield the groups of recording rules.

    Args:
        service: Whose.
        promises: Those that Prometheus can see.
        every: The seconds between two evaluations of what is present.
    """
    promises = tuple(promises)
    yield Group(f"{service}: values", every, tuple(rule for each in promises for rule in _value(each)))
    budgeted = [each for each in promises if has_error_budget(each)]
    yield Group(f"{service}: burn of hours", 2 * every, tuple(_shares(budgeted, lambda window: window <= _SOON)))
    slow = [*_shares(budgeted, lambda window: window > _SOON), *map(_remaining, budgeted)]
    yield Group(f"{service}: burn of days", _NOW_AND_THEN * every, tuple(slow))


def has_error_budget(promise: Promise) -> bool:
    """Return whether bad events are counted against a budget of them."""
    return promise.budget.window is not None and promise.events is not None


def windows_of(promise: Promise) -> tuple[float, ...]:
    """Return the windows over which a promise with an error budget is looked at, in seconds, the shortest first."""
    window = window_of(promise)
    return tuple(sorted({window, *(each for burn in burns_of(window) for each in (burn.long, burn.short))}))


def window_of(promise: Promise) -> float:
    """Return the seconds that an error budget is for.

    Raises:
        ValueError: There is none.
    """
    if promise.budget.window is None:
        raise ValueError(f"{promise.budget.name} has no error budget")
    return promise.budget.window.value


def allowed(promise: Promise) -> float:
    """Return the share of events that may be bad.

    Raises:
        ValueError: What is promised does not count events.
    """
    if promise.objective is None:
        raise ValueError(f"{promise.budget.name} does not count events")
    return budget_of(promise.objective)


def _value(promise: Promise) -> Iterator[Recording]:
    measure, labels = _seen(promise), promise.labels
    rate = duration(promise.rate)
    yield Recording(series.VALUE, measure.value(rate), labels)
    yield Recording(series.BOUND, f"vector({number(promise.bound)})", labels)
    yield Recording(series.TARGET, f"vector({number(promise.budget.target.value)})", labels)
    if isinstance(measure, Eventful):
        yield Recording(series.bad(promise.rate), measure.bad(rate, promise.bound), labels)
        yield Recording(series.total(promise.rate), measure.total(rate), labels)
    if has_error_budget(promise):
        yield Recording(series.OBJECTIVE, f"vector({number(1 - allowed(promise))})", labels)


def _seen(promise: Promise) -> Measure:
    if promise.measure is None:
        raise ValueError(f"Prometheus does not see {promise.budget.name}")
    return promise.measure


def _shares(promises: Iterable[Promise], wanted: Callable[[float], bool]) -> Iterator[Recording]:
    for promise in promises:
        for window in filter(wanted, windows_of(promise)):
            yield Recording(series.bad_share(window), _share(promise, window), promise.labels)


def _share(promise: Promise, window: float) -> str:
    """Return bad events of all events in a window: each event counts once, however busy the minute it fell into."""
    events, over = promise.events, duration(window)
    if events is not None and window < promise.rate:
        return f"({events.bad(over, promise.bound)}) / ({events.total(over)} > 0)"
    bad, total = (recorded(name(promise.rate), promise) for name in (series.bad, series.total))
    if window == promise.rate:
        return f"{bad} / ({total} > 0)"
    return f"sum_over_time({bad}[{over}]) / (sum_over_time({total}[{over}]) > 0)"


def _remaining(promise: Promise) -> Recording:
    spent = recorded(series.bad_share(window_of(promise)), promise)
    return Recording(series.REMAINING, f"1 - {spent} / {number(allowed(promise))}", promise.labels)
