"""CSV: a header that is understood, rows that stream, and a bad row that costs nobody but itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import BinaryIO, Final

from natalis.domain.intake import UserInput
from natalis.errors import InvalidInput
from natalis.formats.columns import DATES, GIVEN, NAME, check_complete, mapped, split_name
from natalis.formats.dates import iso_date
from natalis.formats.encoding import SAMPLE, Encoding
from natalis.formats.lines import ROW_LIMIT, Lines, RowTooLong
from natalis.formats.reading import Reading
from natalis.ports.people_file import BadRow, Entry, Position, Row

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SNIFFED_ROWS = 50
NO_DATES: Final[Mapping[str, str]] = MappingProxyType({})


class CsvRows:
    """Reads the rows of a CSV file as RFC 4180 has it, with any of four delimiters.

    A row in which a quote is opened and not closed is bad; reading goes on with the line after its first one. Rows
    without any text are passed over. A row may lack fields at its end (spreadsheets leave empty ones out).

    Args:
        file: Seekable.
        encoding: How its text is encoded.
        reading: What the caller says about it.

    Raises:
        InvalidInput: There is no header, or it lacks columns that every person needs.
    """

    def __init__(self, file: BinaryIO, encoding: Encoding, reading: Reading) -> None:
        self.delimiter = _told(reading.delimiter) or _sniffed(file, encoding)
        self._lines = Lines(file, encoding)
        self._order = reading.date_order
        header = self._read_header()
        columns = mapped(header, reading.columns)
        check_complete(columns, header, needs_zone=reading.needs_zone)
        self._begin = self._lines.position
        self._width = len(header)
        self._full_name = columns.pop(NAME, None)
        if {"firstName", "lastName"} <= columns.keys():
            self._full_name = None
        absent = len(header)  # the place of an empty field that is added to every record
        self._pick = itemgetter(*(columns.get(field, absent) for field in GIVEN))
        self._dates = {field.removeprefix(DATES): index for field, index in columns.items() if field.startswith(DATES)}

    @property
    def position(self) -> Position:
        """Where the row after the last one returned begins."""
        return self._lines.position

    def read(self, start: Position) -> Iterator[Entry]:
        """Return the entries from `start` on."""
        self._lines.go(max(start, self._begin))
        records = self._records()
        while (at := self._next_record(records)) is not None:
            line, record = at
            if isinstance(record, str):
                yield BadRow(line, record)
                records = self._records()
            elif record and any(record):
                yield self._entry(line, record)

    def _records(self) -> Iterator[list[str]]:
        return csv.reader(self._lines, delimiter=self.delimiter, skipinitialspace=True, strict=True)

    def _next_record(self, records: Iterator[list[str]]) -> tuple[int, list[str] | str] | None:
        """Return the next record, or why it is none, with the line it begins at; None at the end."""
        lines = self._lines
        start = lines.position
        lines.end = start.offset + ROW_LIMIT + 2
        try:
            record = next(records)
        except StopIteration:
            return None
        except csv.Error as error:
            reason = lines.fault or f"{error}; look at its quotes: one inside a field is written twice"
        except RowTooLong:
            reason = f"the row is longer than {ROW_LIMIT} bytes; look for a quote that is not closed"
        else:
            fault, lines.fault = lines.fault, None
            return start.line, fault or record
        lines.go(start)
        next(iter(lines), None)
        lines.fault = None
        return start.line, reason

    def _entry(self, line: int, record: list[str]) -> Entry:
        if any(record[self._width :]):
            what = f"the row has {len(record)} fields and the header {self._width}"
            return BadRow(line, f"{what}; quote fields that hold the delimiter")
        record += [""] * (self._width + 1 - len(record))
        try:
            return self._row(line, record)
        except InvalidInput as error:
            return BadRow(line, str(error))

    def _row(self, line: int, record: list[str]) -> Row:
        first, last, email, birthday, zone, locale, leap_day = self._pick(record)
        if self._full_name is not None:
            first, last = split_name(record[self._full_name])
        if birthday:
            birthday = iso_date(birthday, self._order, field="birthdayDate")
        given = UserInput(
            *(first or None, last or None, email or None, birthday or None),
            *(zone or None, locale or None, leap_day or None),
        )
        return Row(line, given, self._further_dates(record) if self._dates else NO_DATES)

    def _further_dates(self, record: list[str]) -> dict[str, str]:
        return {
            kind: iso_date(record[at], self._order, field=kind)
            for kind, at in self._dates.items()
            if record[at].strip()
        }

    def _read_header(self) -> Sequence[str]:
        records = self._records()
        while (at := self._next_record(records)) is not None:
            line, record = at
            if isinstance(record, str):
                raise InvalidInput("header", f"line {line}: {record}", "begin the file with a row of column names")
            if _is_separator_line(record):
                continue
            if any(field.strip() for field in record):
                return record
        raise InvalidInput("file", "is empty", "begin it with a row of column names")


def _told(delimiter: str | None) -> str | None:
    if delimiter is None:
        return None
    named = {name: sign for sign, name in DELIMITERS.items()} | {sign: sign for sign in DELIMITERS} | {"\\t": "\t"}
    try:
        return named[delimiter]
    except KeyError:
        remedy = "use one of , ; | or tabs"
        raise InvalidInput("delimiter", f"{delimiter[:10]!r} cannot separate fields", remedy) from None


def _sniffed(file: BinaryIO, encoding: Encoding) -> str:
    """Return the delimiter whose header is understood best, then whose rows are as wide as their header."""
    file.seek(encoding.mark)
    sample = str(file.read(SAMPLE), encoding.name, "replace")
    first = sample.partition("\n")[0].strip('" \r').casefold()
    if first.startswith("sep=") and first[4:] in DELIMITERS:
        return first[4:]
    return max(DELIMITERS, key=lambda delimiter: _fit(sample, delimiter))


def _fit(sample: str, delimiter: str) -> tuple[int, float, int]:
    text = io.StringIO(sample, newline="")
    records: list[list[str]] = []
    try:
        for record in csv.reader(text, delimiter=delimiter, skipinitialspace=True):
            if any(record):
                records.append(record)
            if len(records) > _SNIFFED_ROWS:
                break
    except csv.Error:
        pass  # a broken row further down says nothing about the delimiter
    if not records:
        return 0, 0.0, 0
    header, rows = records[0], records[1:]
    try:
        understood = len(mapped(header, {}))
    except InvalidInput:
        understood = 0
    alike = sum(len(row) == len(header) for row in rows) / max(len(rows), 1) if len(header) > 1 else 0.0
    return understood, alike, len(header)


def _is_separator_line(record: Sequence[str]) -> bool:
    """Whether it is a spreadsheet's own `sep=;` line."""
    return bool(record) and record[0].casefold().startswith("sep=") and not any(record[1:])
