"""The port for the scraper."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from plimsoll.instrument.server import MetricsServer, serve_metrics

pytestmark = pytest.mark.network


@pytest.fixture
async def server() -> AsyncIterator[MetricsServer]:
    """A server on a free port."""
    running = await serve_metrics(lambda: b"up 1\n", host="127.0.0.1", port=0)
    yield running
    await running.close()


async def ask(server: MetricsServer, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(server.host, server.port)
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
    running = await serve_metrics(lambda: b"", host="127.0.0.1", port=0, healthy=lambda: False)

    answer = await ask(running, b"GET /health HTTP/1.1\r\n\r\n")
    await running.close()

    assert answer.split()[1] == b"503"


async def test_a_port_that_is_taken_is_an_error(server: MetricsServer) -> None:
    with pytest.raises(OSError, match="in use"):
        await serve_metrics(lambda: b"", host="127.0.0.1", port=server.port)
