"""One file of numbers: written in place by one process, read by others while it writes.

After a head of 64 bytes the file is pages of `PAGE` bytes, each filled with records. A record begins with its size,
which is written last, so that whoever reads sees it whole or not at all - also when its writer was killed in its midst.
A page's rest that is too small for the next record stays zero.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from plimsoll.instrument.cells.values import Cells, Exemplar, ExemplarPlace, Kind, Mode, Shape

MAGIC: Final = b"PLIMSOLL\x01\0\0\0\0\0\0\0"
PAGE: Final = 128 * 1024
"""Bytes; files are sparse, so that what is not written takes no room."""
HEAD: Final = 64
_RECORD: Final = struct.Struct("<IIIII4x")  # size, what it is, whose it is, bytes of text, cells
_CELL: Final = 8
_EXEMPLAR: Final = struct.Struct("<16sdd")
_FAMILY, _SERIES, _EXEMPLARS, _NOTE = 1, 2, 3, 4


class CellFile:
    """The file of this process.

    Args:
        descriptor: Of a new, empty file; stays open, and is closed with it.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._page = memoryview(b"")
        self._used = 0  # of the page
        self._size = 0  # of the file
        self._count = 0  # records
        self._families: dict[str, int] = {}
        self._series: dict[tuple[str, str], int] = {}
        self._places: dict[tuple[str, str], Cells] = {}
        self._writing = threading.Lock()
        self._turn_page(HEAD)
        self._page[: len(MAGIC)] = MAGIC
        self._used = HEAD

    @property
    def descriptor(self) -> int:
        """Of the open file."""
        return self._descriptor

    def declare(self, shape: Shape) -> int:
        """Write down what a family is, once; return its number."""
        with self._writing:
            return self._declared(shape)

    def allot(self, shape: Shape, labels: str) -> Cells:
        """Return the cells of a series, zeroed when it is new."""
        key = (shape.name, labels)
        with self._writing:
            known = self._places.get(key)
            if known is None:
                place = self._append(_SERIES, self._declared(shape), labels.encode(), shape.width)
                self._series[key] = self._count
                known = self._places[key] = place.cast("d")
            return known

    def allot_exemplars(self, shape: Shape, labels: str) -> ExemplarPlace:
        """Return a place for the exemplars of a series that has cells."""
        buckets = len(shape.bounds) + 1
        with self._writing:
            owner = self._series[shape.name, labels]
            return _WrittenExemplars(self._append(_EXEMPLARS, owner, b"", buckets * _EXEMPLAR.size // _CELL))

    def note(self, said: Mapping[str, Any]) -> None:
        """Write something down about the file as a whole."""
        with self._writing:
            self._append(_NOTE, 0, json.dumps(said).encode(), 0)

    def _declared(self, shape: Shape) -> int:
        known = self._families.get(shape.name)
        if known is None:
            self._append(_FAMILY, 0, json.dumps(_as_json(shape)).encode(), 0)
            known = self._families[shape.name] = self._count
        return known

    def _append(self, what: int, owner: int, text: bytes, cells: int) -> memoryview:
        """Write a record and return the bytes of its cells."""
        padded = len(text) + -len(text) % _CELL
        size = _RECORD.size + padded + cells * _CELL
        if self._used + size > len(self._page):
            self._turn_page(size)
        at, end = self._used, self._used + size
        page = self._page
        _RECORD.pack_into(page, at, 0, what, owner, len(text), cells)
        page[at + _RECORD.size : at + _RECORD.size + len(text)] = text
        struct.pack_into("<I", page, at, size)
        self._used = end
        self._count += 1
        return page[end - cells * _CELL : end]

    def _turn_page(self, least: int) -> None:
        length = -(-least // PAGE) * PAGE
        os.ftruncate(self._descriptor, self._size + length)
        mapped = mmap.mmap(self._descriptor, length, offset=self._size)
        self._page, self._used = memoryview(mapped), 0
        self._size += length


class _WrittenExemplars:
    """Exemplars of a series, in a file."""

    __slots__ = ("_place",)

    def __init__(self, place: memoryview) -> None:
        self._place = place

    def put(self, bucket: int, exemplar: Exemplar) -> None:
        """Take one, in place of an earlier one of the same bucket."""
        at = bucket * _EXEMPLAR.size
        trace = bytes.fromhex(exemplar.trace)
        self._place[at : at + _EXEMPLAR.size] = _EXEMPLAR.pack(trace, exemplar.value, exemplar.at)

    def all(self) -> Sequence[Exemplar | None]:
        """Return one for each bucket."""
        return exemplars_in(self._place)


Found: TypeAlias = tuple[Shape, str, int, int]
"""A series in a file: its family, its labels as text, and where its cells begin and end, counted in cells."""


@dataclass(slots=True)
class Contents:
    """What was read of a file up to now: what was written stays where it is, so that only what is new is read.

    Attributes:
        families: What families there are.
        series: What series there are.
        exemplars: Where the exemplars of a series begin, in bytes, by the series' place in `series`.
        notes: What was noted about the file as a whole.
    """

    families: list[Shape] = field(default_factory=list)
    series: list[Found] = field(default_factory=list)
    exemplars: dict[int, int] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    _shapes: dict[int, Shape] = field(default_factory=dict)
    _places: dict[int, int] = field(default_factory=dict)
    _count: int = 0
    _read_to: int = HEAD

    def read(self, held: bytes) -> None:
        """Take in what was written since.

        Raises:
            ValueError: It is no such file, or is damaged.
            KeyError: It is damaged.
        """
        if held[: len(MAGIC)] != MAGIC:
            raise ValueError("not a file of numbers, or of another version")
        at, end, head = self._read_to, len(held), _RECORD.size
        while at + head <= end:
            size, what, owner, text, cells = _RECORD.unpack_from(held, at)
            if size == 0:
                turned = -(-at // PAGE) * PAGE  # where the next page begins
                if turned == at or turned + head > end or not any(held[turned : turned + 4]):
                    break
                at = turned
                continue
            if size % _CELL or size != head + text + -text % _CELL + cells * _CELL or at + size > end:
                raise ValueError(f"damaged at byte {at}")
            self._count += 1
            said = held[at + head : at + head + text]
            at += size
            if what == _SERIES:  # nearly all of them are
                first = at // _CELL - cells
                self._places[self._count] = len(self.series)
                self.series.append((self._shapes[owner], said.decode(), first, first + cells))
            else:
                self._take(what, owner, said, at - cells * _CELL)
        self._read_to = at

    def _take(self, what: int, owner: int, said: bytes, cells_at: int) -> None:
        if what == _FAMILY:
            shape = _from_json(json.loads(said))
            self.families.append(shape)
            self._shapes[self._count] = shape
        elif what == _EXEMPLARS:
            self.exemplars[self._places[owner]] = cells_at
        elif what == _NOTE:
            self.notes.append(json.loads(said))


def exemplars_in(place: memoryview) -> list[Exemplar | None]:
    """Return the exemplars that lie in a row."""
    return [Exemplar(trace.hex(), value, at) if at else None for trace, value, at in _EXEMPLAR.iter_unpack(place)]


def exemplars_of(held: bytes, shape: Shape, begin: int) -> list[Exemplar | None]:
    """Return the exemplars of a series of a file, from where they begin."""
    return exemplars_in(memoryview(held)[begin : begin + (len(shape.bounds) + 1) * _EXEMPLAR.size])


def _as_json(shape: Shape) -> dict[str, Any]:
    return {
        "name": shape.name,
        "explained": shape.explained,
        "kind": shape.kind.value,
        "labels": shape.labels,
        "bounds": shape.bounds,
        "mode": shape.mode.value,
    }


def _from_json(said: Mapping[str, Any]) -> Shape:
    return Shape(
        said["name"],
        said["explained"],
        Kind(said["kind"]),
        tuple(said["labels"]),
        tuple(said["bounds"]),
        Mode(said["mode"]),
    )
