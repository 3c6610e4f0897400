"""Spans as bytes: what the protocol's own messages read out of them is what was said."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from plimsoll import __version__
from plimsoll.instrument.redaction import Redaction
from plimsoll.instrument.traces import Attribute, Span, SpanKind
from plimsoll.instrument.traces.otlp.encoding import LONGEST_FAULT, REMEMBERED, Encoder, request
from plimsoll.instrument.traces.w3c import SpanContext

NANOSECONDS = st.integers(0, (1 << 63) - 1)
CONTEXTS = st.builds(
    SpanContext,
    trace_id=st.integers(1, (1 << 128) - 1),
    span_id=st.integers(1, (1 << 64) - 1),
    is_sampled=st.just(True),
    state=st.sampled_from(["", "vendor=1"]),
)
PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="@=:'\""), max_size=200)
"""Texts in which there is nothing to be taken out."""
VALUES = st.one_of(
    PLAIN,
    st.booleans(),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.floats(allow_nan=False),
    st.lists(PLAIN, max_size=3),
)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    """Return any span."""
    span = Span(
        draw(PLAIN),
        draw(st.sampled_from(SpanKind)),
        draw(CONTEXTS),
        parent=draw(st.none() | CONTEXTS),
        attributes=draw(st.dictionaries(PLAIN, VALUES, max_size=6)),
        links=draw(st.lists(CONTEXTS, max_size=3)),
        began=draw(NANOSECONDS),
        ended=draw(NANOSECONDS),
    )
    if draw(st.booleans()):
        span.fail("TimeoutError", draw(PLAIN))
    return span


def read(encoder: Encoder, *written: Span) -> list[trace_pb2.Span]:
    """Read spans back as a collector does."""
    body = request(encoder.resource({"service.name": "shop"}), map(encoder.span, written))
    (of,) = ExportTraceServiceRequest.FromString(body).resource_spans
    (scope,) = of.scope_spans
    return list(scope.spans)


def value(found: AnyValue) -> object:
    kind = found.WhichOneof("value")
    if kind == "array_value":
        return [value(each) for each in found.array_value.values]
    return getattr(found, kind or "string_value")


def attributes(span: trace_pb2.Span) -> dict[str, object]:
    return {pair.key: value(pair.value) for pair in span.attributes}


def ids(*contexts: SpanContext) -> list[tuple[bytes, bytes, str]]:
    return [(each.trace_id.to_bytes(16, "big"), each.span_id.to_bytes(8, "big"), each.state) for each in contexts]


def a_span(**attributes: Attribute) -> Span:
    return Span("GET /", SpanKind.SERVER, SpanContext(1, 2, is_sampled=True), attributes=attributes)


@given(spans())
def test_a_collector_reads_what_a_span_says(span: Span) -> None:
    (got,) = read(Encoder(Redaction()), span)

    assert (got.name, got.kind - 1) == (span.name, span.kind)
    assert ids(span.context) == [(got.trace_id, got.span_id, got.trace_state)]
    assert got.parent_span_id == (b"" if span.parent is None else span.parent.span_id.to_bytes(8, "big"))
    assert (got.start_time_unix_nano, got.end_time_unix_nano) == (span.began, span.ended)
    assert attributes(got) == span.attributes
    assert [(link.trace_id, link.span_id, link.trace_state) for link in got.links] == ids(*span.links)
    assert (got.status.code == trace_pb2.Status.STATUS_CODE_ERROR, got.status.message) == (span.is_failed, span.fault)
    assert got.flags == 1


@given(st.lists(spans(), max_size=20))
def test_what_an_encoder_remembers_changes_no_span_after_it(several: list[Span]) -> None:
    encoder = Encoder(Redaction())

    again = read(encoder, *several, *several)

    assert again == [read(Encoder(Redaction()), span)[0] for span in several * 2]


def test_values_that_are_equal_and_of_other_types_stay_what_they_are() -> None:
    encoder = Encoder(Redaction())

    got = [attributes(each)["n"] for each in read(encoder, a_span(n=1), a_span(n=True), a_span(n=1.0), a_span(n="1"))]

    assert [(type(each), each) for each in got] == [(int, 1), (bool, True), (float, 1.0), (str, "1")]


def test_more_attributes_than_are_remembered_are_written_all_the_same() -> None:
    encoder = Encoder(Redaction())

    got = read(encoder, *(a_span(number=number) for number in range(REMEMBERED + 10)), a_span(number=0))

    assert [attributes(each)["number"] for each in got] == [*range(REMEMBERED + 10), 0]


@pytest.mark.parametrize(
    ("told", "arrives"),
    [
        ("ada@example.org", "[redacted]"),
        (["Bearer abcdefgh", "fine"], ["Bearer [redacted]", "fine"]),
        (1 << 70, str(1 << 70)),
        ("\ud800", "?"),
    ],
)
def test_what_must_not_or_cannot_be_told_is_told_otherwise(told: Attribute, arrives: object) -> None:
    (got,) = read(Encoder(Redaction()), a_span(what=told))

    assert attributes(got) == {"what": arrives}


@pytest.mark.parametrize(
    ("told", "arrives"),
    [(None, "None"), (b"ada", "b'ada'"), ([1, None], ["1", "None"]), ({"a": 1}, "{'a': 1}")],
)
def test_a_value_that_the_protocol_does_not_have_arrives_as_text(told: Any, arrives: object) -> None:
    (got,) = read(Encoder(Redaction()), a_span(what=told))

    assert attributes(got) == {"what": arrives}


def test_long_texts_are_not_remembered_for_a_stranger_may_send_many() -> None:
    encoder, much = Encoder(Redaction()), 10_000_000
    tracemalloc.start()
    try:
        read(encoder, *(a_span(path=f"{number}{'x' * (much // 1_000)}") for number in range(1_000)))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < much // 10


def test_a_fault_is_short_and_without_secrets() -> None:
    span = a_span()
    span.fail("OSError", "password=hunter2 " + "x" * 1_000)

    (got,) = read(Encoder(Redaction()), span)

    assert got.status.message.startswith("password=[redacted] xxx")
    assert len(got.status.message) == LONGEST_FAULT


def test_a_batch_says_whose_it_is_and_what_made_it() -> None:
    encoder = Encoder(Redaction())

    body = request(encoder.resource({"service.name": "shop", "team": "mail@home"}), [encoder.span(a_span())])

    (of,) = ExportTraceServiceRequest.FromString(body).resource_spans
    assert {pair.key: value(pair.value) for pair in of.resource.attributes} == {
        "service.name": "shop",
        "team": "mail@home",
    }
    assert (of.scope_spans[0].scope.name, of.scope_spans[0].scope.version) == ("plimsoll.instrument", __version__)
