"""Calls of other services over HTTP as spans, by the stable semantic conventions; the trace goes with the call."""

from __future__ import annotations

from collections.abc import MutableMapping
from urllib.parse import urlsplit

from plimsoll.instrument.traces.live import NOTHING, NoSpan, Span, SpanKind, context, current, span
from plimsoll.instrument.traces.w3c import inject

_PORTS = {"http": 80, "https": 443}


def http_call(method: str, url: str, headers: MutableMapping[str, str]) -> Span | NoSpan:
    """Return a block around a call of another service, and put this trace into its headers.

    Within it, `set("http.response.status_code", status)` tells of the answer.

    Args:
        method: In capitals.
        url: Whole. Path and query stay out of the span: they may hold what a trace must not.
        headers: Those of the call.
    """
    if current() is None:
        inject(context(), headers)
        return NOTHING
    parts = urlsplit(url)
    told = {"http.request.method": method, "server.address": parts.hostname or ""}
    made = span(method, SpanKind.CLIENT, told)
    if isinstance(made, Span):
        if port := parts.port or _PORTS.get(parts.scheme):
            made.set("server.port", port)
        inject(made.context, headers)
    return made
