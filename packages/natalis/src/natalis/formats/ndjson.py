"""NDJSON: one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

import msgspec

from natalis.errors import InvalidInput
from natalis.formats.columns import DATES, NAME, field_named, given_from, split_name
from natalis.formats.dates import iso_date
from natalis.formats.encoding import Encoding
from natalis.formats.lines import Lines
from natalis.formats.reading import Reading
from natalis.ports.people_file import BadRow, Entry, Position, Row

_OBJECT = "write one JSON object a line"


class NdjsonRows:
    """Reads one object a line; members are named as the API names them, or as columns of a CSV file may be.

    Further yearly dates stand in `occasions`, by kind, or beside the other members as `anniversary` or
    `occasions.KIND`. Members that mean nothing here are passed over.
    """

    def __init__(self, file: BinaryIO, encoding: Encoding, reading: Reading) -> None:
        self._lines = Lines(file, encoding)
        self._order = reading.date_order
        self._decode = msgspec.json.Decoder().decode
        self._names = {theirs: _known(ours) for theirs, ours in reading.columns.items()}

    @property
    def position(self) -> Position:
        """Where the row after the last one returned begins."""
        return self._lines.position

    def read(self, start: Position) -> Iterator[Entry]:
        """Return the entries from `start` on."""
        lines = self._lines
        lines.go(start)
        for text in lines:
            line, fault = lines.line - 1, lines.fault
            if fault is not None:
                lines.fault = None
                yield BadRow(line, fault)
            elif text.strip():
                yield self._entry(line, text)

    def _entry(self, line: int, text: str) -> Entry:
        try:
            found = self._decode(text)
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
            return BadRow(line, f"the line is not JSON: {str(error)[:120]}; {_OBJECT}")
        if not isinstance(found, dict):
            return BadRow(line, f"the line is not a JSON object; {_OBJECT}")
        try:
            return self._row(line, found)
        except InvalidInput as error:
            return BadRow(line, str(error))

    def _row(self, line: int, found: dict[str, object]) -> Row:
        fields: dict[str, str] = {}
        dates: dict[str, str] = {}
        for name, value in found.items():
            if name == "occasions":
                dates |= self._occasions(value)
                continue
            field = self._names.get(name) or self._remembered(name)
            if not field or value is None:
                continue
            if field.startswith(DATES):
                kind = field.removeprefix(DATES)
                dates[kind] = iso_date(_text(value, name), self._order, field=kind)
            else:
                fields[field] = _text(value, name)
        full = fields.pop(NAME, None)
        if full is not None and not {"firstName", "lastName"} <= fields.keys():
            fields["firstName"], fields["lastName"] = split_name(full)
        if "birthdayDate" in fields:
            fields["birthdayDate"] = iso_date(fields["birthdayDate"], self._order, field="birthdayDate")
        return Row(line, given_from(fields), dates)

    def _remembered(self, name: str) -> str:
        """Return our field of that name, or an empty text; remembered while few, since every line has the same."""
        field = field_named(name) or ""
        if len(self._names) < 100:  # noqa: PLR2004 - more names than that come from no program
            self._names[name] = field
        return field

    def _occasions(self, value: object) -> dict[str, str]:
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise InvalidInput("occasions", "is not an object", 'write {"anniversary": "2011-06-04"}')
        return {
            kind: iso_date(_text(on, kind), self._order, field=kind) for kind, on in value.items() if on is not None
        }


def _text(value: object, name: str) -> str:
    if isinstance(value, str):
        return value
    raise InvalidInput(name[:40], f"is {type(value).__name__} and not text", "write it in double quotes")


def _known(ours: str) -> str:
    field = field_named(ours)
    if field is None:
        raise InvalidInput("map", f"{ours[:40]!r} is not a field", "use one such as birthday or occasions.anniversary")
    return field
