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

    Attributes:
        counter: Of the events.
        over: How long the stretch is, in seconds.
    """

    counter: Selector
    over: float

    def value(self, window: str) -> str:
        """Return the increase."""
        del window
        return f"sum(increase({self.counter}[{duration(self.over)}]))"

    def fed(self, value: float) -> tuple[Fed, ...]:
        """Return a counter that grew so much in each stretch."""
        return (Fed(self.counter.example(), 0, value / self.over),)

    def reads(self) -> tuple[Selector, ...]:
        """Return the counter."""
        return (self.counter,)
