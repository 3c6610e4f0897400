"""Shares of events: errors of requests, hits of look-ups."""

from __future__ import annotations

from dataclasses import dataclass

from plimsoll.budget.measures.contract import TRAFFIC, Fed
from plimsoll.budget.promql import Selector


@dataclass(frozen=True, slots=True)
class Ratio:
    """Some events of all events.

    Sums come before the division, so that labels of the two sides need not match; a counter of errors that does not
    exist before the first error counts as 0.

    Attributes:
        some: The counter of the events in question.
        all: The counters whose sum is all events.
        some_are_good: Whether those in question are the good ones.
    """

    some: Selector
    all: tuple[Selector, ...]
    some_are_good: bool = False

    def value(self, window: str) -> str:
        """Return some of all."""
        return f"{self._some(window)} / ({self.total(window)} > 0)"

    def bad(self, window: str, bound: float) -> str:
        """Return the bad ones a second; the bound is the objective's, and does not make one bad."""
        del bound
        return f"{self.total(window)} - {self._some(window)}" if self.some_are_good else self._some(window)

    def total(self, window: str) -> str:
        """Return all a second; one of several counters that is not there counts as 0, and without any there is none."""
        rates = [f"sum(rate({each}[{window}]))" for each in self.all]
        if len(rates) == 1:
            return rates[0]
        return f"({' + '.join(f'({each} or vector(0))' for each in rates)} and ({' or '.join(rates)}))"

    def fed(self, value: float) -> tuple[Fed, ...]:
        """Return counters with this share."""
        return self.fed_share(1 - value if self.some_are_good else value, 0)

    def fed_share(self, bad: float, bound: float) -> tuple[Fed, ...]:
        """Return counters with this share of bad ones."""
        del bound
        some = 1 - bad if self.some_are_good else bad
        apart = self.some.name not in {each.name for each in self.all}
        others = [other for each in self.all if (other := self._other(each))]
        rest = TRAFFIC * (1 if apart else 1 - some) / (len(others) or 1)
        return (Fed(self.some.example(), 0, TRAFFIC * some), *(Fed(other, 0, rest) for other in others))

    def reads(self) -> tuple[Selector, ...]:
        """Return the counters."""
        return tuple(dict.fromkeys((self.some, *self.all)))

    def _some(self, window: str) -> str:
        total = self.total(window)
        return f"(sum(rate({self.some}[{window}])) or 0 * {total})"

    def _other(self, each: Selector) -> str | None:
        """Return a series of one of `all` that is not of `some`; None where there is none."""
        if each.name != self.some.name:
            return each.example()
        telling = [matcher for matcher in self.some.matchers if matcher not in each.matchers]
        return each.where(telling[-1].opposite()).example() if telling else None
