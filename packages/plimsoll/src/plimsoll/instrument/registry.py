"""The metrics of one process: made once, passed on, exposed as text."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from plimsoll.instrument import exposition
from plimsoll.instrument.cells.folder import SharedFolder
from plimsoll.instrument.cells.values import (
    Cells,
    Counter,
    ExemplarPlace,
    Gauge,
    Histogram,
    Kind,
    ListedExemplars,
    Mode,
    Shape,
)
from plimsoll.instrument.exposition import CONTENT_TYPE, Foreign, Format, Series
from plimsoll.instrument.forks import call_after_forks

__all__ = ["CONTENT_TYPE", "LABEL_VALUES", "OTHER", "Collector", "Family", "Mode", "Registry"]

OTHER = "other"
"""The label value that stands for every value past a bound."""
LABEL_VALUES = 1_000
"""How many label sets one metric may have before further ones are counted as `OTHER`."""
_log = logging.getLogger(__name__)

Child = TypeVar("Child", Counter, Gauge, Histogram)


class Collector(Protocol):
    """What prometheus_client calls a collector: other people's metrics."""

    def collect(self) -> Iterable[Foreign]:
        """Yield families with `name`, `type`, `documentation` and `samples`."""


class Family(Generic[Child]):
    """A metric with labels whose cardinality is bounded, and whose children are found without a lock.

    A label whose value is empty is left out of the text: to Prometheus both mean the same.

    Args:
        shape: What it is.
        make: Makes the child of one label set from the text of its labels.
        limit: How many label sets it may have; every label of a further one reads `other`.
    """

    __slots__ = ("_children", "_limit", "_make", "_written", "shape")

    def __init__(self, shape: Shape, make: Callable[[str], Child], limit: int = LABEL_VALUES) -> None:
        self.shape = shape
        self._make: Callable[[str], Child] = make
        self._limit = limit
        self._children: dict[tuple[str, ...], Child] = {}
        self._written: list[tuple[str, Child]] = []

    def at(self, *values: str) -> Child:
        """Return the child of these label values, in the order the labels were declared.

        Raises:
            ValueError: There are more or fewer values than labels.
        """
        child = self._children.get(values)
        return child if child is not None else self._adopt(values)

    def children(self) -> list[tuple[str, Child]]:
        """Return every child with the text of its labels."""
        return self._written[:]

    def _adopt(self, values: tuple[str, ...]) -> Child:
        if len(values) != len(self.shape.labels):
            raise ValueError(f"{self.shape.name} has the labels {self.shape.labels}, not {len(values)} values")
        if len(self._children) < self._limit:
            return self._add(values)
        other = (OTHER,) * len(values)
        found = self._children.get(other)
        return self._add(other) if found is None else found

    def _add(self, values: tuple[str, ...]) -> Child:
        text = exposition.labels_text(self.shape.labels, values)
        made = self._make(text)
        kept = self._children.setdefault(values, made)  # two threads may meet here: whoever is first is the one
        if kept is made:
            self._written.append((text, made))
        return kept


AnyFamily = Family[Counter] | Family[Gauge] | Family[Histogram]


