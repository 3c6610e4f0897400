"""Percentile curves in the terminal: latency over the share of requests that it does not exceed.

The axis runs by nines - 0, 90, 99, 99.9 % at equal distances - as HdrHistogram plots it: the tail, where runs differ,
has as much room as everything below it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from plimsoll.measure.histogram import Histogram
from plimsoll.report.plots import Scale, scale_of
from plimsoll.report.words import milliseconds

_MARKS: Final = "ox+#"
_BOTH: Final = "*"
_MILLISECOND: Final = 1e6
_LABEL: Final = 10  # characters before the plot


def percentile_curves(named: Sequence[tuple[str, Histogram]], *, width: int = 100, height: int = 12) -> str:
    """Return a plot of up to four distributions, one line of text a row; empty where nothing was recorded.

    Args:
        named: What to call each, and nanoseconds.
        width: Of the terminal, in characters.
        height: Of the plot, in lines.
    """
    found = [(name, histogram) for name, histogram in named if histogram.count]
    if not found:
        return ""
    nines = max(1.0, min(5.0, math.log10(max(histogram.count for _, histogram in found))))
    columns = max(20, min(width, 100) - _LABEL - 2)
    percents = tuple(100 * (1 - 10 ** (-nines * column / (columns - 1))) for column in range(columns))
    curves = [[value / _MILLISECOND for value in histogram.percentiles(percents)] for _, histogram in found]
    scale = scale_of([value for curve in curves for value in curve], may_be_log=True)
    rows = _drawn(curves, scale, columns, height)
    ticks = {min(height - 1, round(tick.at / 100 * (height - 1))): tick.text for tick in scale.ticks(milliseconds, 4)}
    return "\n".join(_framed(rows, ticks, nines, columns, [name for name, _ in found]))


def _drawn(curves: Sequence[Sequence[float]], scale: Scale, columns: int, height: int) -> list[list[str]]:
    """Return rows from below, each a list of characters."""
    rows = [[" "] * columns for _ in range(height)]
    for curve, mark in zip(curves, _MARKS, strict=False):
        for column, value in enumerate(curve):
            row = rows[round(scale.at(value) * (height - 1))]
            row[column] = mark if row[column] == " " else _BOTH
    return rows


def _framed(
    rows: Sequence[Sequence[str]], ticks: dict[int, str], nines: float, columns: int, names: Sequence[str]
) -> Iterator[str]:
    for number in range(len(rows) - 1, -1, -1):
        yield f"{ticks.get(number, ''):>{_LABEL}} │{''.join(rows[number])}".rstrip()
    yield f"{'':>{_LABEL}} └{'─' * columns}"
    below = [" "] * (columns + 8)
    for step, text in enumerate(("0%", "90%", "99%", "99.9%", "99.99%", "99.999%")):
        if step <= nines:
            at = round(step / nines * (columns - 1))
            below[at : at + len(text)] = text
    yield f"{'':>{_LABEL}}  {''.join(below)}".rstrip()
    yield "  ".join([" " * _LABEL, *(f"{mark} {name}" for mark, name in zip(_MARKS, names, strict=False)), "* both"])
