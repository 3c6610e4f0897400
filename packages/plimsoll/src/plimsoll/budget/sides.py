"""Which side of a bound is the good one."""

from __future__ import annotations

from enum import StrEnum


class Good(StrEnum):
    """On which side of its bound an indicator is kept."""

    BELOW = "below"
    ABOVE = "above"

    def keeps(self, value: float, bound: float) -> bool:
        """Return whether a value is on the good side; the bound itself is."""
        return value <= bound if self is Good.BELOW else value >= bound