class Registry:
    """All metrics of one process; nothing is global, so that two can live side by side.

    Args:
        folder: Where processes that report as one keep their numbers (`METRICS_DIR`); None for a process alone.

    Raises:
        OSError: The folder cannot be written.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._families: dict[str, AnyFamily] = {}
        self._foreign: list[Collector] = []
        self._shared = None if folder is None else SharedFolder(folder)
        if self._shared is not None:
            call_after_forks(self.move)

    @property
    def is_shared(self) -> bool:
        """Whether several processes report as one."""
        return self._shared is not None

    @property
    def folder(self) -> Path | None:
        """Where processes that report as one keep their numbers."""
        return None if self._shared is None else self._shared.path

    def counter(self, name: str, explained: str, *labels: str, limit: int = LABEL_VALUES) -> Family[Counter]:
        """Make a counter; `name` carries its `_total`."""
        if not name.endswith("_total"):
            raise ValueError(f"{name}: a counter's name ends with _total")
        shape = Shape(name, explained, Kind.COUNTER, labels)
        return self._known(Family(shape, lambda text: Counter(shape, self._cells(shape, text)), limit))

    def gauge(
        self, name: str, explained: str, *labels: str, mode: Mode = Mode.SUM, limit: int = LABEL_VALUES
    ) -> Family[Gauge]:
        """Make a gauge; `mode` says what several processes' are together."""
        shape = Shape(name, explained, Kind.GAUGE, labels, mode=mode)
        return self._known(Family(shape, lambda text: Gauge(shape, self._cells(shape, text)), limit))

    def histogram(
        self, name: str, explained: str, *labels: str, buckets: Sequence[float], limit: int = LABEL_VALUES
    ) -> Family[Histogram]:
        """Make a histogram; `buckets` are upper bounds in the unit that `name` ends with."""
        bounds = tuple(float(each) for each in buckets if each != float("inf"))
        if not bounds or list(bounds) != sorted(set(bounds)):
            raise ValueError(f"{name}: buckets rise, and there is one at least")
        shape = Shape(name, explained, Kind.HISTOGRAM, labels, bounds)
        return self._known(Family(shape, lambda text: self._histogram(shape, text), limit))

    def level(self, name: str, explained: str, read: Callable[[], float], *, mode: Mode = Mode.SUM) -> None:
        """Make a gauge without labels that is read when scraped."""
        self.gauge(name, explained, mode=mode).at().set_function(read)

    def tally(self, name: str, explained: str, read: Callable[[], float]) -> None:
        """Make a counter without labels that something else keeps, read when scraped."""
        self.counter(name, explained).at().set_function(read)

    def shapes(self) -> list[Shape]:
        """Return what there is, in the order in which it was made."""
        return [family.shape for family in self._families.values()]

    def add(self, collector: Collector) -> None:
        """Take other people's metrics in, such as prometheus_client's `REGISTRY`: of this process alone."""
        self._foreign.append(collector)

    def refresh(self) -> None:
        """Read everything that is read when scraped; where processes report as one, each does so now and then."""
        for family in list(self._families.values()):
            if family.shape.kind is not Kind.HISTOGRAM:
                _read(family)

    def exposition(self, form: Format = Format.TEXT) -> bytes:
        """Return everything in Prometheus' text format (`CONTENT_TYPE`), or in OpenMetrics."""
        self.refresh()
        return self.told(form)

    def told(self, form: Format) -> bytes:
        """Return everything as it was after the last `refresh`; may be called from a thread of its own."""
        found = self._own() if self._shared is None else self._shared.gathered()
        return exposition.rendered(found, form, (each for collector in self._foreign for each in collector.collect()))

    def close(self) -> None:
        """Leave the folder: counts stay with those who remain. Harmless for a process alone."""
        if self._shared is not None:
            self._shared.close()

    def _known(self, family: Family[Child]) -> Family[Child]:
        name = family.shape.name
        if name in self._families:
            raise ValueError(f"{name} is there already")
        self._families[name] = family
        if self._shared is not None:
            self._shared.own.declare(family.shape)
        if not family.shape.labels:
            family.at()  # what has no labels shows a value from the start
        return family

    def _cells(self, shape: Shape, text: str) -> Cells:
        return [0.0] * shape.width if self._shared is None else self._shared.own.allot(shape, text)

    def _histogram(self, shape: Shape, text: str) -> Histogram:
        def place() -> ExemplarPlace:
            if self._shared is None:
                return ListedExemplars(len(shape.bounds) + 1)
            return self._shared.own.allot_exemplars(shape, text)

        return Histogram(shape, self._cells(shape, text), place)

    def _own(self) -> Iterator[tuple[Shape, list[Series]]]:
        for family in list(self._families.values()):
            yield family.shape, [_series(text, child) for text, child in family.children()]

    def move(self) -> None:
        """Begin anew in a file of this process's own: what was counted before a fork is the parent's."""
        if self._shared is None:
            return
        self._shared.reopen()
        for family in self._families.values():
            shape = family.shape
            self._shared.own.declare(shape)
            keeps = shape.kind is Kind.GAUGE and shape.mode is not Mode.SUM
            for text, child in family.children():
                before, child.cells = child.cells, self._cells(shape, text)
                if keeps:
                    for at in range(shape.width):
                        child.cells[at] = before[at]
                if isinstance(child, Histogram):
                    child.exemplars = None


def _series(text: str, child: Counter | Gauge | Histogram) -> Series:
    exemplars = child.exemplars if isinstance(child, Histogram) else None
    return Series(text, child.cells, None if exemplars is None else exemplars.all())


def _read(family: AnyFamily) -> None:
    for _, child in family.children():
        if isinstance(child, Histogram) or child.read is None:
            continue
        try:
            value = float(child.read())
        except Exception:  # noqa: BLE001 - whatever it is, all other metrics are still to be told
            _log.exception("%s could not be read", family.shape.name)
            value = float("nan")
        if isinstance(child, Gauge):
            child.set(value)
        elif value > child.cells[0]:
            child.cells[0] = value
