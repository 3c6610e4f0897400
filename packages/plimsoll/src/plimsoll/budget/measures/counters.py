"""Counters: how fast they grow, and by how much they grew."""

from __future__ import annotations

from dataclasses import dataclass

from plimsoll.budget.measures.contract import Fed
from plimsoll.budget.promql import Selector, duration


@dataclass(frozen=True, slots=True)
class Rate:
    """Events a second.

    Attributes:
        counter: Of the events.
    """

    counter: Selector

    def value(self, window: str) -> str:
        """Return the rate."""
        return f"sum(rate({self.counter}[{window}]))"

    def fed(self, value: float) -> tuple[Fed, ...]:
        """Return a counter that grows so fast."""
        return (Fed(self.counter.example(), 0, value),)

    def reads(self) -> tuple[Selector, ...]:
        """Return the counter."""
        return (self.counter,)


@dataclass(frozen=True, slots=True)
class Increase:
    """Events of a stretch of time, whatever the window of other measures.

    A counter with labels appears with its first event, at 1 and not at 0, and `increase` sees nothing of that. So a
    series that was not there while its target was scraped already counts from 0; one that is seen for the first time
    because nobody looked before does not.

    Attributes:
        counter: Of the events.
        over: How long the stretch is, in seconds.
    """

    counter: Selector
    over: float

    def value(self, window: str) -> str:
        """Return the increase."""
        del window
        over = duration(self.over)
        scrapes = f"max by (job, instance) (sum_over_time(up[{over}]))"
        appeared = f"count_over_time({self.counter}[{over}]) < on (job, instance) group_left () {scrapes}"
        from_zero = f"{self.counter} and {appeared} unless {self.counter} offset {over}"
        return f"sum({from_zero} or increase({self.counter}[{over}]))"

    def fed(self, value: float) -> tuple[Fed, ...]:
        """Return a counter that grew so much in each stretch."""
        return (Fed(self.counter.example(), 0, value / self.over),)

    def reads(self) -> tuple[Selector, ...]:
        """Return the counter."""
        return (self.counter,)
