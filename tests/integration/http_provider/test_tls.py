"""Rules: over TLS a service is believed only if its certificate is, and a handshake that fails is an outage."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
import uvloop

from natalis.clocks.virtual import VirtualClock
from natalis.domain.message import Message
from natalis.domain.outcome import Deferred, Delivered, Outcome
from natalis.providers.http import HttpProvider
from natalis.providers.http_options import HttpOptions
from natalis.testing.builders import NOON

pytestmark = [
    pytest.mark.network,
    # The hook that is to replace the fixture concerns every test of a run, not those of one file.
    pytest.mark.filterwarnings("ignore:Overriding the .event_loop_policy. fixture is deprecated"),
]
OK = b'{"success": true, "messageId": "m-1"}'
Attend: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(OK), OK)


@pytest.fixture(params=[asyncio.DefaultEventLoopPolicy, uvloop.EventLoopPolicy], ids=["asyncio", "uvloop"])
def event_loop_policy(request: pytest.FixtureRequest) -> asyncio.AbstractEventLoopPolicy:
    """Run on both loops: they differ in what their transports do when a connection ends."""
    policy: asyncio.AbstractEventLoopPolicy = request.param()
    return policy


def certificate(folder: Path, *names: str) -> tuple[Path, Path]:
    """Return a certificate that vouches for itself, and its key."""
    pem, key = folder / "service.pem", folder / "service.key"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subject = ["-subj", "/CN=service", "-addext", f"subjectAltName={','.join(names)}"]
    files = ["-keyout", str(key), "-out", str(pem)]
    subprocess.run(["openssl", "req", "-x509", "-nodes", *curve, *files, *subject], check=True, capture_output=True)
    return pem, key


@pytest.fixture(scope="session")
def near(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("near"), "DNS:localhost", "IP:127.0.0.1")


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("elsewhere"), "DNS:mail.example.org")


@asynccontextmanager
async def listening(attend: Attend, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Yield the address of a server that attends to each connection in this way."""
    attending: set[asyncio.Task[None]] = set()

    async def attended(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        attending.add(task)
        with contextlib.suppress(OSError):
            await attend(reader, writer)
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(attended, "127.0.0.1", 0, ssl=context)
    yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await asyncio.gather(*attending)
    await server.wait_closed()


@asynccontextmanager
async def served(pem: Path, key: Path) -> AsyncIterator[str]:
    """Yield the address of a service over TLS."""

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (await reader.readline()).strip():
            pass
        writer.write(WHOLE)
        await reader.read()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    async with listening(attend, context) as url:
        yield url


async def outcome_of(url: str, message: Message, trust: ssl.SSLContext | None) -> Outcome:
    options = HttpOptions(url, connect_timeout=timedelta(seconds=2), timeout=timedelta(seconds=4))
    provider = HttpProvider(options, VirtualClock(NOON), trust)
    try:
        return await provider.send(message)
    finally:
        await provider.close()


async def test_a_service_with_a_trusted_certificate_is_called(message: Message, near: tuple[Path, Path]) -> None:
    async with served(*near) as url:
        assert await outcome_of(url, message, ssl.create_default_context(cafile=near[0])) == Delivered("m-1")


async def test_a_certificate_that_nobody_vouches_for_is_an_outage(message: Message, near: tuple[Path, Path]) -> None:
    async with served(*near) as url:
        outcome = await outcome_of(url, message, None)
    assert isinstance(outcome, Deferred)
    assert outcome.outage
    assert "certificate" in outcome.detail


async def test_a_certificate_of_another_name_is_an_outage(message: Message, elsewhere: tuple[Path, Path]) -> None:
    async with served(*elsewhere) as url:
        outcome = await outcome_of(url, message, ssl.create_default_context(cafile=elsewhere[0]))
    assert isinstance(outcome, Deferred)
    assert outcome.outage


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 no TLS here\r\n\r\n", b""], ids=["plain HTTP", "nothing"])
async def test_a_port_that_speaks_no_tls_is_an_outage(message: Message, said: bytes) -> None:
    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        await reader.read(1)

    async with listening(attend) as url:
        outcome = await outcome_of(url, message, None)
    assert isinstance(outcome, Deferred)
    assert outcome.outage


async def test_a_handshake_that_never_ends_is_an_outage(message: Message) -> None:
    async def attend(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(attend) as url:
        provider = HttpProvider(HttpOptions(url, connect_timeout=timedelta(milliseconds=100)), VirtualClock(NOON))
        outcome = await provider.send(message)
        await provider.close()
    assert outcome == Deferred("no connection: it took too long", outage=True)
