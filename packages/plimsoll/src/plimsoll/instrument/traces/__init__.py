"""Traces: spans while they last (`live.py`), what is passed on of them (`w3c.py`), and how they are sent (`otlp/`)."""

from __future__ import annotations

from plimsoll.instrument.traces.live import (
    NOTHING,
    Attribute,
    Listener,
    NoSpan,
    Span,
    SpanKind,
    begun,
    context,
    current,
    kept_trace,
    listened,
    listening,
    nanoseconds,
    span,
    tell,
)

__all__ = [
    "NOTHING",
    "Attribute",
    "Listener",
    "NoSpan",
    "Span",
    "SpanKind",
    "begun",
    "context",
    "current",
    "kept_trace",
    "listened",
    "listening",
    "nanoseconds",
    "span",
    "tell",
]
