"""What a collector answers: an `ExportTraceServiceResponse`, empty unless it refused some of what it was sent."""

from __future__ import annotations

from collections.abc import Iterator

from plimsoll.instrument.traces.otlp.answers import Taken

_LONGEST = 200  # bytes of what it says
_LARGEST = 65_536  # bytes of an answer; more is none of the protocol's
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5  # wire types


def read_response(body: bytes) -> Taken:
    """Return what was taken; a body that is none of the protocol's says nothing more than its status did."""
    if len(body) > _LARGEST:
        return Taken()
    try:
        partial = next((each for number, each in _fields(body) if number == 1 and isinstance(each, bytes)), b"")
        said = dict(_fields(partial))
    except IndexError:
        return Taken()
    rejected, why = said.get(1), said.get(2)
    words = why[:_LONGEST].decode(errors="replace") if isinstance(why, bytes) else ""
    return Taken(rejected if isinstance(rejected, int) else 0, words)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the fields of a message by their numbers; what is cut short raises `IndexError`."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if wire_type == _LENGTH:
            length, at = _varint(message, at)
        else:
            length = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}.get(wire_type, len(message))
        if at + length > len(message):
            raise IndexError
        yield number, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the last of its groups of seven bits
            return number, at
        shift += 7
