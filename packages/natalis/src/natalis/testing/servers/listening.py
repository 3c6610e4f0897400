"""A server that listens: it keeps every request that is posted to it, and says that all is well."""

from __future__ import annotations

import gzip
import ssl
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Posted:
    """What was posted.

    Attributes:
        path: Where to.
        client: From which port.
        headers: By their names in lower case.
        body: As it came.
    """

    path: str
    client: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content(self) -> bytes:
        """The body, unpacked."""
        return gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body


class Listener:
    """Answers every POST with 200, or with what it was told to say first.

    Args:
        answer: The body of each answer, JSON.
        first: What the first of them are answered by: statuses, each with its headers.
        tls: How it speaks TLS; None for not at all.

    Attributes:
        posted: What was posted so far.
        port: Where it listens on loopback.
    """

    def __init__(
        self,
        answer: bytes = b"{}",
        *,
        first: Sequence[tuple[int, Mapping[str, str]]] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.posted: list[Posted] = []
        self._scheme = "http" if tls is None else "https"
        self._server = ThreadingHTTPServer((_LOOPBACK, 0), _handler(self.posted, answer, deque(first)))
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self._scheme}://{_LOOPBACK}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(
    posted: list[Posted], answer: bytes, first: deque[tuple[int, Mapping[str, str]]]
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            posted.append(
                Posted(
                    self.path, self.client_address[1], headers, self.rfile.read(int(headers.get("content-length", 0)))
                )
            )
            status, said = first.popleft() if first else (200, {})
            self.send_response(status)
            for name, value in said.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gave it
            """Say nothing."""

    return Handler
