"""Change points: where in the history of a figure it moved, and with which commit.

Pettitt's test (1979) asks of every place whether the values before it rank unlike those after; the place where they do
most is a change when that would come about by chance less than once in a hundred. Each side is then searched alone. It
uses ranks only, so one wild run is no change.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import median

from plimsoll.compare.figures import Figure
from plimsoll.measure.run import Run

_CHANCE = 0.01
_FEWEST = 5  # on either side


@dataclass(frozen=True, slots=True)
class Change:
    """A place where a figure moved.

    Attributes:
        at: The index of the first value after it.
        before: The median up to the change before this one.
        after: The median up to the next change.
        chance: How likely it is to see this without any change.
    """

    at: int
    before: float
    after: float
    chance: float

    @property
    def ratio(self) -> float:
        """After over before; infinite from 0."""
        return self.after / self.before if self.before else math.inf


@dataclass(frozen=True, slots=True)
class Moved:
    """A change in the history of runs.

    Attributes:
        figure: What moved.
        change: How.
        run: The first run after it; its `environment["commit"]` is where to look.
    """

    figure: Figure
    change: Change
    run: Run


def moved(runs: Sequence[Run], figures: Sequence[Figure]) -> list[Moved]:
    """Return where figures moved in a history of runs, oldest first; runs without the figure are passed over."""
    found: list[Moved] = []
    for figure in figures:
        known = [(run, value) for run in runs if (value := figure.of(run)) is not None]
        found += [Moved(figure, change, known[change.at][0]) for change in changes([value for _, value in known])]
    return found


def changes(values: Sequence[float], chance: float = _CHANCE) -> list[Change]:
    """Return where values moved, in order.

    Args:
        values: In the order of time.
        chance: How unlikely a change must be without one, before the correction for having looked at both sides.
    """
    places = sorted(_places(values, 0, chance))
    edges = [0, *(at for at, _ in places), len(values)]
    return [
        Change(at, median(values[edges[number] : at]), median(values[at : edges[number + 2]]), likely)
        for number, (at, likely) in enumerate(places)
    ]


def _places(values: Sequence[float], offset: int, chance: float) -> Iterator[tuple[int, float]]:
    if len(values) < 2 * _FEWEST:
        return
    at, likely = pettitt(values)
    if likely > chance or not _FEWEST <= at <= len(values) - _FEWEST:
        return
    yield offset + at, likely
    yield from _places(values[:at], offset, chance / 2)
    yield from _places(values[at:], offset + at, chance / 2)


def pettitt(values: Sequence[float]) -> tuple[int, float]:
    """Return where values rank most unlike before and after, and how likely that is by chance."""
    count = len(values)
    ranks = _ranks(values)
    statistics = [abs(2 * so_far - (place + 1) * (count + 1)) for place, so_far in enumerate(accumulate(ranks))]
    strongest = max(statistics[:-1])
    at = statistics.index(strongest) + 1
    return at, min(1.0, 2 * math.exp(-6 * strongest**2 / (count**3 + count**2)))


def _ranks(values: Sequence[float]) -> list[float]:
    """Return ranks from 1; equal values share the mean of theirs."""
    places: dict[float, list[int]] = {}
    for rank, value in enumerate(sorted(values), 1):
        places.setdefault(value, []).append(rank)
    return [sum(places[value]) / len(places[value]) for value in values]
