"""The port for the scraper."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from natalis.testing.servers import ports
from plimsoll.instrument.exposition import Format
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.server import MetricsServer, ServedTogether, serve_metrics

pytestmark = pytest.mark.network


class Told:
    """Something that is told."""

    def __init__(self, text: bytes = b"up 1\n") -> None:
        self._text = text

    def refresh(self) -> None:
        """Need nothing."""

    def told(self, form: Format) -> bytes:
        return self._text + (b"# EOF\n" if form is Format.OPENMETRICS else b"")


@pytest.fixture
async def server() -> AsyncIterator[MetricsServer]:
    """A server on a free port."""
    running = await serve_metrics(Told(), host="127.0.0.1", port=0)
    yield running
    await running.close()


async def ask(server: MetricsServer, sent: bytes) -> bytes:
    return await ask_at(server.port, sent)


async def ask_at(port: int, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    with suppress(OSError):  # the server may be the first to hang up
        writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


async def test_a_scraper_gets_the_metrics(server: MetricsServer) -> None:
    answer = await ask(server, b"GET /metrics?x=1 HTTP/1.1\r\nHost: x\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4")
    assert answer.endswith(b"\r\n\r\nup 1\n")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /health HTTP/1.1\r\n\r\n", b"200"),
        (b"GET /etc/passwd HTTP/1.1\r\n\r\n", b"404"),
        (b"POST /metrics HTTP/1.1\r\n\r\n", b"405"),
    ],
)
async def test_there_is_health_and_nothing_else(server: MetricsServer, sent: bytes, status: bytes) -> None:
    assert (await ask(server, sent)).split()[1] == status


async def test_who_accepts_openmetrics_gets_it(server: MetricsServer) -> None:
    answer = await ask(server, b"GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text;version=1.0.0\r\n\r\n")

    assert b"Content-Type: application/openmetrics-text; version=1.0.0" in answer
    assert answer.endswith(b"# EOF\n")


async def test_what_is_large_is_compressed_for_whoever_asks() -> None:
    large = b"up 1\n" * 1000
    running = await serve_metrics(Told(large), host="127.0.0.1", port=0)

    plain = await ask(running, b"GET /metrics HTTP/1.1\r\n\r\n")
    packed = await ask(running, b"GET /metrics HTTP/1.1\r\nAccept-Encoding: br, gzip\r\n\r\n")
    await running.close()

    head, _, body = packed.partition(b"\r\n\r\n")
    assert b"Content-Encoding: gzip" in head
    assert gzip.decompress(body) == large
    assert plain.endswith(large)


async def test_head_has_no_body(server: MetricsServer) -> None:
    answer = await ask(server, b"HEAD /metrics HTTP/1.1\r\n\r\n")

    assert b"Content-Length: 5\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("sent", [b"", b"\x00\xff\r\n\r\n", b"GET /" + b"x" * 100_000, b"GET"])
async def test_nonsense_harms_nobody_else(server: MetricsServer, sent: bytes) -> None:
    with contextlib.suppress(ConnectionError):  # hanging up is an answer too
        await ask(server, sent)

    assert (await ask(server, b"GET /health HTTP/1.1\r\n\r\n")).split()[1] == b"200"


async def test_an_ill_process_says_so() -> None:
    running = await serve_metrics(Told(), host="127.0.0.1", port=0, healthy=lambda: False)

    answer = await ask(running, b"GET /health HTTP/1.1\r\n\r\n")
    await running.close()

    assert answer.split()[1] == b"503"


async def test_a_port_that_is_taken_is_an_error(server: MetricsServer) -> None:
    with pytest.raises(OSError, match="in use"):
        await serve_metrics(Told(), host="127.0.0.1", port=server.port)


async def test_of_processes_that_report_as_one_the_first_serves_and_then_another(tmp_path: Path) -> None:
    first, second = Registry(tmp_path), Registry(tmp_path)
    second.counter("orders_total", "Orders.").at().inc(3)
    held = ports.reserve()
    number = held.number
    serves = ServedTogether(first, tmp_path, host="127.0.0.1", port=number)
    waits = ServedTogether(second, tmp_path, host="127.0.0.1", port=number)

    await serves.open()
    await waits.open()
    told = await ask_at(number, b"GET /metrics HTTP/1.1\r\n\r\n")
    await serves.close()
    answers_between = ports.answers(number)
    await waits.look_again()
    told_by_the_other = await ask_at(number, b"GET /metrics HTTP/1.1\r\n\r\n")
    await waits.close()
    held.release()

    assert not answers_between
    assert b"orders_total 3.0" in told
    assert b"orders_total 3.0" in told_by_the_other


async def test_a_stranger_on_the_port_is_an_error_for_processes_that_report_as_one(
    server: MetricsServer, tmp_path: Path
) -> None:
    together = ServedTogether(Registry(tmp_path), tmp_path, host="127.0.0.1", port=server.port)

    with pytest.raises(OSError, match="in use"):
        await together.open()
