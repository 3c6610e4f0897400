"""What the HTTP provider's tests share: a server that says exactly what it is told to, byte by byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta
from typing import Protocol

import pytest

from natalis.clocks.virtual import VirtualClock
from natalis.domain.delivery import DeliveryKey
from natalis.domain.message import Message
from natalis.providers.http import HttpProvider
from natalis.providers.http_options import HttpOptions
from natalis.testing.builders import NOON

MESSAGE = Message(
    DeliveryKey("0190c3f2-0000-7000-8000-000000000001", "birthday", date(2026, 12, 10)),
    "ada@example.org",
    "Happy birthday, Ada!",
    "Hey, Renée it's your birthday",
)


class Script(Protocol):
    """What the server does with each call: write `answer`, then `keep`, `close`, `reset` or `hang` the connection."""

    answer: bytes
    ending: str
    heard: list[bytes]
    connections: int


ProviderOf = Callable[..., Awaitable[HttpProvider]]


@pytest.fixture
def message() -> Message:
    return MESSAGE


@pytest.fixture
async def provider_of() -> AsyncIterator[ProviderOf]:
    """Return a maker of providers whose service follows a script."""
    servers: list[asyncio.Server] = []
    providers: list[HttpProvider] = []
    over = asyncio.Event()

    async def make(script: Script, **options: object) -> HttpProvider:
        async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            script.connections += 1
            try:
                while await _attend_one(script, reader, writer):
                    pass
                if script.ending == "hang":
                    await over.wait()
            except (asyncio.IncompleteReadError, ConnectionError):
                pass
            finally:
                if script.ending == "reset":
                    writer.transport.abort()
                writer.close()

        server = await asyncio.start_server(attend, "127.0.0.1", 0)
        servers.append(server)
        port = server.sockets[0].getsockname()[1]
        defaults: dict[str, object] = {"timeout": timedelta(seconds=5)}
        settings = HttpOptions(f"http://127.0.0.1:{port}", **(defaults | options))  # type: ignore[arg-type]  # tests name real options
        providers.append(HttpProvider(settings, VirtualClock(NOON)))
        return providers[-1]

    yield make
    over.set()
    for provider in providers:
        await provider.close()
    for server in servers:
        server.close()
        await server.wait_closed()


async def _attend_one(script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().splitlines() if line.startswith(b"content-length:"))
    script.heard.append(head + await reader.readexactly(length))
    writer.write(script.answer)
    await writer.drain()
    return script.ending == "keep"
