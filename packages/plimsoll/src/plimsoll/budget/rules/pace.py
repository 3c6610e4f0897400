"""How far apart a test's evaluations are, and the values that it feeds: as fine as it can be and still end soon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from plimsoll.budget.burn import MINUTE
from plimsoll.budget.measures import Increase
from plimsoll.budget.promises import Promise
from plimsoll.budget.rules.burn_trials import long_burst
from plimsoll.budget.rules.recorded import has_error_budget

_VALUES: Final = 5
"""Of a counter, in the window that its rate looks at."""
_FEWEST: Final = 2
"""As `_VALUES`, where there are many windows to go through: a rate takes two."""
_COARSER: Final = (10.0, 12.0, 15.0, 20.0, 30.0, 60.0, 120.0, 240.0)
"""Seconds between evaluations where they have to be far apart, under the five minutes that Prometheus looks back."""
_SOON_DONE: Final = 3_000
"""Evaluations of one test; promtool takes a millisecond or two for each, and more for more. It refuses a query that
reads more than 10,000 values, and the longest window reads as many as there were evaluations."""
_SHORTEST_LOOK: Final = 2 * MINUTE
"""The shortest window of any error budget."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The steps of all tests of a file.

    Attributes:
        evaluated: Seconds between two evaluations, and a multiple of `fed`.
        fed: Seconds between two values of a series.
    """

    evaluated: float
    fed: float


def pace_of(promises: Iterable[Promise]) -> Pace:
    """Return the steps: several in every window, and none longer than any alert waits.

    Evaluations are farther apart where an error budget lasts so long that its test would have too many of them; values
    are not, where a rate would see too few.
    """
    promises = tuple(promises)
    waits = [each.budget.alert.lasts.value for each in promises if each.budget.alert is not None]
    rates = [each.rate / _VALUES for each in promises]
    usual = max(1.0, float(int(min([*rates, *(wait for wait in waits if wait), MINUTE]))))
    longest = max((long_burst(each) for each in promises if has_error_budget(each)), default=0.0)
    if longest / usual <= _SOON_DONE:
        return Pace(usual, usual)
    soon = [each for each in _COARSER if longest / each <= _SOON_DONE] or [_COARSER[-1]]
    evaluated = next((each for each in soon if all(wait % each == 0 for wait in waits)), soon[0])
    shortest = min(chain.from_iterable(map(_looks, promises)))
    return Pace(evaluated, _part(evaluated, shortest / _FEWEST))


def _looks(promise: Promise) -> Iterator[float]:
    """Yield the seconds over which counters are looked at for a promise."""
    yield min(promise.rate, _SHORTEST_LOOK)
    if isinstance(promise.measure, Increase):
        yield promise.measure.over


def _part(whole: float, most: float) -> float:
    """Return the largest whole number of seconds of which another number is a multiple, up to so many."""
    return next((float(each) for each in range(int(min(whole, most)), 0, -1) if whole % each == 0), 1.0)
