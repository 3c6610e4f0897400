"""When the n-th arrival is due: a closed form for rates that stay or change evenly. Pure.

The number of arrivals until an instant is the area below the rate. The n-th arrival, counted from 0, is due where that
area is n; so each instant is counted from the start and none from the one before, and no error adds up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from plimsoll.load.division import Part
from plimsoll.load.scenarios import Stage

_SECOND: Final = 1_000_000_000
_ROUNDING: Final = 1e-6
"""An area that is a whole number but for rounding holds that many arrivals, not one more."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which the rate changes evenly, or not at all.

    Attributes:
        starts: Seconds after the scenario's start.
        lasts: Seconds.
        rate: Arrivals a second at its start.
        then: Arrivals a second at its end.
        before: The area below the rate up to its start.
    """

    starts: float
    lasts: float
    rate: float
    then: float
    before: float

    @property
    def after(self) -> float:
        """The area up to its end."""
        return self.before + (self.rate + self.then) / 2 * self.lasts

    def due(self, number: int) -> int:
        """Return the instant of an arrival within it, in nanoseconds after the scenario's start.

        With a rate r that grows by a each second, r t + a t^2 / 2 = k. The root is written so that it holds for a = 0
        too, and loses no digits where a is small: t = 2 k / (r + sqrt(r^2 + 2 a k)).
        """
        wanted = number - self.before
        if wanted <= 0:
            return round(self.starts * _SECOND)
        growth = (self.then - self.rate) / self.lasts
        root = math.sqrt(max(0.0, self.rate * self.rate + 2 * growth * wanted))
        return round((self.starts + min(self.lasts, 2 * wanted / (self.rate + root))) * _SECOND)


class Arrivals:
    """All arrivals of a scenario.

    Args:
        rate: Arrivals a second at the start.
        stages: How it changes; the rate goes evenly to each stage's target, and at once where it lasts no time.
    """

    def __init__(self, rate: float, stages: Sequence[Stage]) -> None:
        self.stretches = tuple(_stretches(rate, stages))
        area = self.stretches[-1].after if self.stretches else 0.0
        self.total = max(0, math.ceil(area - _ROUNDING))

    def due(self, number: int) -> int:
        """Return when the n-th arrival is due, in nanoseconds after the scenario's start; n is below `total`."""
        stretch = next((each for each in self.stretches if number < each.after), self.stretches[-1])
        return stretch.due(number)

    def of(self, part: Part) -> Iterator[tuple[int, int]]:
        """Yield number and instant of each arrival of a part, in order."""
        stretches = iter(self.stretches)
        stretch = next(stretches, None)
        for number in part.indices(self.total):
            while stretch is not None and number >= stretch.after:
                following = next(stretches, None)
                if following is None:
                    break
                stretch = following
            if stretch is not None:
                yield number, stretch.due(number)


def _stretches(rate: float, stages: Sequence[Stage]) -> Iterator[Stretch]:
    starts = before = 0.0
    for stage in stages:
        lasts = stage.lasts.total_seconds()
        if lasts > 0:
            stretch = Stretch(starts, lasts, rate, stage.target, before)
            yield stretch
            starts, before = starts + lasts, stretch.after
        rate = stage.target
