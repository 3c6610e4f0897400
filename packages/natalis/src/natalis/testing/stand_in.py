"""A stand-in for an API: a real HTTP server on a free port that does as it is told, and remembers who asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType, TracebackType
from typing import Any, Self, TypeAlias

from natalis.testing.servers.ports import LOOPBACK

Behaviour: TypeAlias = Callable[[BaseHTTPRequestHandler], None]
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_PATIENCE = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came; headers by their name in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]


def answering(status: int = 200, body: bytes = b"{}", headers: Mapping[str, str] = _NO_HEADERS) -> Behaviour:
    """Answer at once."""

    def behave(request: BaseHTTPRequestHandler) -> None:
        read_body(request)
        request.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)

    return behave


def cutting(request: BaseHTTPRequestHandler) -> None:
    """Take the request in and end without an answer, as a process that is killed does."""
    read_body(request)
    request.close_connection = True


@dataclass(slots=True)
class Holding:
    """Answers nobody before it is released; `arrived` counts who waits."""

    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    released: threading.Event = field(default_factory=threading.Event)

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        """Hold one request."""
        self.arrived.release()
        self.released.wait(_PATIENCE)
        answering()(request)

    def await_arrivals(self, count: int) -> None:
        """Wait until so many are held."""
        for _ in range(count):
            if not self.arrived.acquire(timeout=_PATIENCE):
                raise TimeoutError(f"fewer than {count} requests arrived")


class StandIn:
    """A server that behaves as it is told, on a port of its own.

    Args:
        behaviour: What it does to each request.
    """

    def __init__(self, behaviour: Behaviour) -> None:
        self.received: list[Received] = []
        self._server = _Server((LOOPBACK, 0), _handler(behaviour, self._remember))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.port: int = self._server.server_address[1]

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _remember(self, request: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.command, request.path, headers))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away: tests make them."""


def _handler(behaviour: Behaviour, remember: Behaviour) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are two writes

        def _do(self) -> None:
            remember(self)
            behaviour(self)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    for method in _METHODS:
        setattr(Handler, f"do_{method}", Handler._do)  # noqa: SLF001 - our own class, above
    return Handler


def read_body(request: BaseHTTPRequestHandler) -> bytes:
    """Return the body of a request that said how long it is."""
    return request.rfile.read(int(request.headers.get("Content-Length", 0)))
