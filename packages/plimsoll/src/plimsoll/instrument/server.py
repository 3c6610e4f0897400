"""A tiny HTTP server of its own port for a scraper: `/metrics` and `/health`, nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plimsoll.instrument.exposition import Answer, Exposed, scraped

METRICS_PORT: Final = 9464
"""Where scrapers look first: what OpenTelemetry's exporters for Prometheus use."""
HEAD_LIMIT: Final = 8 * 1024  # bytes of a request's head
PATIENCE: Final = 10.0  # seconds that a client may take to ask
SUCCESSION: Final = 1.0  # seconds between looks whether the process that serves for all has ended


@dataclass(frozen=True, slots=True)
class MetricsServer:
    """A running server.

    Attributes:
        host: Where it listens.
        port: The port it got.
    """

    host: str
    port: int
    _server: asyncio.Server

    async def close(self) -> None:
        """Stop listening, and let answers under way end."""
        self._server.close()
        await self._server.wait_closed()


async def serve_metrics(
    exposed: Exposed, *, host: str, port: int, healthy: Callable[[], bool] = lambda: True
) -> MetricsServer:
    """Answer scrapers on `host`:`port` until closed; port 0 picks a free one.

    Args:
        exposed: What is told: a registry.
        host: Where to listen.
        port: Where to listen.
        healthy: Decides between 200 and 503 on `/health`.

    Raises:
        OSError: The address cannot be listened on.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
            writer.write(await _reply(head, exposed, healthy))
            await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # whoever asks like this gets no answer
        finally:
            writer.close()

    server = await asyncio.start_server(answer, host, port, limit=HEAD_LIMIT)
    return MetricsServer(host, server.sockets[0].getsockname()[1], server)


class ServedTogether:
    """One port for several processes that report as one: the first serves for all, and another one when it has ended.

    Args:
        exposed: What is told: a registry whose processes share `folder`.
        folder: Where they keep their numbers; says who serves.
        host: Where to listen.
        port: Where to listen.
        healthy: Decides between 200 and 503 on `/health`.
    """

    def __init__(
        self,
        exposed: Exposed,
        folder: Path,
        *,
        host: str,
        port: int,
        healthy: Callable[[], bool] = lambda: True,
    ) -> None:
        self._exposed = exposed
        self._lock = folder / f"port-{port}.lock"
        self._host = host
        self._port = port
        self._healthy = healthy
        self._held = -1
        self._server: MetricsServer | None = None
        self._waiting: asyncio.TimerHandle | None = None
        self._taking_over: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Serve, or wait until whoever serves has ended.

        Raises:
            OSError: A stranger has the address, or it cannot be listened on.
        """
        if not self._is_first():
            self._wait()
            return
        try:
            self._server = await serve_metrics(self._exposed, host=self._host, port=self._port, healthy=self._healthy)
        except OSError:
            self._let_go()
            raise

    async def close(self) -> None:
        """Serve no longer, and leave it to another."""
        if self._waiting is not None:
            self._waiting.cancel()
        if self._taking_over is not None:
            self._taking_over.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await self._taking_over
        if self._server is not None:
            await self._server.close()
            self._server = None
        self._let_go()

    async def look_again(self) -> None:
        """Serve, if whoever served has ended; otherwise wait on."""
        if self._waiting is not None:
            self._waiting.cancel()
        try:
            await self.open()
        except OSError:  # whoever was killed may still be heard out by the system, or a stranger was quicker
            self._wait()

    def _wait(self) -> None:
        self._waiting = asyncio.get_running_loop().call_later(SUCCESSION, self._look)

    def _look(self) -> None:
        self._taking_over = asyncio.get_running_loop().create_task(self.look_again())

    def _is_first(self) -> bool:
        self._held = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._let_go()
            return False
        return True

    def _let_go(self) -> None:
        if self._held >= 0:
            os.close(self._held)
            self._held = -1


async def _reply(head: bytes, exposed: Exposed, healthy: Callable[[], bool]) -> bytes:
    method, _, rest = head.partition(b" ")
    path = rest.partition(b" ")[0].partition(b"?")[0]
    if method not in {b"GET", b"HEAD"}:
        status, answer = b"405 Method Not Allowed\r\nAllow: GET, HEAD", _plain(b"only GET\n")
    elif path == b"/metrics":
        status = b"200 OK"
        answer = await scraped(exposed, _header(head, b"accept"), _header(head, b"accept-encoding"))
    elif path == b"/health":
        well = healthy()
        status = b"200 OK" if well else b"503 Service Unavailable"
        answer = _plain(b'{"status":"ok"}' if well else b'{"status":"stalled"}', b"application/json")
    else:
        status, answer = b"404 Not Found", _plain(b"try /metrics or /health\n")
    lines = [
        b"HTTP/1.1 " + status,
        *(name.title() + b": " + value for name, value in answer.headers),
        b"Connection: close",
        b"",
        b"" if method == b"HEAD" else answer.body,
    ]
    return b"\r\n".join(lines)


def _plain(body: bytes, kind: bytes = b"text/plain") -> Answer:
    return Answer(body, ((b"content-type", kind), (b"content-length", b"%d" % len(body))))


def _header(head: bytes, wanted: bytes) -> str:
    """Return the values of a header, in one line; empty without it."""
    found = []
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == wanted:
            found.append(value.strip().decode("latin-1"))
    return ",".join(found)
