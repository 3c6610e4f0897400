"""What several processes say of the same families, put together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from plimsoll.instrument.cellfile import CellFile
from plimsoll.instrument.exposition import Series
from plimsoll.instrument.values import Cells, Exemplar, Kind, Mode, Shape

SERIES: Final = 4_000
"""How many label sets of one family the dead may leave behind; further ones are not kept."""


@dataclass(slots=True)
class _Merged:
    """A series of one or several processes."""

    cells: list[float]
    exemplars: list[Exemplar | None] | None = None
    said: int = 1


@dataclass(slots=True)
class _Family:
    shape: Shape
    series: dict[str, _Merged] = field(default_factory=dict)


class Together:
    """Families as several processes have them; where shapes differ, the first one's is the one."""

    def __init__(self) -> None:
        self._families: dict[str, _Family] = {}

    def declare(self, shape: Shape) -> None:
        """Take a family in."""
        if shape.name not in self._families:
            self._families[shape.name] = _Family(shape)

    def add(
        self,
        shape: Shape,
        labels: str,
        cells: Sequence[float] | memoryview,
        exemplars: list[Exemplar | None] | None,
        *,
        pid: str,
        is_living: bool,
    ) -> None:
        """Take a series in.

        Args:
            shape: Of its family.
            labels: As text.
            cells: Its numbers; taken as they are now.
            exemplars: One for each bucket; None where there are none.
            pid: Whose it is.
            is_living: Whether that process is; of the dead only counts are kept.
        """
        family = self._families[shape.name]
        if _meaning(family.shape) != _meaning(shape) or (shape.kind is Kind.GAUGE and not is_living):
            return
        if shape.mode is Mode.EACH:
            labels = f'{labels},pid="{pid}"' if labels else f'pid="{pid}"'
        known = family.series.get(labels)
        if known is None:
            family.series[labels] = _Merged(list(cells), exemplars)
            return
        if shape.kind is Kind.GAUGE:
            _put_gauge(known, cells, shape.mode)
            return
        sums = known.cells
        for at, value in enumerate(cells):
            if value:
                sums[at] += value
        if exemplars is not None:
            known.exemplars = exemplars if known.exemplars is None else _latest(known.exemplars, exemplars)

    def families(self) -> list[tuple[Shape, list[Series]]]:
        """Return everything, as it is to be told."""
        return [
            (
                family.shape,
                [Series(labels, _told(family.shape, each), each.exemplars) for labels, each in family.series.items()],
            )
            for family in self._families.values()
        ]

    def write(self, file: CellFile) -> None:
        """Write counts down; gauges end with their processes."""
        for family in self._families.values():
            if family.shape.kind is Kind.GAUGE:
                continue
            for labels, each in list(family.series.items())[:SERIES]:
                cells = file.allot(family.shape, labels)
                for at, value in enumerate(each.cells):
                    cells[at] = value
                if each.exemplars is not None:
                    place = file.allot_exemplars(family.shape, labels)
                    for bucket, exemplar in enumerate(each.exemplars):
                        if exemplar is not None:
                            place.put(bucket, exemplar)


def _meaning(shape: Shape) -> tuple[object, ...]:
    """Return what must be equal for numbers to be added; an explanation may be worded anew."""
    return shape.kind, shape.labels, shape.bounds, shape.mode


def _put_gauge(known: _Merged, cells: Sequence[float] | memoryview, mode: Mode) -> None:
    value, before = cells[0], known.cells[0]
    if math.isnan(value):
        return
    if math.isnan(before):
        known.cells = list(cells)
        return
    known.said += 1
    match mode:
        case Mode.SUM | Mode.MEAN:
            known.cells[0] += value
        case Mode.MAX:
            known.cells[0] = max(before, value)
        case Mode.MIN:
            known.cells[0] = min(before, value)
        case Mode.LATEST | Mode.EACH:  # of one pid there is one
            if mode is Mode.LATEST and cells[1] > known.cells[1]:
                known.cells = list(cells)


def _told(shape: Shape, merged: _Merged) -> Cells:
    return [merged.cells[0] / merged.said] if shape.mode is Mode.MEAN else merged.cells


def _latest(first: Sequence[Exemplar | None], second: Sequence[Exemplar | None]) -> list[Exemplar | None]:
    return [
        other if one is None or (other is not None and other.at > one.at) else one
        for one, other in zip(first, second, strict=True)
    ]
