"""Spans to a collector over OTLP by OpenTelemetry's SDK: the only module that imports it, imported when asked for."""

from __future__ import annotations

import importlib
import threading
from datetime import timedelta
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from plimsoll.errors import InvalidInput
from plimsoll.instrument import traces, w3c
from plimsoll.instrument.redaction import Redaction
from plimsoll.instrument.tracing import GRPC, TraceOptions

_LONGEST_FAULT = 300  # characters
_KEPT = TraceFlags(TraceFlags.SAMPLED)
_KINDS = {kind: SpanKind(kind.value) for kind in traces.SpanKind}
_WELL = Status(StatusCode.UNSET)


class Sender:
    """Sends spans in batches, from a thread of its own.

    Args:
        options: Where to, and what is said of this process.
        redaction: Takes out of every text what must not be told.

    Raises:
        InvalidInput: gRPC is asked for, and its exporter is not installed.
    """

    def __init__(self, options: TraceOptions, redaction: Redaction) -> None:
        self._exporter = _exporter(options)
        self._processor = BatchSpanProcessor(self._exporter)
        self._resource = Resource.create({**options.resource, "service.name": options.service})
        self._scope = InstrumentationScope("plimsoll.instrument")
        self._clean = redaction

    def heard(self, span: traces.Span) -> None:
        """Take a span in, to be sent with others."""
        self._processor.on_end(self._read(span))

    def close(self, last: timedelta) -> None:
        """Send what waits, for so long; what still waits then is lost."""
        ending = threading.Thread(target=self._processor.shutdown, name="last-spans", daemon=True)
        ending.start()
        ending.join(last.total_seconds())
        if ending.is_alive():
            self._exporter.shutdown()  # wakes it from waiting to try again

    def _read(self, span: traces.Span) -> ReadableSpan:
        text = self._clean.text
        status = Status(StatusCode.ERROR, text(span.fault)[:_LONGEST_FAULT] or None) if span.is_failed else _WELL
        return ReadableSpan(
            name=span.name,
            context=_context(span.context),
            parent=None if span.parent is None else _context(span.parent),
            resource=self._resource,
            attributes={
                name: text(value) if isinstance(value, str) else value for name, value in span.attributes.items()
            },
            links=[Link(_context(each)) for each in span.links],
            kind=_KINDS[span.kind],
            status=status,
            start_time=span.began,
            end_time=span.ended,
            instrumentation_scope=self._scope,
        )


def _context(of: w3c.SpanContext) -> SpanContext:
    state = TraceState.from_header([of.state]) if of.state else None
    return SpanContext(of.trace_id, of.span_id, is_remote=False, trace_flags=_KEPT, trace_state=state)


def _exporter(options: TraceOptions) -> SpanExporter:
    if options.protocol != GRPC:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - one of two is installed
            OTLPSpanExporter,
        )

        return OTLPSpanExporter(endpoint=options.traces_endpoint)
    try:
        grpc: Any = importlib.import_module("opentelemetry.exporter.otlp.proto.grpc.trace_exporter")
    except ImportError:
        raise InvalidInput(
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "grpc needs the package opentelemetry-exporter-otlp-proto-grpc",
            "install it, or choose http/protobuf (port 4318 of most collectors)",
        ) from None
    exporter: SpanExporter = grpc.OTLPSpanExporter(endpoint=options.endpoint)
    return exporter
