"""Spans: what is a part of what, what is kept, and what is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.instrument import traces
from plimsoll.instrument.traces import Listener, NoSpan, Span, SpanKind, begun, listened, nanoseconds, span
from plimsoll.instrument.traces.http_client import http_call
from plimsoll.instrument.traces.w3c import SpanContext, extract, inject, is_kept, read_traceparent

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
IDS = st.tuples(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.booleans())


@pytest.fixture
def told() -> Iterator[list[Span]]:
    """Every span that is told while a test runs; all traces are kept."""
    heard: list[Span] = []
    with listened(Listener(1.0, heard.append)):
        yield heard


@pytest.fixture
def nothing_kept() -> Iterator[list[Span]]:
    heard: list[Span] = []
    with listened(Listener(0.0, heard.append)):
        yield heard


def caller() -> SpanContext:
    found = read_traceparent(CALLER, "vendor=1")
    assert found is not None
    return found


def test_a_span_is_a_part_of_the_one_around_it(told: list[Span]) -> None:
    with begun("GET /", SpanKind.SERVER), span("query", SpanKind.CLIENT):
        pass

    query, request = told
    assert query.parent == request.context
    assert query.context.trace_id == request.context.trace_id
    assert query.context.span_id != request.context.span_id
    assert request.parent is None
    assert request.began <= query.began <= query.ended <= request.ended


def test_no_part_outlasts_its_whole_though_somebody_sets_the_clock(
    told: list[Span], monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = iter(range(10**18, 0, -(10**9)))
    monkeypatch.setattr("plimsoll.instrument.traces.live.time.time_ns", lambda: next(wall))

    with begun("GET /", SpanKind.SERVER):
        with span("query", SpanKind.CLIENT):
            pass
        with span("another", SpanKind.CLIENT):
            pass

    query, another, request = told
    assert request.began <= query.began <= query.ended <= another.began <= another.ended <= request.ended


def test_what_is_no_part_of_anything_is_not_told(told: list[Span]) -> None:
    with span("query", SpanKind.CLIENT) as made:
        made.set("x", 1)

    assert told == []
    assert not made.is_recording


def test_tasks_that_run_at_once_keep_their_spans_apart(told: list[Span]) -> None:
    async def request(name: str) -> None:
        with begun(name, SpanKind.SERVER):
            await asyncio.sleep(0)  # noqa: TID251 - only yields to the other request
            with span(f"of {name}", SpanKind.CLIENT):
                await asyncio.sleep(0)  # noqa: TID251 - as above

    async def both() -> None:
        await asyncio.gather(request("a"), request("b"))

    asyncio.run(both())

    by_name = {each.name: each for each in told}
    assert by_name["of a"].parent == by_name["a"].context
    assert by_name["of b"].parent == by_name["b"].context


def test_an_error_is_told_by_its_class_and_goes_on(told: list[Span]) -> None:
    with pytest.raises(ValueError, match="no"), begun("GET /", SpanKind.SERVER):
        raise ValueError("no")

    (request,) = told
    assert (request.is_failed, request.attributes["error.type"], request.fault) == (True, "ValueError", "no")
    assert traces.current() is None


def test_a_caller_decides_whether_its_trace_is_kept(nothing_kept: list[Span]) -> None:
    with begun("GET /", SpanKind.SERVER, parent=caller()):
        pass
    with begun("GET /", SpanKind.SERVER, parent=caller()._replace(is_sampled=False)):
        pass

    (request,) = nothing_kept
    assert request.parent == caller()
    assert (request.context.trace_id, request.context.state) == (caller().trace_id, "vendor=1")


def test_a_trace_that_is_not_kept_is_passed_on_as_such_and_told_of_nothing(nothing_kept: list[Span]) -> None:
    headers: dict[str, str] = {}
    with begun("GET /", SpanKind.SERVER) as request, span("query", SpanKind.CLIENT):
        with http_call("GET", "http://shop.example/x", headers):
            pass
        assert traces.kept_trace() == ""

    assert nothing_kept == []
    assert isinstance(request, NoSpan)
    assert request.context is not None
    assert headers == {"traceparent": request.context.traceparent}
    assert headers["traceparent"].endswith("-00")


def test_while_nobody_listens_a_callers_trace_is_still_passed_on() -> None:
    headers: dict[str, str] = {}
    with begun("GET /", SpanKind.SERVER, parent=caller()), http_call("GET", "http://shop.example/x", headers):
        pass

    assert headers == {"traceparent": CALLER, "tracestate": "vendor=1"}


def test_a_call_carries_its_own_span_and_tells_of_no_path(told: list[Span]) -> None:
    headers: dict[str, str] = {}
    with begun("GET /", SpanKind.SERVER), http_call("POST", "https://shop.example/token/x?y", headers):
        pass

    call = told[0]
    assert headers["traceparent"] == call.context.traceparent
    assert call.attributes == {
        "http.request.method": "POST",
        "server.address": "shop.example",
        "server.port": 443,
    }


def test_every_listener_hears_of_a_span_and_the_first_says_how_many(told: list[Span]) -> None:
    second: list[Span] = []
    with listened(Listener(0.0, second.append)), begun("GET /", SpanKind.SERVER):
        pass

    assert told == second != []


@given(IDS)
def test_what_is_injected_is_what_is_extracted(ids: tuple[int, int, bool]) -> None:
    context, headers = SpanContext(*ids), dict[str, str]()

    inject(context, headers)

    assert extract(headers) == context


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        CALLER.upper(),
        CALLER.replace("00-", "ff-", 1),
        CALLER + "-more",
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        CALLER[:-1],
    ],
)
def test_what_is_no_context_counts_for_nothing(text: str) -> None:
    assert read_traceparent(text) is None
    assert extract({"traceparent": text}) is None


def test_of_a_later_version_what_is_known_is_read() -> None:
    later = read_traceparent(CALLER.replace("00-", "01-", 1) + "-more")

    assert later == read_traceparent(CALLER)


def test_a_state_that_is_too_long_is_left_out() -> None:
    found = read_traceparent(CALLER, "a=" + "x" * 600)

    assert found is not None
    assert found.state == ""


def test_headers_may_be_bytes_as_brokers_have_them() -> None:
    assert extract({"traceparent": CALLER.encode(), "other": 1}) == caller()._replace(state="")


@given(IDS, st.floats(0, 1), st.floats(0, 1))
def test_who_keeps_more_keeps_all_that_others_keep(ids: tuple[int, int, bool], one: float, other: float) -> None:
    if is_kept(ids[0], min(one, other)):
        assert is_kept(ids[0], max(one, other))
    assert is_kept(ids[0], 1.0)
    assert not is_kept(ids[0], 0.0)


def test_an_instant_in_nanoseconds_loses_nothing() -> None:
    assert nanoseconds(datetime(2026, 2, 28, 9, 0, 0, 123456, tzinfo=UTC)) == 1772269200123456000
