"""Whose part a piece of work is, as W3C Trace Context writes it, and whether its trace is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from random import getrandbits  # ids have to differ, not to be secret
from typing import Final, NamedTuple

TRACEPARENT: Final = "traceparent"
TRACESTATE: Final = "tracestate"
_LONGEST_STATE = 512  # characters that every system has to pass on (W3C Trace Context, 3.3.1.5)
_FORM = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED = 1
_LOW = (1 << 64) - 1


class SpanContext(NamedTuple):
    """What is passed on of a span.

    Attributes:
        trace_id: 128 bits, not 0.
        span_id: 64 bits, not 0.
        is_sampled: Whether the trace is kept.
        state: What other systems wrote into `tracestate`; passed on as it came.
    """

    trace_id: int
    span_id: int
    is_sampled: bool
    state: str = ""

    @property
    def trace(self) -> str:
        """The trace id in 32 hexadecimal digits, as logs, exemplars and viewers have it."""
        return f"{self.trace_id:032x}"

    @property
    def span(self) -> str:
        """The span id in 16 hexadecimal digits."""
        return f"{self.span_id:016x}"

    @property
    def traceparent(self) -> str:
        """The header `traceparent`."""
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{self.is_sampled:02x}"


def read_traceparent(text: str, state: str = "") -> SpanContext | None:
    """Return what a header `traceparent` says, or None when it says nothing that counts.

    Args:
        text: The header; of a later version what is known of it is read.
        state: The header `tracestate`; left out when it is too long to be passed on.
    """
    form = _FORM.fullmatch(text)
    if form is None or (form[1] == "00" and form[5]):
        return None
    sampled = bool(int(form[4], 16) & _SAMPLED)
    return SpanContext(int(form[2], 16), int(form[3], 16), sampled, state if len(state) <= _LONGEST_STATE else "")


def inject(context: SpanContext | None, headers: MutableMapping[str, str]) -> None:
    """Write a context into the headers of a message or a request; None writes nothing."""
    if context is not None:
        headers[TRACEPARENT] = context.traceparent
        if context.state:
            headers[TRACESTATE] = context.state


def extract(headers: Mapping[str, object] | None) -> SpanContext | None:
    """Return the context that headers carry, as text or as bytes; None when they carry none."""
    if not headers:
        return None
    text = _text(headers.get(TRACEPARENT))
    return read_traceparent(text, _text(headers.get(TRACESTATE))) if text else None


def is_kept(trace_id: int, ratio: float) -> bool:
    """Decide whether a trace is kept: a pure function of its id, so that everyone who asks agrees.

    It is what OpenTelemetry's `TraceIdRatioBased` does with the lower 64 bits.

    Args:
        trace_id: 128 bits, evenly spread.
        ratio: The part of all traces that is kept, from 0 to 1.
    """
    return (trace_id & _LOW) < kept_below(ratio)


def kept_below(ratio: float) -> int:
    """Return what the lower 64 bits of a trace id have to be below for its trace to be kept."""
    return round(ratio * (1 << 64))


def new_trace_id(low: int | None = None) -> int:
    """Draw a trace id.

    Args:
        low: Its lower 64 bits, where whether it is kept was decided first.
    """
    if low is None:
        return getrandbits(128) or 1
    return getrandbits(64) << 64 | low or 1


def new_span_id() -> int:
    """Draw a span id."""
    return getrandbits(64) or 1


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else ""
