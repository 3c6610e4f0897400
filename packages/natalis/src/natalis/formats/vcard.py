"""vCard 3.0 (RFC 2426) and 4.0 (RFC 6350): the few properties a greeting needs, card by card.

A line reader of our own; decision record 0010 says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

from natalis.domain.occasion import ANNIVERSARY
from natalis.errors import InvalidInput
from natalis.formats.columns import given_from, split_name
from natalis.formats.encoding import Encoding
from natalis.formats.lines import ROW_LIMIT, Lines
from natalis.formats.reading import Reading
from natalis.ports.people_file import BadRow, Entry, Position, Row

_VERSIONS = frozenset({"3.0", "4.0"})
_WANTED = frozenset(
    {
        *("VERSION", "FN", "N", "EMAIL", "BDAY", "ANNIVERSARY", "X-ANNIVERSARY", "TZ", "LANG"),
        *("X-ABDATE", "X-ABLABEL"),
    }
)
"""All others are passed over line by line, so that a photograph of any size costs no memory."""
_NAME = re.compile(r"(?:([\w-]+)\.)?([\w-]+)(?=[;:])", re.ASCII)
_PARAMETER = re.compile(r';([\w-]+)(?:=((?:"[^"]*"|[^":;])*))?', re.ASCII)
_DATE = re.compile(r"(?:(\d{4})-?|--)(\d\d)-?(\d\d)(?:[T ].*)?", re.ASCII | re.DOTALL)
_ESCAPED = re.compile(r"\\(.)|,", re.DOTALL)
_COMPONENT = re.compile(r"((?:[^\\;]|\\.?)*)(;?)", re.DOTALL)
_LEAST_PREFERRED = 101  # one past the highest PREF there is; RFC 6350 section 5.3


class VcardRows:
    """Reads one person a card.

    A card that is not closed ends where the next one begins; a run of text between cards is one bad row.

    Raises:
        InvalidInput: Columns are to be mapped: a vCard's properties have fixed names.
    """

    def __init__(self, file: BinaryIO, encoding: Encoding, reading: Reading) -> None:
        if reading.columns:
            raise InvalidInput("map", "a vCard has no columns to map", "leave it out")
        self._lines = Lines(file, encoding)

    @property
    def position(self) -> Position:
        """Where the row after the last one returned begins."""
        return self._lines.position

    def read(self, start: Position) -> Iterator[Entry]:
        """Return the entries from `start` on."""
        self._lines.go(start)
        texts = iter(self._lines)
        for text in texts:
            line, mark = self._lines.line - 1, _mark(text)
            if mark == "BEGIN:VCARD":
                yield self._card(line, texts)
            elif mark:
                self._pass_over(texts)
                yield BadRow(line, "there is text outside of any card; a card begins with BEGIN:VCARD")

    def _card(self, line: int, texts: Iterator[str]) -> Entry:
        lines, card = self._lines, _Card()
        lines.fault = None
        before = lines.position
        for text in texts:
            match _mark(text):
                case "END:VCARD":
                    return _entry(line, card)
                case "BEGIN:VCARD":
                    lines.go(before)
                    break
                case _:
                    card.take(text, lines.fault)
            lines.fault = None
            before = lines.position
        return BadRow(line, "the card is not closed; it ends with END:VCARD")

    def _pass_over(self, texts: Iterator[str]) -> None:
        before = self._lines.position
        for text in texts:
            if _mark(text) == "BEGIN:VCARD":
                self._lines.go(before)
                return
            before = self._lines.position


class _Property(NamedTuple):
    group: str
    name: str
    parameters: dict[str, str]
    value: str


class _Card:
    """Collects the wanted properties of one card, unfolded, up to the limit of a row."""

    def __init__(self) -> None:
        self.fault: str | None = None
        self._properties: list[list[str]] = []
        self._wanted = False
        self._length = 0

    def take(self, text: str, fault: str | None) -> None:
        """Take one line as written, and why it is not as in the file."""
        folded = text[0] in " \t"
        if not folded:
            name = _NAME.match(text)
            self._wanted = name is not None and name[2].upper() in _WANTED
        if not self._wanted:
            return
        self._length += len(text)
        if self._length > ROW_LIMIT:
            fault = f"the card is longer than {ROW_LIMIT} bytes"
        self.fault = self.fault or fault
        if self.fault is None:
            if not folded:
                self._properties.append([])
            self._properties[-1].append(text[folded:].rstrip("\r\n"))

    def properties(self) -> list[_Property]:
        """Return them in the order of the card; raises `InvalidInput`."""
        return [_parsed("".join(parts)) for parts in self._properties]


def _mark(text: str) -> str:
    return text[:32].strip().upper()


def _entry(line: int, card: _Card) -> Entry:
    if card.fault is not None:
        return BadRow(line, card.fault)
    try:
        return _row(line, card.properties())
    except InvalidInput as error:
        return BadRow(line, str(error))


def _row(line: int, properties: Sequence[_Property]) -> Row:
    values = {found.name: found for found in reversed(properties)}
    version = values["VERSION"].value.strip() if "VERSION" in values else "missing"
    if version not in _VERSIONS:
        raise InvalidInput("VERSION", f"is {version[:20]}", "export the card as vCard 3.0 or 4.0")
    first, last = _names(values)
    fields = {"firstName": first, "lastName": last}
    if email := _preferred([found for found in properties if found.name == "EMAIL"]):
        fields["email"] = _unescaped(email.value)
    if "BDAY" in values:
        fields["birthdayDate"] = _date(values["BDAY"])
    if "TZ" in values:
        fields["timezone"] = _unescaped(values["TZ"].value)
    if language := _preferred([found for found in properties if found.name == "LANG"]):
        fields["locale"] = language.value
    anniversary = values.get("ANNIVERSARY") or values.get("X-ANNIVERSARY") or _apples_anniversary(properties)
    return Row(line, given_from(fields), {} if anniversary is None else {ANNIVERSARY: _date(anniversary)})


def _parsed(text: str) -> _Property:
    head = _NAME.match(text)
    end = head.end() if head else 0
    parameters: dict[str, str] = {}
    while found := _PARAMETER.match(text, end):
        name, value = found[1].upper(), (found[2] or "").replace('"', "")
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
        end = found.end()
    if head is None or text[end : end + 1] != ":":
        raise InvalidInput(text[:20], "is not a property", "write it as NAME;PARAMETER=value:value")
    if "QUOTED-PRINTABLE" in {parameters.get("ENCODING", "").upper(), *parameters}:
        raise InvalidInput(head[2], "is quoted-printable, as in vCard 2.1", "export the card as vCard 3.0 or 4.0")
    return _Property(head[1] or "", head[2].upper(), parameters, text[end + 1 :])


def _names(values: dict[str, _Property]) -> tuple[str, str]:
    if "N" in values:
        family, given, *_ = [*_components(values["N"].value), "", ""]
        if given and family:
            return given, family
    if "FN" in values:
        return split_name(_unescaped(values["FN"].value))
    raise InvalidInput("FN", "is missing", "give the card a name")


def _preferred(properties: Sequence[_Property]) -> _Property | None:
    return min(properties, key=_preference, default=None)


def _preference(found: _Property) -> int:
    parameters = found.parameters
    if "pref" in parameters.get("TYPE", "").lower().split(",") or parameters.get("PREF") == "":
        return 1
    rank = parameters.get("PREF", "")
    return int(rank) if rank.isascii() and rank.isdigit() and len(rank) <= 3 else _LEAST_PREFERRED  # noqa: PLR2004 - 100


def _date(found: _Property) -> str:
    """Return the date of a property as `1990-05-25` or `--05-25`, without the time that may follow it.

    Apple writes a date without a year as one in 1604 and says so in `X-APPLE-OMIT-YEAR`.
    """
    text = found.value.strip()
    if not text:
        return ""
    read = _DATE.fullmatch(text)
    if read is None or found.parameters.get("VALUE", "").lower() == "text":
        problem = f"{text[:40]!r} does not say a month and a day"
        raise InvalidInput(found.name, problem, "write 1990-05-25, or --05-25 without a year")
    year, month, day = read.groups()
    if year is None or year == found.parameters.get("X-APPLE-OMIT-YEAR"):
        return f"--{month}-{day}"
    return f"{year}-{month}-{day}"


def _apples_anniversary(properties: Sequence[_Property]) -> _Property | None:
    """Return the date that Apple's address book labels as the anniversary: `item1.X-ABDATE` and `item1.X-ABLabel`."""
    groups = {
        found.group for found in properties if found.name == "X-ABLABEL" and "anniversary" in found.value.casefold()
    }
    return next((found for found in properties if found.name == "X-ABDATE" and found.group in groups), None)


def _components(value: str) -> list[str]:
    """Return the parts that semicolons separate; commas inside a part separate words (RFC 6350 section 6.2.2)."""
    parts = []
    for part, more in _COMPONENT.findall(value):
        parts.append(_ESCAPED.sub(lambda found: _sign(found[1]) if found[1] else " ", part).strip())
        if not more:
            break
    return parts


def _unescaped(value: str) -> str:
    return _ESCAPED.sub(lambda found: _sign(found[1]) if found[1] else ",", value).strip()


def _sign(escaped: str) -> str:
    return "\n" if escaped in "nN" else escaped
