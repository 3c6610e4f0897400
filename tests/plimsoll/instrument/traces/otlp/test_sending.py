"""Spans on their way to a collector: gathered, tried again, and said to be lost where they are."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

import pytest

from natalis.testing.servers.certificates import Certificates, make_certificates, server_context
from natalis.testing.servers.collector import Collector
from natalis.testing.servers.server import wait_until
from plimsoll.errors import InvalidInput
from plimsoll.instrument.traces import SpanKind, begun
from plimsoll.instrument.traces.otlp.answers import Away
from plimsoll.instrument.traces.otlp.options import Carriage, read_carriage
from plimsoll.instrument.traces.otlp.over_http import HttpCollector
from plimsoll.instrument.traces.tracing import TraceOptions, traced

pytestmark = pytest.mark.network
LONG = timedelta(minutes=10)
"""No test waits for it: what arrives earlier was not sent because time had passed."""
SOON = timedelta(milliseconds=20)
PATIENCE = timedelta(seconds=30)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as started:
        yield started


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


Making: TypeAlias = Callable[[int], None]


def make(count: int) -> None:
    """End as many spans."""
    for number in range(count):
        with begun(f"span {number}", SpanKind.INTERNAL):
            pass


def to(url: str, carriage: Carriage | None = None) -> TraceOptions:
    return TraceOptions(url, "shop", carriage=carriage or Carriage())


def names(collector: Collector) -> list[str]:
    return [span.name for span in collector.spans()]


def test_a_full_batch_is_sent_at_once_and_the_rest_when_the_process_ends(collector: Collector) -> None:
    with traced(to(collector.url, Carriage(delay=LONG, batch=10))):
        make(25)
        wait_until(lambda: len(collector.posted) > 0, PATIENCE)

    assert sorted(names(collector)) == sorted(f"span {number}" for number in range(25))


def test_a_span_that_is_alone_is_sent_after_a_while(collector: Collector) -> None:
    with traced(to(collector.url, Carriage(delay=SOON))):
        make(1)
        wait_until(lambda: names(collector) == ["span 0"], PATIENCE)

        assert names(collector) == ["span 0"]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_collector_that_is_busy_is_asked_again_when_it_says_so(status: int, caplog: pytest.LogCaptureFixture) -> None:
    busy = [(status, {"Retry-After": "0"})] * 2
    with Collector(first=busy) as collector, traced(to(collector.url, Carriage(delay=SOON))):
        make(3)
        wait_until(lambda: len(collector.posted) > len(busy), PATIENCE)

    assert [posted.body for posted in collector.posted] == [collector.posted[0].body] * 3
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert f"status {status}" in caplog.text


def test_what_a_collector_refuses_is_not_sent_again(caplog: pytest.LogCaptureFixture) -> None:
    with Collector(first=[(400, {})]) as collector, traced(to(collector.url, Carriage(delay=LONG, batch=3))):
        make(3)
        wait_until(lambda: len(collector.posted) > 0, PATIENCE)

    assert len(collector.posted) == 1
    assert "refused 3 spans (status 400)" in caplog.text


def test_more_than_may_wait_is_lost_and_said_so(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with traced(to(f"http://127.0.0.1:{nobody.getsockname()[1]}", Carriage(delay=LONG, waiting=20, batch=20))):
            make(50)

    assert "50 spans were lost" in caplog.text


def test_a_collector_that_is_away_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    busy = [(503, {"Retry-After": "0"})] * 4
    with Collector(first=busy) as collector, traced(to(collector.url, Carriage(delay=SOON))):
        make(1)
        wait_until(lambda: len(collector.posted) > len(busy), PATIENCE)

    assert sum("does not take spans" in record.getMessage() for record in caplog.records) == 1


def test_a_process_ends_in_time_though_nobody_takes_its_spans(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with traced(to(url, Carriage(timeout=LONG)), last=SOON):
            make(1)
        said = caplog.records[:]

    assert said == []  # it was let go of amid an attempt


def test_a_process_that_was_forked_sends_its_own_spans_and_none_of_its_parents(collector: Collector) -> None:
    program = (
        "import os, sys\n"
        "from plimsoll.instrument.traces import SpanKind, begun\n"
        "from plimsoll.instrument.traces.tracing import TraceOptions, traced\n"
        "with traced(TraceOptions(sys.argv[1], 'shop')):\n"
        "    with begun('before', SpanKind.INTERNAL): pass\n"
        "    child = os.fork()\n"
        "    with begun('in the child' if child == 0 else 'in the parent', SpanKind.INTERNAL): pass\n"
        "if child: os.waitpid(child, 0)\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", program, collector.url], check=True)

    assert sorted(names(collector)) == ["before", "in the child", "in the parent"]


def test_a_batch_is_packed_where_one_asks_for_it_and_carries_the_headers(collector: Collector) -> None:
    with traced(to(collector.url, Carriage(compression="gzip", headers={"x-key": "s3cret"}))):
        make(1)

    (posted,) = collector.posted
    assert posted.headers["content-encoding"] == "gzip"
    assert (posted.headers["x-key"], posted.headers["content-type"]) == ("s3cret", "application/x-protobuf")
    assert names(collector) == ["span 0"]


def test_connections_are_kept(collector: Collector) -> None:
    with traced(to(collector.url, Carriage(delay=SOON, batch=1))):
        make(30)
        wait_until(lambda: len(names(collector)) == 30, PATIENCE)

    assert len({posted.client for posted in collector.posted}) == 1


def test_a_collector_is_believed_by_its_certificate_and_shown_ones_own(certificates: Certificates) -> None:
    carriage = Carriage(certificate=str(certificates.ca), client_certificate=str(certificates.user))
    tls = server_context(certificates.server, certificates.ca)
    with Collector(tls=tls) as collector, traced(to(collector.url, carriage), last=PATIENCE):
        make(1)

    assert names(collector) == ["span 0"]


def test_a_collector_with_a_strangers_certificate_gets_nothing(
    certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    carriage = Carriage(certificate=str(certificates.ca), timeout=PATIENCE)
    tls = server_context(certificates.elsewhere)
    with Collector(tls=tls) as collector, traced(to(collector.url, carriage), last=PATIENCE):
        make(1)

    assert collector.posted == []
    assert "certificate" in caplog.text


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY"])
def test_a_proxy_is_asked_where_the_environment_names_one(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, collector.url)
    monkeypatch.setenv("no_proxy", "")
    with traced(to("http://collector.example:4318")):
        make(1)

    assert collector.posted[0].path == "http://collector.example:4318/v1/traces"


@pytest.mark.parametrize("written", ["{host}", "http://{host}", "http://shop:p%40ss@{host}"])
def test_a_proxy_is_known_as_everybody_writes_it(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("http_proxy", written.format(host=collector.url.removeprefix("http://")))
    monkeypatch.setenv("no_proxy", "")
    with traced(to("http://collector.example:4318")):
        make(1)

    (posted,) = collector.posted
    shown = "Basic c2hvcDpwQHNz" if "@" in written else None
    assert posted.headers.get("proxy-authorization") == shown


def test_a_proxy_that_is_none_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "socks5://shop:s3cret@127.0.0.1:1080")
    monkeypatch.setenv("no_proxy", "")

    with pytest.raises(InvalidInput, match=r"^http_proxy: ") as refused, traced(to("http://collector.example:4318")):
        pytest.fail("it was opened")
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("named", ["certificate", "client_certificate"])
def test_a_file_that_holds_no_certificate_is_refused_by_its_variable(tmp_path: Path, named: str) -> None:
    (file := tmp_path / "ca.pem").write_text("nothing")
    carriage = read_carriage({f"OTEL_EXPORTER_OTLP_{named.upper()}": str(file)})

    with pytest.raises(InvalidInput, match=f"^OTEL_EXPORTER_OTLP_{named.upper()}: "):
        HttpCollector("https://collector.example:4318", carriage)


@pytest.mark.parametrize("wish", ["9" * 20, "9" * 5_000])
def test_a_wish_that_nobody_can_wait_for_is_none(wish: str) -> None:
    with Collector(first=[(503, {"Retry-After": wish})]) as busy:
        answer = HttpCollector(busy.url, Carriage()).send(b"")

    assert answer == Away("status 503", wait=None)


@pytest.fixture(autouse=True)
def only_our_lines(caplog: pytest.LogCaptureFixture) -> None:
    """See what the kit says, and not what urllib3 says of its connections."""
    caplog.set_level(logging.INFO, logger="plimsoll")
