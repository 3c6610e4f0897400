"""A server that listens: it keeps every request that is posted to it, and says that all is well."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Mapping
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
        headers: By their names in lower case.
        body: As it came.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def content(self) -> bytes:
        """The body, unpacked."""
        return gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body


class Listener:
    """Answers every POST with 200.

    Args:
        answer: The body of each answer, JSON.

    Attributes:
        posted: What was posted so far.
        port: Where it listens on loopback.
    """

    def __init__(self, answer: bytes = b"{}") -> None:
        self.posted: list[Posted] = []
        self._server = ThreadingHTTPServer((_LOOPBACK, 0), _handler(self.posted, answer))
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{_LOOPBACK}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(posted: list[Posted], answer: bytes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            posted.append(Posted(self.path, headers, self.rfile.read(int(headers.get("content-length", 0)))))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gave it
            """Say nothing."""

    return Handler
