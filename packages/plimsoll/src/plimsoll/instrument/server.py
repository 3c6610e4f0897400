"""A tiny HTTP server of its own port for a scraper: `/metrics` and `/health`, nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from plimsoll.instrument.registry import CONTENT_TYPE

HEAD_LIMIT: Final = 8 * 1024  # bytes of a request's head
PATIENCE: Final = 10.0  # seconds that a client may take to ask


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
    exposition: Callable[[], bytes], *, host: str, port: int, healthy: Callable[[], bool] = lambda: True
) -> MetricsServer:
    """Answer scrapers on `host`:`port` until closed; port 0 picks a free one.

    Args:
        exposition: Returns the text of `/metrics`.
        host: Where to listen.
        port: Where to listen.
        healthy: Decides between 200 and 503 on `/health`.

    Raises:
        OSError: The address cannot be listened on.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
            writer.write(_reply(head, exposition, healthy))
            await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # whoever asks like this gets no answer
        finally:
            writer.close()

    server = await asyncio.start_server(answer, host, port, limit=HEAD_LIMIT)
    return MetricsServer(host, server.sockets[0].getsockname()[1], server)


def _reply(head: bytes, exposition: Callable[[], bytes], healthy: Callable[[], bool]) -> bytes:
    method, _, rest = head.partition(b" ")
    path = rest.partition(b" ")[0].partition(b"?")[0]
    if method not in {b"GET", b"HEAD"}:
        status, kind, body = b"405 Method Not Allowed\r\nAllow: GET, HEAD", "text/plain", b"only GET\n"
    elif path == b"/metrics":
        status, kind, body = b"200 OK", CONTENT_TYPE, exposition()
    elif path == b"/health":
        well = healthy()
        status, kind = (b"200 OK" if well else b"503 Service Unavailable"), "application/json"
        body = b'{"status":"ok"}' if well else b'{"status":"stalled"}'
    else:
        status, kind, body = b"404 Not Found", "text/plain", b"try /metrics or /health\n"
    lines = (
        b"HTTP/1.1 " + status,
        b"Content-Type: " + kind.encode(),
        b"Content-Length: %d" % len(body),
        b"Connection: close",
        b"",
        b"" if method == b"HEAD" else body,
    )
    return b"\r\n".join(lines)
