"""What it is too early to say: whether a service is down or nobody has looked, and how much of a window is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from plimsoll.budget import series
from plimsoll.budget.asking.prometheus import Sample
from plimsoll.budget.asking.standing import Standing, State
from plimsoll.budget.measures import Up
from plimsoll.budget.promql import Matcher, Selector, duration, number

_FIRST: Final = duration(120)
"""How long Prometheus may take from its start to the first scrape and the evaluation after it: a minute for either.

Less than the five minutes that it looks back, so that what was known before a restart is never taken for a beginning.
"""
_LOOKS: Final = 43_200
"""How often it is looked whether something was recorded in a window: each minute of 30 days."""


def early_query(state: State) -> str | None:
    """Return the query that finds something where a promise seems broken and may only have begun; None where it cannot.

    `instances up` is 0 where there is no target at all, so that one that vanished is told of. The same is recorded
    when rules are evaluated before the first scrape, and stays until they are evaluated again. It is early where its
    rules have no past yet, unless what was scraped does say that an instance is down.
    """
    promise = state.promise
    if state.standing is not Standing.CROSSED or not isinstance(promise.measure, Up):
        return None
    bound = Selector(series.BOUND, tuple(Matcher(label, "=", value) for label, value in promise.labels.items()))
    down = f"min({promise.measure.up}) < {number(promise.bound)}"
    return f"vector(1) unless ({down}) unless on () present_over_time({bound}[{_FIRST}] offset {_FIRST})"


def not_yet(state: State) -> State:
    """Return a promise of which nothing is known yet."""
    return replace(state, standing=Standing.NO_DATA, value=None)


def known_queries(states: Iterable[State]) -> Iterator[tuple[float, str]]:
    """Yield the windows of error budgets in seconds, each with the query of how many seconds of it were recorded."""
    seen = {(each.promise.service, each.promise.rate, each.promise.budget.window) for each in states}
    for service, rate, window in seen:
        if window is not None:
            events = Selector(series.total(rate), (Matcher("service", "=", service),))
            step = 60 * max(1, round(window.value / _LOOKS / 60))
            yield window.value, f"count_over_time({events}[{duration(window.value)}:{duration(step)}]) * {step}"


def with_known(states: Iterable[State], window: float, samples: Iterable[Sample]) -> tuple[State, ...]:
    """Return the states, those of this window with what Prometheus answered to its query."""
    found = {(each.labels.get("budget", ""), each.labels.get("endpoint", "")): each.value for each in samples}
    return tuple(
        replace(each, known=min(window, found.get(_key(each), 0.0))) if _is_of(each, window) else each
        for each in states
    )


def _key(state: State) -> tuple[str, str]:
    return state.promise.budget.name, state.promise.labels.get("endpoint", "")


def _is_of(state: State, window: float) -> bool:
    return state.promise.budget.window is not None and state.promise.budget.window.value == window
