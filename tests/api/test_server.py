"""The server over real sockets: ports, limits, and ending without cutting anybody off."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from natalis.api.app import create_app
from natalis.api.options import ApiOptions
from natalis.api.server import RunningServer, listen, serve
from natalis.clocks.system import SystemClock
from natalis.errors import SettingsInvalid
from natalis.ports.store import Store
from natalis.testing.http_api import ADA, services_over

pytestmark = pytest.mark.network


@pytest.fixture
async def server(store: Store) -> AsyncIterator[RunningServer]:
    """The application on a free port."""
    app = create_app(services_over(store, SystemClock()), ApiOptions())
    running = await serve(app, host="127.0.0.1", port=0)
    yield running
    await running.stop()


async def talk(server: RunningServer, sent: bytes) -> bytes:
    """Send bytes as they are and return everything that comes back."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    try:
        writer.write(sent)
        await writer.drain()
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()


def a_request(method: str, path: str, body: bytes = b"", *headers: str) -> bytes:
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        "Connection: close",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def parsed(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    return int(first.split()[1]), headers, body


async def test_port_0_gets_a_port_that_answers_at_once(server: RunningServer) -> None:
    status, _, body = parsed(await talk(server, a_request("GET", "/health")))

    assert server.port > 0
    assert (status, json.loads(body)) == (200, {"status": "ok"})


async def test_a_port_that_is_taken_is_an_error_that_says_what_to_do(server: RunningServer) -> None:
    with pytest.raises(
        SettingsInvalid, match=rf"port: {server.port} on 127\.0\.0\.1 is taken; stop what listens there"
    ):
        await serve(None, host="127.0.0.1", port=server.port)


@pytest.mark.parametrize("host", ["203.0.113.1", "no.such.host.invalid"])
async def test_an_address_of_another_machine_is_refused_with_a_remedy(host: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"is not an address of this machine; use 127\.0\.0\.1"):
        listen(host, 0)


async def test_a_user_is_added_over_the_wire(server: RunningServer) -> None:
    body = json.dumps(ADA).encode()

    status, headers, _ = parsed(await talk(server, a_request("POST", "/user", body, "Content-Type: application/json")))

    assert status == 201
    assert headers["location"].startswith("/user/")


async def test_ten_megabytes_are_413_and_the_answer_arrives(server: RunningServer) -> None:
    body = b'{"firstName": "' + b"x" * 10_000_000 + b'"}'

    status, headers, answer = parsed(
        await talk(server, a_request("POST", "/user", body, "Content-Type: application/json"))
    )

    assert status == 413
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(answer)["errors"][0]["field"] == "body"


async def test_a_body_without_a_length_is_held_to_the_limit_too(server: RunningServer) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    head = b"POST /user HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"

    answer = await talk(server, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 40 + b"0\r\n\r\n")

    assert parsed(answer)[0] == 413


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /user HTTP/1.1\r\n\r\n",
        b"GET /user HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
        b"GET /user/\xff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /user HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 1_000_000 + b"\r\nConnection: close\r\n\r\n",
        b"POST /user HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
    ],
)
async def test_what_is_not_http_harms_nobody_else(server: RunningServer, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    answer = b""
    writer.write(sent)
    with suppress(OSError):  # the server may be the first to hang up
        writer.write_eof()
    with suppress(ConnectionError):
        answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()

    assert not answer or 400 <= parsed(answer)[0] < 500
    assert parsed(await talk(server, a_request("GET", "/health")))[0] == 200


async def test_stopping_lets_a_request_under_way_end_and_accepts_no_more() -> None:
    entered, released = asyncio.Event(), asyncio.Event()

    async def slow(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        entered.set()
        await released.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    running = await serve(slow, host="127.0.0.1", port=0)
    asked = asyncio.create_task(talk(running, a_request("GET", "/")))
    await entered.wait()

    stopping = asyncio.create_task(running.stop())
    while not _refuses(running):
        await asyncio.wait({stopping}, timeout=0.01)
    released.set()

    assert parsed(await asked)[2] == b"ok"
    await stopping


async def test_stopping_does_not_wait_for_connections_that_ask_nothing(store: Store) -> None:
    app = create_app(services_over(store, SystemClock()), ApiOptions())
    running = await serve(app, host="127.0.0.1", port=0)
    reader, writer = await asyncio.open_connection(running.host, running.port)
    writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await reader.readuntil(b"}")

    await asyncio.wait_for(running.stop(), 10)

    assert await reader.read() == b""
    writer.close()


async def test_stopping_does_not_wait_for_ever_for_a_body_that_does_not_come(store: Store) -> None:
    app = create_app(services_over(store, SystemClock()), ApiOptions())
    running = await serve(app, host="127.0.0.1", port=0)
    _, writer = await _half_a_request(running)

    await asyncio.wait_for(running.stop(grace=timedelta(milliseconds=100)), 10)

    assert _refuses(running)
    writer.close()


async def test_a_client_that_goes_away_in_the_midst_of_its_body_is_no_fault_of_ours(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(services_over(store, SystemClock()), ApiOptions())
    coming = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return next(coming)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"content-length", b"100")]
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": "POST",
        "path": "/user",
        "raw_path": b"/user",
        "root_path": "",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    await app(scope, receive, send)

    assert sent[0]["status"] == 400  # what metrics count; nobody reads it
    assert not [line for line in caplog.records if line.levelname == "ERROR"]


async def test_the_port_is_free_again_after_stopping(store: Store) -> None:
    app = create_app(services_over(store, SystemClock()), ApiOptions())
    running = await serve(app, host="127.0.0.1", port=0)
    await talk(running, a_request("GET", "/health"))
    await running.stop()

    again = await serve(app, host="127.0.0.1", port=running.port)

    assert again.port == running.port
    await again.stop()


async def _half_a_request(server: RunningServer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    head = b"POST /user HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
    writer.write(head + b"Expect: 100-continue\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")  # it waits for the body now
    writer.write(b"{")
    await writer.drain()
    return reader, writer


def _refuses(server: RunningServer) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((server.host, server.port)) != 0
