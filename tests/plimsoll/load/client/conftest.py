"""Targets that do exactly what a test says, on the loop that the engine runs on."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import uvloop

from natalis.testing.servers.certificates import Certificates, make_certificates
from plimsoll.load.client.agent import Agent
from plimsoll.load.client.client import Client
from plimsoll.load.client.options import ClientOptions

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The engine runs on uvloop, and so do its tests."""
    return {"uvloop": uvloop.new_event_loop}


@dataclass(slots=True)
class Target:
    """A server under test's eyes.

    Attributes:
        url: Its address, without a slash at the end.
        asked: The heads and bodies of the requests that it has read.
        connections: How many it has accepted.
    """

    url: str
    asked: list[bytes]
    connections: int = 0


Serve = Callable[..., Awaitable[Target]]
MakeAgent = Callable[..., Agent]
MakeClient = Callable[..., Client]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts servers that give these answers, or do what a `handler` does where no answers can say it.

    Given answers, it reads a request and writes the next of them, again and again; the last one is repeated. It closes
    the connection after an answer where `closing` is set.
    """
    talking: set[asyncio.Task[None] | None] = set()
    async with AsyncExitStack() as stack:

        async def start(
            *answers: bytes, handler: Handler | None = None, tls: ssl.SSLContext | None = None, closing: bool = False
        ) -> Target:
            target = Target("", [])
            left = list(answers)

            async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                target.connections += 1
                talking.add(asyncio.current_task())
                try:
                    if handler is not None:
                        await handler(reader, writer)
                    else:
                        await _answer(reader, writer, target, left, closing=closing)
                except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
                    pass  # the client hung up, or the test is over
                finally:
                    writer.close()

            server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls, limit=1 << 22)
            stack.callback(server.close)
            port = server.sockets[0].getsockname()[1]
            target.url = f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
            return target

        yield start
    for task in talking:
        if task is not None:
            task.cancel()
    await asyncio.gather(*filter(None, talking))


async def _answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: Target, left: list[bytes], *, closing: bool
) -> None:
    while True:
        target.asked.append(await read_request(reader))
        writer.write(left.pop(0) if len(left) > 1 else left[0])
        await writer.drain()
        if closing:
            return


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """Return a request: its head and, where it says how long, its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), b":0")
    return head + await reader.readexactly(int(length.partition(b":")[2]))


@pytest.fixture
async def client() -> AsyncIterator[MakeClient]:
    """Makes clients by their options."""
    async with AsyncExitStack() as stack:

        def make(options: ClientOptions | None = None, now: float = 0.0) -> Client:
            return stack.enter_context(Client(options, lambda: now))

        yield make


@pytest.fixture
async def agent(client: MakeClient) -> AsyncIterator[MakeAgent]:
    """Makes agents by the options of their client."""
    async with AsyncExitStack() as stack:

        def make(options: ClientOptions | None = None, now: float = 0.0) -> Agent:
            made = Agent(client(options, now))
            stack.callback(made.close)
            return made

        yield make
        await asyncio.sleep(0)  # noqa: TID251 - no time passes: what was closed is told so


@pytest.fixture
def unused_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))
