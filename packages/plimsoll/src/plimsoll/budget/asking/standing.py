"""How every promise stands at present, from what Prometheus recorded: a pure reading of its series."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import isclose, isfinite
from typing import Final

from plimsoll.budget import series
from plimsoll.budget.asking.prometheus import Sample
from plimsoll.budget.burn import budget_of, burns_of
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.promises import Promise, promises_of

Key = tuple[str, str, str]
"""The name of a series, the budget, and the endpoint or nothing."""


class Standing(StrEnum):
    """What can be said of a promise."""

    KEPT = "kept"
    CROSSED = "crossed"
    """It has no error budget, and its value is on the bad side of its bound."""
    EXHAUSTED = "exhausted"
    """Its error budget is spent."""
    IDLE = "idle"
    """It is watched, and too little happens to say."""
    NO_DATA = "no data"
    """Nothing is recorded: it is not scraped, or has not happened even once."""
    NO_RULE = "no rule"
    """Prometheus has other rules than those of the file."""

    @property
    def is_broken(self) -> bool:
        """Whether the promise is."""
        return self in {Standing.CROSSED, Standing.EXHAUSTED}


UNJUDGED: Final = (Standing.IDLE, Standing.NO_DATA, Standing.NO_RULE)
"""Where it can be said of a promise neither that it is kept nor that it is broken."""


@dataclass(frozen=True, slots=True)
class Burning:
    """How fast an error budget is spent.

    Attributes:
        window: The seconds that are looked at.
        pace: How many times faster than a budget that lasts exactly its window; None without data.
    """

    window: float
    pace: float | None


@dataclass(frozen=True, slots=True)
class State:
    """How one promise stands.

    Attributes:
        promise: Which.
        standing: In a word.
        value: Its indicator at present, in the base of its unit; None without data.
        good: The share of good events in the window; None without an error budget or data.
        remaining: The share of the error budget that is left, negative when overspent; None as above.
        burns: Over the two windows that wake people; none without an error budget.
        empty: In how many seconds the budget is gone at the pace of the shorter of them; None where it is not in sight.
        bound: The bound that Prometheus goes by, where it is another one than the file's.
        known: Of how many seconds of the window events were recorded; None where nobody asked, or without a window.
    """

    promise: Promise
    standing: Standing
    value: float | None
    good: float | None
    remaining: float | None
    burns: tuple[Burning, ...]
    empty: float | None
    bound: float | None
    known: float | None = None


def query_of(service: str) -> str:
    """Return the query that finds all recorded series of a service."""
    escaped = service.replace("\\", "\\\\").replace('"', '\\"')
    return f'{{__name__=~"plimsoll:.+",service="{escaped}"}}'


def states_of(file: BudgetFile, samples: Iterable[Sample]) -> tuple[State, ...]:
    """Return how each promise stands that Prometheus can see."""
    recorded = {_key(each): each.value for each in samples if isfinite(each.value)}
    return tuple(_state(each, recorded) for each in promises_of(file) if each.measure is not None)


def _key(sample: Sample) -> Key:
    return sample.labels.get("__name__", ""), sample.labels.get("budget", ""), sample.labels.get("endpoint", "")


def _state(promise: Promise, recorded: dict[Key, float]) -> State:
    endpoint = promise.endpoint.name if promise.endpoint else ""

    def of(name: str) -> float | None:
        return recorded.get((name, promise.budget.name, endpoint))

    window, objective = promise.budget.window, promise.objective
    value, bound = of(series.VALUE), of(series.BOUND)
    good = remaining = None
    burns: tuple[Burning, ...] = ()
    if window is not None and objective is not None:
        share, remaining = of(series.bad_share(window.value)), of(series.REMAINING)
        good = None if share is None else 1 - share
        burns = tuple(
            Burning(each.long, _pace(of(series.bad_share(each.long)), objective)) for each in burns_of(window.value)[:2]
        )
    return State(
        promise,
        _standing(promise, value, remaining, of(series.total(promise.rate)), bound),
        value,
        good,
        remaining,
        burns,
        _empty(promise, remaining, burns),
        None if bound is None or isclose(bound, promise.bound) else bound,
    )


def _standing(
    promise: Promise, value: float | None, remaining: float | None, total: float | None, bound: float | None
) -> Standing:
    if bound is None:
        return Standing.NO_RULE
    if promise.budget.window is not None:
        if remaining is None:  # counters that stand still have a rate, of 0; those that nobody scrapes have none
            return Standing.NO_DATA if total is None else Standing.IDLE
        return Standing.KEPT if remaining > 0 else Standing.EXHAUSTED
    if promise.events is not None and total is not None and total < promise.traffic:
        return Standing.IDLE
    if value is None:
        return Standing.NO_DATA
    return Standing.KEPT if promise.indicator.good.keeps(value, promise.bound) else Standing.CROSSED


def _pace(share: float | None, objective: float) -> float | None:
    return None if share is None else share / budget_of(objective)


def _empty(promise: Promise, remaining: float | None, burns: tuple[Burning, ...]) -> float | None:
    """Return when the budget is gone at the present pace, if nothing that was spent leaves the window until then."""
    pace = next((each.pace for each in burns if each.pace is not None), None)
    if promise.budget.window is None or remaining is None or not pace or remaining <= 0:
        return None
    left = remaining * promise.budget.window.value / pace
    return left if left < promise.budget.window.value else None
