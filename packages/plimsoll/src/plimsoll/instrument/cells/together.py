"""What several processes say of the same families, put together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from plimsoll.instrument.cells.file import CellFile
from plimsoll.instrument.cells.values import Cells, Exemplar, Kind, Mode, Shape
from plimsoll.instrument.exposition import Series

SERIES: Final = 4_000
"""How many label sets of one family the dead may leave behind; further ones are not kept."""


@dataclass(slots=True)
class _Merged:
    """A series of one or several processes."""

    cells: list[float]
    exemplars: list[Exemplar | None] | None = None
    said: int = 1


@dataclass(slots=True)
class Merging:
    """A family while it is put together.

    Attributes:
        shape: What it is.
        series: What was found, by the text of its labels.
    """

    shape: Shape
    series: dict[str, _Merged] = field(default_factory=dict)

    def add(self, labels: str, cells: list[float], exemplars: list[Exemplar | None] | None, pid: str) -> None:
        """Take a series in.

        Args:
            labels: As text.
            cells: Its numbers; kept.
            exemplars: One for each bucket; None where there are none.
            pid: Whose it is.
        """
        shape = self.shape
        if shape.mode is Mode.EACH:
            labels = f'{labels},pid="{pid}"' if labels else f'pid="{pid}"'
        known = self.series.get(labels)
        if known is None:
            self.series[labels] = _Merged(cells, exemplars)
        elif shape.kind is Kind.GAUGE:
            _put_gauge(known, cells, shape.mode)
        elif len(cells) == 1:
            known.cells[0] += cells[0]
        else:
            known.cells = [one + other for one, other in zip(known.cells, cells, strict=True)]
            if exemplars is not None:
                known.exemplars = exemplars if known.exemplars is None else _latest(known.exemplars, exemplars)


class Together:
    """Families as several processes have them; where shapes differ, the first one's is the one."""

    def __init__(self) -> None:
        self._families: dict[str, Merging] = {}

    def of(self, shape: Shape, *, is_living: bool) -> Merging | None:
        """Return where series of a shape go; None where they are not kept.

        That is: of another shape by the same name, since its numbers mean something else; and gauges of the dead.
        """
        family = self._families.get(shape.name)
        if family is None:
            family = self._families[shape.name] = Merging(shape)
        if _meaning(family.shape) != _meaning(shape) or (shape.kind is Kind.GAUGE and not is_living):
            return None
        return family

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


def _put_gauge(known: _Merged, cells: list[float], mode: Mode) -> None:
    value, before = cells[0], known.cells[0]
    if math.isnan(value):
        return
    if math.isnan(before):
        known.cells = cells
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
                known.cells = cells


def _told(shape: Shape, merged: _Merged) -> Cells:
    return [merged.cells[0] / merged.said] if shape.mode is Mode.MEAN else merged.cells


def _latest(first: Sequence[Exemplar | None], second: Sequence[Exemplar | None]) -> list[Exemplar | None]:
    return [
        other if one is None or (other is not None and other.at > one.at) else one
        for one, other in zip(first, second, strict=True)
    ]
