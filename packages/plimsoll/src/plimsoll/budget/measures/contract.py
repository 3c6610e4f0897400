"""What a measure can be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from plimsoll.budget.promql import Selector

TRAFFIC = 10.0
"""Events a second that `fed` and `fed_share` assume."""


@dataclass(frozen=True, slots=True)
class Fed:
    """One series of a rule's test.

    Attributes:
        series: With its labels, in promtool's notation.
        start: Its first value.
        per_second: What it grows by; 0 for a gauge that stands still.
    """

    series: str
    start: float
    per_second: float = 0.0


class Measure(Protocol):
    """Reads one number; its value is absent, never NaN, where there is nothing to read it from."""

    def value(self, window: str) -> str:
        """Return the query of its present value.

        Args:
            window: What counters are looked at over, such as `5m`.
        """
        ...

    def fed(self, value: float) -> tuple[Fed, ...]:
        """Return series with which it has this value, in the base of its unit."""
        ...

    def reads(self) -> tuple[Selector, ...]:
        """Return what it reads, once each."""
        ...


@runtime_checkable
class Eventful(Measure, Protocol):
    """A measure of events, each of which is good or bad once a bound is set: it can have an error budget."""

    def bad(self, window: str, bound: float) -> str:
        """Return the query of bad events a second; 0 where there were none, absent where there are no events at all."""
        ...

    def total(self, window: str) -> str:
        """Return the query of all events a second."""
        ...

    def fed_share(self, bad: float, bound: float) -> tuple[Fed, ...]:
        """Return series of `TRAFFIC` events a second with this share of bad ones."""
        ...
