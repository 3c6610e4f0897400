"""Plots as numbers: where lines run and where ticks stand, in thousandths of a plot's width and height.

A plot is drawn without its labels, stretched to whatever room there is; labels are text of the page beside it, so that
they stay readable on a phone. `readout` is what is read off at each point.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

SIZE: Final = 1000
_WIDE: Final = 20.0  # where the greatest is so many times the usual, a scale is logarithmic


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: how far along it, in percent, and what it says."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line, or area, of a plot.

    Attributes:
        name: For the legend.
        style: A class of the style sheet: its colour and its dashes.
        path: As SVG writes it, in thousandths.
    """

    name: str
    style: str
    path: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot.

    Attributes:
        title: Its head.
        said: What it shows, as a sentence, for whoever does not see it.
        lines: What is drawn; later ones over earlier ones.
        across: Ticks from left to right.
        up: Ticks from below.
        points: Where the points of the readout are, in percent from the left.
        readout: By name what is read there; the first is what the point itself is called.
        note: Of the scale, or empty.
    """

    title: str
    said: str
    lines: tuple[Line, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    points: tuple[float, ...] = ()
    readout: dict[str, tuple[str, ...]] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to shares of a length, 0 to 1; values beyond it end at its ends."""

    low: float
    high: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """Return where a value stands."""
        if self.is_log:
            value, low, high = (math.log10(max(each, self.low)) for each in (value, self.low, self.high))
        else:
            low, high = self.low, self.high
        return min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.0

    def ticks(self, words: Callable[[float], str], most: int = 5) -> tuple[Tick, ...]:
        """Return marks at round values."""
        values = _log_steps(self.low, self.high, most) if self.is_log else _steps(self.low, self.high, most)
        named = {words(value): value for value in reversed(values)}  # of two that read alike, the first
        return tuple(Tick(round(self.at(value) * 100, 2), text) for text, value in reversed(named.items()))


def scale_of(values: Sequence[float], *, may_be_log: bool = False) -> Scale:
    """Return a scale that holds all values: from nothing on, or logarithmic where they are spread wide."""
    found = sorted(value for value in values if value > 0)
    if not found:
        return Scale(0.0, 1.0)
    if may_be_log and found[-1] > _WIDE * found[len(found) // 2]:
        return Scale(10 ** math.floor(math.log10(found[0])), found[-1] * 1.1, is_log=True)
    steps = _steps(0.0, found[-1] * 1.02, 5)
    step = steps[1] - steps[0] if len(steps) > 1 else found[-1]
    return Scale(0.0, math.ceil(found[-1] * 1.02 / step) * step)


def line(across: Sequence[float], values: Sequence[float | None], scale: Scale) -> str:
    """Return the path through values at shares of the width; it breaks where there is none."""
    path, pen = [], "M"
    for x, value in zip(across, values, strict=True):
        if value is None:
            pen = "M"
            continue
        path.append(f"{pen}{x * SIZE:.0f} {SIZE - scale.at(value) * SIZE:.0f}")
        pen = "L"
    if len(path) == 1:  # a lone point is drawn as a short stroke
        path.append("h12")
    return "".join(path)


def bars(edges: Sequence[tuple[float, float]], values: Sequence[float], scale: Scale) -> str:
    """Return the path of bars between shares of the width, each as high as its value."""
    return "".join(
        f"M{left * SIZE:.1f} {SIZE}V{SIZE - scale.at(value) * SIZE:.1f}H{right * SIZE:.1f}V{SIZE}Z"
        for (left, right), value in zip(edges, values, strict=True)
        if value
    )


def _steps(low: float, high: float, most: int) -> list[float]:
    rough = (high - low) / most or 1.0
    power = 10 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _log_steps(low: float, high: float, most: int) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        found = [step * 10.0**power for power in powers for step in steps if low <= step * 10.0**power <= high]
        if len(found) <= most:
            return found
    whole = [10.0**power for power in powers if low <= 10.0**power <= high]
    return whole[:: math.ceil(len(whole) / most)]
