"""What a collector answers, read as its own messages write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from natalis.testing.servers.collector import Collector
from plimsoll.instrument.traces import SpanKind, begun
from plimsoll.instrument.traces.otlp.answers import Taken
from plimsoll.instrument.traces.otlp.response import read_response
from plimsoll.instrument.traces.tracing import TraceOptions, traced


def written(rejected: int, why: str) -> bytes:
    partial = ExportTracePartialSuccess(rejected_spans=rejected, error_message=why)
    return ExportTraceServiceResponse(partial_success=partial).SerializeToString()


@given(st.integers(0, (1 << 63) - 1), st.text(st.characters(codec="ascii"), max_size=200))
def test_what_it_threw_away_is_read_with_its_reason(rejected: int, why: str) -> None:
    assert read_response(written(rejected, why)) == Taken(rejected, why)


@given(st.binary(max_size=100))
def test_what_is_no_answer_of_the_protocol_ends_well(body: bytes) -> None:
    assert isinstance(read_response(body), Taken)


@pytest.mark.parametrize("body", [b"", b"{}", b"OK", written(3, "no")[:-1]])
def test_an_answer_that_says_nothing_or_is_cut_short_says_that_all_was_taken(body: bytes) -> None:
    assert read_response(body) == Taken()


@pytest.mark.network
def test_spans_that_a_collector_threw_away_are_told_of(caplog: pytest.LogCaptureFixture) -> None:
    with Collector(written(2, "no such tenant")) as collector, traced(TraceOptions(collector.url, "shop")):
        for _ in range(5):
            with begun("GET /", SpanKind.SERVER):
                pass

    assert "refused 2 spans (no such tenant)" in caplog.text
