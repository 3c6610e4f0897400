"""What it is too early to say: the queries that tell a service that is down from one that nobody has looked at yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from plimsoll.budget import series
from plimsoll.budget.asking.standing import Standing, State
from plimsoll.budget.measures import Up
from plimsoll.budget.promql import Matcher, Selector, duration, number

_FIRST: Final = duration(120)
"""How long Prometheus may take from its start to the first scrape and the evaluation after it: a minute for either.

Less than the five minutes that it looks back, so that what was known before a restart is never taken for a beginning.
"""


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
