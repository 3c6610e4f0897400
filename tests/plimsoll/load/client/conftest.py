"""Targets that do exactly what a test says, on the loop that the engine runs on; and the certificates they show."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvloop

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


@dataclass(frozen=True, slots=True)
class Certificates:
    """Certificates in PEM, each with its key in the same file.

    Attributes:
        ca: Who issued the others; without its key.
        server: For localhost and 127.0.0.1.
        elsewhere: For another host.
        expired: For localhost, until yesterday.
        user: For a client.
    """

    ca: Path
    server: Path
    elsewhere: Path
    expired: Path
    user: Path


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Made by the openssl program, for a day."""
    folder = tmp_path_factory.mktemp("certificates")
    ca = folder / "ca.pem"
    # Python 3.13 asks of an issuer that it says what its key is for
    use = "-addext keyUsage=critical,keyCertSign,cRLSign"
    _openssl(f"req -x509 {_NEW_KEY} {use} -keyout {folder}/ca.key -out {ca} -subj /CN=issuer -days 1")
    here = "DNS:localhost,IP:127.0.0.1"
    return Certificates(
        ca=ca,
        server=_issued(folder, "server", here),
        elsewhere=_issued(folder, "elsewhere", "DNS:elsewhere.example"),
        expired=_issued(folder, "expired", here, days=-1),
        user=_issued(folder, "user", "DNS:user"),
    )


_NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"


def _issued(folder: Path, name: str, names: str, days: int = 1) -> Path:
    request, key, certificate = folder / f"{name}.csr", folder / f"{name}.key", folder / f"{name}.crt"
    extensions = folder / f"{name}.ext"
    extensions.write_text(f"subjectAltName={names}\nauthorityKeyIdentifier=keyid\n", encoding="ascii")
    _openssl(f"req {_NEW_KEY} -keyout {key} -out {request} -subj /CN={name}")
    issuer = f"-CA {folder}/ca.pem -CAkey {folder}/ca.key -CAcreateserial"
    _openssl(f"x509 -req -in {request} {issuer} -days {days} -extfile {extensions} -out {certificate}")
    both = folder / f"{name}.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    return both


def _openssl(command: str) -> None:
    subprocess.run(["openssl", *command.split()], check=True, capture_output=True)


def server_context(certificate: Path, ca: Path | None = None) -> ssl.SSLContext:
    """Return how a server speaks TLS; with a `ca`, only with clients that it has issued a certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ca)
    context.load_cert_chain(certificate)
    if ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    return context
