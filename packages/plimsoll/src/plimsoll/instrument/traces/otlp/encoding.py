"""Spans as the bytes of OTLP's protobuf messages, written directly: a span is a few known pieces one after the other.

The messages are those of opentelemetry-proto 1.x (`trace/v1/trace.proto`), whose fields keep their numbers for ever.
`encoding.md` beside this file shows which they are, and what it takes not to build them as objects first.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from plimsoll import __version__
from plimsoll.instrument.redaction import Redaction
from plimsoll.instrument.traces.live import Attribute, Span, SpanKind
from plimsoll.instrument.traces.w3c import SpanContext

REMEMBERED: Final = 4_096
"""How many attributes, and how many names, are kept as bytes; most of a span's were another's before."""
LONGEST_REMEMBERED: Final = 200
"""Characters of a text that is kept so; who asks chooses paths, and those of all that are kept lie in memory."""
LONGEST_FAULT: Final = 300
"""Characters of what went wrong."""
_SCOPE = "plimsoll.instrument"
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1
_VARINT, _LENGTH = 0, 2  # wire types
_IDS = struct.Struct(">2s16s2s8s")
_TIMES = struct.Struct("<sQsQ")
_DOUBLE = struct.Struct("<d")
_TRACE, _SPAN, _PARENT = b"\x0a\x10", b"\x12\x08", b"\x22\x08"  # fields 1, 2 and 4 with the lengths of ids
_BEGAN, _ENDED = b"\x39", b"\x41"  # fields 7 and 8, 64 bits each
_SAMPLED = b"\x85\x01\x01\x00\x00\x00"  # field 16, 32 bits: the flags of W3C's traceparent
_ERROR = b"\x18\x02"  # field 3 of a status


class Encoder:
    """Writes spans, without secrets and addresses in their texts.

    Args:
        redaction: Takes them out.
    """

    __slots__ = ("_attributes", "_clean", "_names")

    def __init__(self, redaction: Redaction) -> None:
        self._clean = redaction.text
        self._attributes: dict[tuple[str, Attribute, type], bytes] = {}
        self._names: dict[tuple[str, SpanKind], bytes] = {}

    def span(self, span: Span) -> bytes:
        """Return a span as one of the spans of a `ScopeSpans`, tag and length before it."""
        context, parent = span.context, span.parent
        pieces = [
            _IDS.pack(_TRACE, context.trace_id.to_bytes(16, "big"), _SPAN, context.span_id.to_bytes(8, "big")),
            _TIMES.pack(_BEGAN, span.began, _ENDED, span.ended),
            _SAMPLED,
            self._names.get((span.name, span.kind)) or self._name(span.name, span.kind),
        ]
        if parent is not None:
            pieces.append(_PARENT + parent.span_id.to_bytes(8, "big"))
        if context.state:
            pieces.append(_text(3, context.state))
        known = self._attributes
        for name, value in span.attributes.items():
            kind = type(value)
            written = known.get((name, value, kind)) if kind is str or kind is int else None
            pieces.append(written or self._attribute(name, value))
        pieces += [_field(13, _link(each)) for each in span.links]
        if span.is_failed:
            fault = self._clean(span.fault)[:LONGEST_FAULT]
            pieces.append(_field(15, (_text(2, fault) if fault else b"") + _ERROR))
        return _field(2, b"".join(pieces))

    def resource(self, attributes: Mapping[str, str]) -> bytes:
        """Return what sends, as the resource of a `ResourceSpans`; said by itself, so nothing is taken out."""
        return _field(1, b"".join(_field(1, _pair(name, _value(value))) for name, value in attributes.items()))

    def _name(self, name: str, kind: SpanKind) -> bytes:
        written = _text(5, name) + _tag(6, _VARINT) + _varint(kind + 1)  # 0 is a kind that nobody told
        if len(self._names) >= REMEMBERED:
            self._names.clear()
        self._names[name, kind] = written
        return written

    def _attribute(self, name: str, value: Attribute) -> bytes:
        """Write an attribute, and remember it where it may come again: by its type, for 1 equals `True`."""
        if isinstance(value, str):
            told: Attribute = self._clean(value)
        elif isinstance(value, bool | int | float):
            told = value
        elif isinstance(value, list | tuple):
            told = [self._clean(str(each)) for each in value]
        else:  # nothing that the protocol knows
            told = self._clean(str(value))
        written = _field(9, _pair(name, _value(told)))
        kind = type(value)
        if kind is int or (kind is str and len(str(value)) <= LONGEST_REMEMBERED):
            if len(self._attributes) >= REMEMBERED:
                self._attributes.clear()
            self._attributes[name, value, kind] = written
        return written


def request(resource: bytes, spans: Iterable[bytes]) -> bytes:
    """Return an `ExportTraceServiceRequest` of spans that one process made.

    Args:
        resource: As `Encoder.resource` wrote it.
        spans: Each as `Encoder.span` wrote it.
    """
    scope = _field(1, _text(1, _SCOPE) + _text(2, __version__))
    return _field(1, resource + _field(2, scope + b"".join(spans)))


def _link(to: SpanContext) -> bytes:
    ids = _IDS.pack(_TRACE, to.trace_id.to_bytes(16, "big"), _SPAN, to.span_id.to_bytes(8, "big"))
    return ids + (_text(3, to.state) if to.state else b"")


def _pair(name: str, value: bytes) -> bytes:
    return _text(1, name) + _field(2, value)


def _value(value: Attribute) -> bytes:
    """Return an `AnyValue`."""
    match value:
        case bool():
            return _tag(2, _VARINT) + _varint(int(value))
        case int() if _LEAST <= value <= _MOST:
            return _tag(3, _VARINT) + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)  # two's complement
        case int():
            return _text(1, str(value))  # larger than the protocol's integers
        case float():
            return b"\x21" + _DOUBLE.pack(value)  # field 4, 64 bits
        case str():
            return _text(1, value)
        case _:
            return _field(5, _texts(value))


def _texts(values: Sequence[str]) -> bytes:
    return b"".join(_field(1, _text(1, each)) for each in values)


def _text(number: int, text: str) -> bytes:
    return _field(number, text.encode(errors="replace"))


def _field(number: int, content: bytes) -> bytes:
    return _tag(number, _LENGTH) + _varint(len(content)) + content


def _tag(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _varint(number: int) -> bytes:
    """Return a number, not negative, in groups of seven bits with the lowest first."""
    if number < 0x80:  # noqa: PLR2004 - what fits into seven bits
        return _SMALL[number]
    written = bytearray()
    while number >= 0x80:  # noqa: PLR2004 - as above
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


_SMALL: Final = tuple(bytes((number,)) for number in range(0x80))
