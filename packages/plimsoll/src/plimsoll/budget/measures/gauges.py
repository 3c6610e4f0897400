"""Gauges: levels, parts of a whole, what is up, and what stands still although it should move."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from plimsoll.budget.measures.contract import Fed
from plimsoll.budget.promql import Selector, number


class Take(StrEnum):
    """Which of several series counts."""

    MAX = "max"
    MIN = "min"
    SUM = "sum"
    AVG = "avg"


@dataclass(frozen=True, slots=True)
class Level:
    """A gauge as it stands; what is no number is no reading.

    Attributes:
        gauge: Which.
        take: How several series become one.
        above: Values up to this one mean that there is no reading.
    """

    gauge: Selector
    take: Take = Take.MAX
    above: float | None = None

    def value(self, window: str) -> str:
        """Return the level."""
        del window
        guard = ">= -Inf" if self.above is None else f"> {number(self.above)}"
        return f"{self.take}({self.gauge} {guard})"

    def fed(self, value: float) -> tuple[Fed, ...]:
        """Return a gauge that stands there."""
        return (Fed(self.gauge.example(), value),)

    def reads(self) -> tuple[Selector, ...]:
        """Return the gauge."""
        return (self.gauge,)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole, both gauges, of the worst group: connections of the most, memory in use, disk that is free.

    Attributes:
        part: What is counted.
        whole: What there is.
        by: The labels that make a group; both sides are summed by them first, so that other labels need not match.
        take: Which group counts.
        rest: Whether what is meant is the rest of the whole: used memory, where `part` is what is free.
    """

    part: Selector
    whole: Selector
    by: tuple[str, ...] = ("instance",)
    take: Take = Take.MAX
    rest: bool = False

    def value(self, window: str) -> str:
        """Return the share; a whole of 0 (no limit set) has none."""
        del window
        by = ", ".join(self.by)
        share = f"sum by ({by}) ({self.part}) / (sum by ({by}) ({self.whole}) > 0)"
        return f"{self.take}(1 - {share})" if self.rest else f"{self.take}({share})"

    def fed(self, value: float) -> tuple[Fed, ...]:
        """Return a whole of 1,000 and its part."""
        share = 1 - value if self.rest else value
        return (Fed(self.part.example(), 1000 * share), Fed(self.whole.example(), 1000))

    def reads(self) -> tuple[Selector, ...]:
        """Return both."""
        return (self.part, self.whole)


@dataclass(frozen=True, slots=True)
class Up:
    """Whether everything that is scraped answers: 1, or 0 where one instance does not, or where there is none at all.

    Attributes:
        up: Prometheus' own gauge `up` of the instances.
    """

    up: Selector

    def value(self, window: str) -> str:
        """Return 1 or 0."""
        del window
        return f"min({self.up}) or vector(0)"

    def fed(self, value: float) -> tuple[Fed, ...]:
        """Return one instance."""
        return (Fed(self.up.example(), value),)

    def reads(self) -> tuple[Selector, ...]:
        """Return the gauge."""
        return (self.up,)


@dataclass(frozen=True, slots=True)
class Stalled:
    """How much waits while nothing is done: 0 when something is done, or when nothing waits.

    Attributes:
        waiting: The gauge of what waits; several processes may report the same queue.
        done: The counter of what was done. It need not exist: then nothing was.
    """

    waiting: Selector
    done: Selector

    def value(self, window: str) -> str:
        """Return what waits, if it waits in vain."""
        waiting = f"max({self.waiting})"
        return f"({waiting} unless sum(rate({self.done}[{window}])) > 0) or 0 * {waiting}"

    def fed(self, value: float) -> tuple[Fed, ...]:
        """Return a queue that stands still; for 0 one of 100 that moves."""
        done = Fed(self.done.example(), 0, 0 if value else 1)
        return (Fed(self.waiting.example(), value or 100), done)

    def reads(self) -> tuple[Selector, ...]:
        """Return both."""
        return (self.waiting, self.done)
