"""What kind of file it is, and opening it: the one entry to this folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Protocol

from natalis.errors import InvalidInput
from natalis.formats.csv_file import DELIMITERS, CsvRows
from natalis.formats.encoding import SAMPLE, Encoding, encoding_of
from natalis.formats.ndjson import NdjsonRows
from natalis.formats.reading import Reading
from natalis.formats.vcard import VcardRows
from natalis.ports.people_file import Batch, Entry, Position

_CHUNK = 1024 * 1024  # bytes


class Rows(Protocol):
    """The entries of a file in one format."""

    @property
    def position(self) -> Position:
        """Where the row after the last one returned begins."""
        ...

    def read(self, start: Position) -> Iterator[Entry]:
        """Return the entries from `start` on."""
        ...


@dataclass(frozen=True, slots=True)
class OpenFile:
    """An open file of people; a `ports.people_file.PeopleFile`."""

    description: str
    size: int
    fingerprint: str
    _rows: Rows

    def batches(self, *, start: Position, limit: int) -> Iterator[Batch]:
        """Read on from `start` in batches of `limit` entries, the last one smaller."""
        entries = self._rows.read(start)
        while batch := tuple(islice(entries, limit)):
            yield Batch(batch, self._rows.position)


def open_people(file: BinaryIO, *, name: str = "", reading: Reading | None = None) -> OpenFile:
    """Open a file of people, whatever its format.

    What it holds decides; its name does only where that says nothing.

    Args:
        file: Seekable, open as long as it is read; the caller closes it.
        name: The file's name, or just its extension (`.csv .tsv .txt .vcf .vcard .ndjson .jsonl`); may be empty.
        reading: What the caller says about it.

    Raises:
        InvalidInput: It is not such a file, or its header or encoding cannot be made out.
    """
    reading = reading or Reading()
    encoding = encoding_of(file, reading.encoding)
    kind = _kind(file, encoding, name)
    rows: Rows
    match kind:
        case "vCard":
            rows = VcardRows(file, encoding, reading)
        case "NDJSON":
            rows = NdjsonRows(file, encoding, reading)
        case _:
            rows = CsvRows(file, encoding, reading)
            kind = f"CSV with {DELIMITERS[rows.delimiter]}"
    description = f"{kind}, {encoding.name}"
    size, digest = _digest(file, f"{description} {reading!r}")
    return OpenFile(description, size, digest, rows)


def _kind(file: BinaryIO, encoding: Encoding, name: str) -> str:
    file.seek(encoding.mark)
    head = str(file.read(SAMPLE), encoding.name, "replace").lstrip()
    if head[:11].upper() == "BEGIN:VCARD":
        return "vCard"
    if head[:1] == "{":
        return "NDJSON"
    if head[:1] == "[":
        raise InvalidInput("file", "is a JSON array", "write one object a line, without the brackets and commas")
    match name.rpartition(".")[2].casefold():
        case "vcf" | "vcard":
            return "vCard"
        case "ndjson" | "jsonl" | "json":
            return "NDJSON"
        case _:
            return "CSV"


def _digest(file: BinaryIO, way: str) -> tuple[int, str]:
    """Return the size and a digest of every byte: a corrected birthday leaves the size as it was."""
    digest, size = hashlib.blake2b(way.encode("utf-8", "replace"), digest_size=16), 0
    file.seek(0)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()
