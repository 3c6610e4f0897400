"""Counters, gauges and histograms: numbers in cells, which a scrape reads where they lie.

One addition is one bytecode on CPython with its lock (3.11 to 3.13), so that threads add without a lock of their own:
see decision 28.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Cells(Protocol):
    """Numbers in a row: a list of this process, or a piece of a file that others read."""

    def __getitem__(self, at: int, /) -> float:
        """Return one."""

    def __setitem__(self, at: int, value: float, /) -> None:
        """Set one."""

    def __len__(self) -> int:
        """Return how many there are."""


class Kind(Enum):
    """What a family is, as Prometheus calls it."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Mode(Enum):
    """What the gauges of several living processes are together."""

    SUM = "sum"
    MAX = "max"
    MIN = "min"
    MEAN = "mean"
    LATEST = "latest"
    EACH = "each"
    """Not put together: a label `pid` tells them apart."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a family is made of; two processes that mean the same family say so by an equal shape.

    Attributes:
        name: As queries have it, of a counter with its `_total`.
        explained: A sentence.
        kind: What it is.
        labels: Their names, in order.
        bounds: Of a histogram, the upper bounds of its buckets, rising and without infinity.
        mode: Of a gauge, what several are together.
    """

    name: str
    explained: str
    kind: Kind
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    mode: Mode = Mode.SUM

    @property
    def width(self) -> int:
        """How many cells a series takes: value; value and when; or sum and the count of each bucket."""
        if self.kind is Kind.HISTOGRAM:
            return len(self.bounds) + 2
        return 2 if self.mode is Mode.LATEST else 1


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A request that stands for those of its bucket.

    Attributes:
        trace: 32 hexadecimal digits.
        value: What was observed.
        at: Seconds since 1970.
    """

    trace: str
    value: float
    at: float


class Counter:
    """A number that only rises."""

    __slots__ = ("cells", "read")

    def __init__(self, shape: Shape, cells: Cells) -> None:
        del shape
        self.cells = cells
        self.read: Callable[[], float] | None = None

    def inc(self, amount: float = 1.0) -> None:
        """Add.

        Raises:
            ValueError: `amount` is negative.
        """
        if amount < 0:
            raise ValueError("a counter only rises")
        self.cells[0] += amount

    def set_function(self, read: Callable[[], float]) -> None:
        """Have the count, which something else keeps, read at every scrape."""
        self.read = read


class Gauge:
    """A number that rises and falls."""

    __slots__ = ("_is_dated", "cells", "read")

    def __init__(self, shape: Shape, cells: Cells) -> None:
        self.cells = cells
        self.read: Callable[[], float] | None = None
        self._is_dated = shape.mode is Mode.LATEST

    def set(self, value: float) -> None:
        """Take a value."""
        self.cells[0] = float(value)
        if self._is_dated:
            self.cells[1] = time.monotonic()  # one clock for all processes of a machine, and nobody sets it back

    def inc(self, amount: float = 1.0) -> None:
        """Add."""
        self.cells[0] += amount
        if self._is_dated:
            self.cells[1] = time.monotonic()

    def dec(self, amount: float = 1.0) -> None:
        """Take away."""
        self.inc(-amount)

    def set_function(self, read: Callable[[], float]) -> None:
        """Have it read at every scrape."""
        self.read = read


class ExemplarPlace(Protocol):
    """Where a histogram leaves its exemplars; made for the first one."""

    def put(self, bucket: int, exemplar: Exemplar) -> None:
        """Take one, in place of an earlier one of the same bucket."""

    def all(self) -> Sequence[Exemplar | None]:
        """Return one for each bucket."""


class Histogram:
    """How often which values occurred, by bucket, and their sum."""

    __slots__ = ("__weakref__", "_bounds", "_place_exemplars", "cells", "exemplars")

    def __init__(self, shape: Shape, cells: Cells, place_exemplars: Callable[[], ExemplarPlace]) -> None:
        self._bounds = shape.bounds
        self._place_exemplars = place_exemplars
        self.cells = cells
        self.exemplars: ExemplarPlace | None = None

    def observe(self, value: float, trace: str = "") -> None:
        """Count a value.

        Args:
            value: In the unit that the family's name ends with.
            trace: The id of a sampled trace that shows it, 32 hexadecimal digits; empty for none.
        """
        cells = self.cells
        cells[0] += value
        cells[bisect_left(self._bounds, value) + 1] += 1.0
        if trace:
            self._remember(value, trace)

    def _remember(self, value: float, trace: str) -> None:
        if self.exemplars is None:
            self.exemplars = self._place_exemplars()
        now = time.time()  # noqa: TID251 - an exemplar's time is the wall's, as Prometheus wants it
        self.exemplars.put(bisect_left(self._bounds, value), Exemplar(trace, value, now))


class ListedExemplars:
    """Exemplars of one process, in its memory."""

    __slots__ = ("_found",)

    def __init__(self, buckets: int) -> None:
        self._found: list[Exemplar | None] = [None] * buckets

    def put(self, bucket: int, exemplar: Exemplar) -> None:
        """Take one, in place of an earlier one of the same bucket."""
        self._found[bucket] = exemplar

    def all(self) -> Sequence[Exemplar | None]:
        """Return one for each bucket."""
        return self._found
