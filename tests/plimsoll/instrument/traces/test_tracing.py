"""Tracing as the environment asks for it: read by OpenTelemetry's names, refused in words, sent to a collector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased

from natalis.testing.servers.collector import Collector
from plimsoll.errors import InvalidInput
from plimsoll.instrument.requests.asgi import Message, Receive, Scope, Send
from plimsoll.instrument.requests.spans import TracedApplication
from plimsoll.instrument.traces import SpanKind, begun, span
from plimsoll.instrument.traces.tracing import TraceOptions, read_options, read_resource, traced
from plimsoll.instrument.traces.w3c import is_kept, new_trace_id

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as started:
        yield started


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": " "},
        {**ENDPOINT, "OTEL_SDK_DISABLED": "true"},
        {**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_nothing_is_traced_unless_it_is_asked_for(environ: Mapping[str, str]) -> None:
    assert read_options(environ, service="shop") is None


def test_the_variables_are_opentelemetrys_own() -> None:
    environ = {
        **ENDPOINT,
        "OTEL_SERVICE_NAME": "checkout",
        "OTEL_TRACES_SAMPLER_ARG": "0.25",
        "OTEL_RESOURCE_ATTRIBUTES": "team=mail%20room, deployment.environment.name=production",
    }

    options = read_options(environ, service="shop")

    assert options == TraceOptions(
        endpoint="http://127.0.0.1:4318",
        service="checkout",
        ratio=0.25,
        resource={"team": "mail room", "deployment.environment.name": "production"},
    )


@pytest.mark.parametrize(
    ("sampler", "argument", "ratio"),
    [("", "", 1.0), ("always_off", "0.5", 0.0), ("parentbased_traceidratio", "0.5", 0.5), ("always_on", "0.5", 1.0)],
)
def test_a_sampler_says_how_many_are_kept(sampler: str, argument: str, ratio: float) -> None:
    environ = {**ENDPOINT, "OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": argument}

    options = read_options(environ, service="shop")

    assert options is not None
    assert options.ratio == ratio


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://[::1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:99999"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ("OTEL_TRACES_SAMPLER_ARG", "10%"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.1"),
        ("OTEL_TRACES_SAMPLER_ARG", "nan"),
        ("OTEL_RESOURCE_ATTRIBUTES", "team"),
    ],
)
def test_what_a_variable_cannot_hold_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        read_options({**ENDPOINT, name: value}, service="shop")


def test_every_resource_that_is_written_as_it_should_be_is_read() -> None:
    assert read_resource("") == {}
    assert read_resource("a=1,,b=x=y") == {"a": "1", "b": "x=y"}


@pytest.mark.parametrize("ratio", [0.0, 0.001, 0.1, 0.5, 1.0])
def test_a_trace_is_kept_where_opentelemetrys_own_sampler_keeps_it(ratio: float) -> None:
    sampler = TraceIdRatioBased(ratio)
    for trace_id in (new_trace_id() for _ in range(500)):
        decision = sampler.should_sample(None, trace_id, "x").decision
        assert is_kept(trace_id, ratio) == (decision is Decision.RECORD_AND_SAMPLE)


@pytest.mark.network
def test_spans_arrive_with_what_they_say_and_without_what_they_must_not(collector: Collector) -> None:
    options = TraceOptions(collector.url, "shop", resource={"team": "mail"})
    with traced(options), begun("GET /", SpanKind.SERVER, {"url.path": "/of/ada@example.org"}) as request:
        with span("select people", SpanKind.CLIENT) as query:
            query.fail("TimeoutError", "postgresql://shop:hunter2@db is away")
        request.set("natalis.deliveries", 3)

    by_name = {each.name: each for each in collector.spans()}
    got, part = by_name["GET /"], by_name["select people"]
    assert (got.kind, got.parent_id, part.parent_id) == ("server", "", got.span_id)
    assert got.attributes == {"url.path": "[redacted]", "natalis.deliveries": 3}
    assert (part.is_failed, part.fault) == (True, "postgresql://[redacted]@db is away")
    assert {"service.name": "shop", "team": "mail"}.items() <= got.resource.items()


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as a framework does: with what it matched in the scope."""
    scope["path_template"], scope["path_params"] = "/unsubscribe/{token}", {"token": "s3cret"}
    del receive
    await send({"type": "http.response.start", "status": scope["status"], "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def asked(app: TracedApplication, *, method: str = "GET", status: int = 200) -> None:
    headers = [(b"traceparent", CALLER.encode())]
    scope = {"type": "http", "method": method, "path": "/unsubscribe/s3cret", "headers": headers, "status": status}

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        del message

    await app(scope, receive, send)


@pytest.mark.network
async def test_a_request_is_a_span_of_its_callers_trace_by_the_stable_conventions(collector: Collector) -> None:
    with traced(TraceOptions(collector.url, "shop", ratio=0.0)):
        await asked(TracedApplication(answer))

    (request,) = collector.spans()
    assert (request.name, request.kind) == ("GET /unsubscribe/{token}", "server")
    assert (request.trace_id, request.parent_id) == tuple(CALLER.split("-")[1:3])
    assert request.attributes == {
        "http.request.method": "GET",
        "http.route": "/unsubscribe/{token}",
        "http.response.status_code": 200,
        "network.protocol.version": "1.1",
        "url.path": "/unsubscribe/[redacted]",
        "url.scheme": "http",
    }
    assert not request.is_failed


@pytest.mark.network
async def test_a_request_that_failed_here_is_a_failed_span_and_an_unknown_method_no_name(collector: Collector) -> None:
    with traced(TraceOptions(collector.url, "shop")):
        await asked(TracedApplication(answer), method="BREW", status=503)

    (request,) = collector.spans()
    assert (request.name, request.is_failed) == ("HTTP /unsubscribe/{token}", True)
    assert request.attributes["error.type"] == "503"
    assert request.attributes["http.request.method"] == "_OTHER"
    assert request.attributes["http.request.method_original"] == "BREW"
