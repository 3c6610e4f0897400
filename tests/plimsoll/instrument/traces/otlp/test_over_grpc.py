"""Spans over gRPC: the same bytes, to a server of grpcio's own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import grpc  # type: ignore[import-untyped]  # it comes without types
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from natalis.testing.servers.certificates import make_certificates
from natalis.testing.servers.server import wait_until
from plimsoll.errors import InvalidInput
from plimsoll.instrument import traces
from plimsoll.instrument.traces import SpanKind, begun
from plimsoll.instrument.traces.otlp.options import Carriage
from plimsoll.instrument.traces.tracing import TraceOptions, traced

PATIENCE = timedelta(seconds=30)


@dataclass
class Taking(grpc.GenericRpcHandler):  # type: ignore[misc]  # as above
    """Takes spans in, and says first what it is told to."""

    refusals: list[Any] = field(default_factory=list)
    details: tuple[tuple[str, bytes], ...] = ()
    names: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def service(self, call: Any) -> Any:
        if call.method != "/opentelemetry.proto.collector.trace.v1.TraceService/Export":
            return None
        self.headers = dict(call.invocation_metadata)
        return grpc.unary_unary_rpc_method_handler(self._take)

    def _take(self, body: bytes, context: Any) -> bytes:
        if self.refusals:
            context.set_trailing_metadata(self.details)
            context.abort(self.refusals.pop(0), "not now")
        request = ExportTraceServiceRequest.FromString(body)
        self.names += [span.name for of in request.resource_spans for scope in of.scope_spans for span in scope.spans]
        return b""


@dataclass
class Served:
    """A collector, and where it is."""

    url: str
    taking: Taking


@pytest.fixture
def collector() -> Iterator[Served]:
    server, taking = grpc.server(ThreadPoolExecutor(2)), Taking()
    server.add_generic_rpc_handlers((taking,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield Served(f"http://127.0.0.1:{port}", taking)
    server.stop(None).wait()


def to(url: str, **carriage: Any) -> TraceOptions:
    return TraceOptions(url, "shop", protocol="grpc", carriage=Carriage(**carriage))


def make(name: str) -> None:
    with begun(name, SpanKind.SERVER):
        pass


@pytest.mark.network
def test_spans_arrive_with_the_headers(collector: Served) -> None:
    with traced(to(collector.url, headers={"X-Key": "s3cret"}, compression="gzip"), last=PATIENCE):
        make("GET /")

    assert collector.taking.names == ["GET /"]
    assert collector.taking.headers["x-key"] == "s3cret"


@pytest.mark.network
def test_a_collector_that_is_away_is_asked_again(collector: Served) -> None:
    collector.taking.refusals = [grpc.StatusCode.UNAVAILABLE]
    with traced(to(collector.url, delay=timedelta(milliseconds=20)), last=PATIENCE):
        make("GET /")
        wait_until(lambda: collector.taking.names != [], PATIENCE)

    assert collector.taking.names == ["GET /"]


@pytest.mark.network
def test_what_a_collector_refuses_is_not_sent_again(collector: Served, caplog: pytest.LogCaptureFixture) -> None:
    collector.taking.refusals = [grpc.StatusCode.INVALID_ARGUMENT]
    with traced(to(collector.url), last=PATIENCE):
        make("GET /")

    assert collector.taking.names == []
    assert "refused 1 spans (INVALID_ARGUMENT: not now)" in caplog.text


@pytest.mark.network
@pytest.mark.parametrize(
    ("details", "arrived"),
    [((), []), ((("grpc-status-details-bin", b"type.googleapis.com/google.rpc.RetryInfo"),), ["GET /"])],
)
def test_a_collector_that_has_too_much_is_asked_again_only_if_it_says_so(
    collector: Served, details: tuple[tuple[str, bytes], ...], arrived: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    collector.taking.refusals, collector.taking.details = [grpc.StatusCode.RESOURCE_EXHAUSTED], details
    with traced(to(collector.url, delay=timedelta(milliseconds=20)), last=PATIENCE):
        make("GET /")
        wait_until(lambda: collector.taking.refusals == [] and collector.taking.names == arrived, PATIENCE)

    assert collector.taking.names == arrived
    assert ("refused 1 spans (RESOURCE_EXHAUSTED" in caplog.text) is not bool(arrived)


@pytest.mark.network
def test_a_collector_is_spoken_to_over_tls(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = make_certificates(tmp_path_factory.mktemp("certificates"))
    server, taking = grpc.server(ThreadPoolExecutor(2)), Taking()
    server.add_generic_rpc_handlers((taking,))
    pem = made.server.read_bytes()
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(pem, pem)]))
    server.start()

    with traced(to(f"https://127.0.0.1:{port}", certificate=str(made.ca)), last=PATIENCE):
        make("GET /")
    server.stop(None).wait()

    assert taking.names == ["GET /"]


def test_without_its_package_grpc_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "grpc", None)

    with pytest.raises(InvalidInput, match=r"grpcio.*install plimsoll\[grpc\]"), traced(to("http://127.0.0.1:4317")):
        pytest.fail("it was opened")
    assert traces.listening() is None
