"""A collector of spans over OTLP/HTTP that reads what it is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from natalis.testing.servers.listening import Listener, Posted
from natalis.testing.servers.server import wait_until

PATH = "/v1/traces"
_PATIENCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class ReceivedSpan:
    """A span as it arrived; ids in hexadecimal digits, empty for none."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: Mapping[str, object]
    resource: Mapping[str, object]
    links: Sequence[tuple[str, str]]
    began: int
    ended: int
    is_failed: bool
    fault: str


class Collector(Listener):
    """Takes spans in."""

    def spans(self) -> list[ReceivedSpan]:
        """Return every span that has arrived."""
        return [span for posted in list(self.posted) if posted.path == PATH for span in _read(posted)]

    def named(self, name: str) -> list[ReceivedSpan]:
        """Return the spans of a name that have arrived."""
        return [span for span in self.spans() if span.name == name]

    def wait_for(self, holds: Callable[[Sequence[ReceivedSpan]], bool]) -> list[ReceivedSpan]:
        """Return the spans once they are what is waited for, or what there is after a minute."""
        wait_until(lambda: holds(self.spans()), _PATIENCE)
        return self.spans()


def _read(posted: Posted) -> list[ReceivedSpan]:
    request = ExportTraceServiceRequest.FromString(posted.content)
    return [
        _span(span, _attributes(of.resource.attributes))
        for of in request.resource_spans
        for scope in of.scope_spans
        for span in scope.spans
    ]


def _span(span: Span, resource: Mapping[str, object]) -> ReceivedSpan:
    return ReceivedSpan(
        name=span.name,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        attributes=_attributes(span.attributes),
        resource=resource,
        links=[(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
        began=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
        is_failed=span.status.code == Status.STATUS_CODE_ERROR,
        fault=span.status.message,
    )


def _attributes(pairs: Sequence[KeyValue]) -> dict[str, object]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> object:
    kind = value.WhichOneof("value")
    return None if kind is None else getattr(value, kind)
