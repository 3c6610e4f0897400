"""How busy processors are."""

from __future__ import annotations

from dataclasses import dataclass

from plimsoll.budget.measures.contract import Fed
from plimsoll.budget.promql import Selector


@dataclass(frozen=True, slots=True)
class Busy:
    """The share of processor time that is not idle, of the busiest machine.

    Attributes:
        idle: The counter of idle seconds, a series for each processor.
    """

    idle: Selector

    def value(self, window: str) -> str:
        """Return the share."""
        return f"max(1 - avg by (instance) (rate({self.idle}[{window}])))"

    def fed(self, value: float) -> tuple[Fed, ...]:
        """Return one processor."""
        return (Fed(self.idle.example(), 0, 1 - value),)

    def reads(self) -> tuple[Selector, ...]:
        """Return the counter."""
        return (self.idle,)
