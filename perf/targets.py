"""Targets: the bound that the specification (section 6.2) sets for a figure, and the stretch beyond it."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Verdict(enum.StrEnum):
    """How a figure stands to its target."""

    STRETCH = "met, stretch too"
    MET = "met"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Target:
    """A bound.

    Attributes:
        bound: What is asked for, in the figure's unit.
        stretch: What is hoped for; None when the specification names none.
        is_floor: Whether more is better.
    """

    bound: float
    stretch: float | None
    is_floor: bool

    def judge(self, value: float) -> Verdict:
        """Say how a figure stands; NaN misses every target."""
        if self.stretch is not None and self._holds(value, self.stretch):
            return Verdict.STRETCH
        return Verdict.MET if self._holds(value, self.bound) else Verdict.MISSED

    def _holds(self, value: float, bound: float) -> bool:
        return value >= bound if self.is_floor else value <= bound

    def __str__(self) -> str:
        side = "at least" if self.is_floor else "at most"
        stretch = "" if self.stretch is None else f", stretch {self.stretch:,g}"
        return f"{side} {self.bound:,g}{stretch}"


def at_least(bound: float, *, stretch: float | None = None) -> Target:
    """Return a target for a figure of which more is better."""
    return Target(bound, stretch, is_floor=True)


def at_most(bound: float, *, stretch: float | None = None) -> Target:
    """Return a target for a figure of which less is better."""
    return Target(bound, stretch, is_floor=False)
