"""One call that gives any ASGI application its metrics: of requests, of the process, of its event loop."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from plimsoll.errors import InvalidInput
from plimsoll.instrument.asgi import (
    LATENCY_BUCKETS,
    Application,
    HttpMetrics,
    InstrumentedApplication,
    Message,
    Receive,
    Scope,
    Send,
)
from plimsoll.instrument.exposition import scraped
from plimsoll.instrument.process import LoopLag, watch_process
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.server import MetricsServer, ServedTogether, serve_metrics

LOOPBACK: Final = "127.0.0.1"
_LARGEST_PORT: Final = 65535
_log = logging.getLogger(__name__)


def instrument(
    app: Application,
    *,
    service: str,
    version: str = "",
    registry: Registry | None = None,
    metrics_path: str | None = "/metrics",
    buckets: Sequence[float] = LATENCY_BUCKETS,
    route_of: Callable[[Scope], str] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Instrumented:
    """Return an ASGI application that answers as `app` does, and tells what it does.

    Call it last: what it returns is what a server runs. What the environment does not ask for costs nothing.

    | variable | what it turns on |
    |---|---|
    | `METRICS_PORT` | `/metrics` and `/health` on a port of their own too; 9464 is usual |
    | `METRICS_HOST` | where that port listens; 127.0.0.1 without it |
    | `METRICS_DIR` | a folder that the processes of one service share, so that each tells what all did |

    Args:
        app: Starlette, FastAPI, Litestar, or any other.
        service: What it is called.
        version: What is running.
        registry: Where its metrics go together with your own; None for one of `METRICS_DIR`.
        metrics_path: Where the application itself answers scrapers; None for nowhere.
        buckets: Bounds of the latencies in seconds; every latency that is promised should be one.
        route_of: Finds the template of a route in the scope of an answered request, where nothing else does.
        environment: Read for the variables above.

    Raises:
        InvalidInput: A variable holds what it cannot.
    """
    port = _port(environment.get("METRICS_PORT", ""))
    found = registry if registry is not None else open_registry(environment)
    watch_process(found, service=service, version=version)
    http = HttpMetrics(found, buckets=buckets)
    return Instrumented(
        InstrumentedApplication(app, http, route_of),
        found,
        metrics_path=metrics_path,
        host=environment.get("METRICS_HOST") or LOOPBACK,
        port=port,
    )


def open_registry(environment: Mapping[str, str] = os.environ) -> Registry:
    """Return a registry in `METRICS_DIR`, where it is set.

    Raises:
        InvalidInput: The folder cannot be written.
    """
    folder = environment.get("METRICS_DIR", "")
    try:
        return Registry(Path(folder) if folder else None)
    except OSError as error:
        problem = f"{folder} cannot be written ({error.strerror})"
        raise InvalidInput("METRICS_DIR", problem, "name a folder that this user may write to") from None


class Instrumented:
    """An ASGI application with a door for scrapers.

    Args:
        app: What answers everything else.
        registry: What scrapers are told.
        metrics_path: Where it answers scrapers; None for nowhere.
        host: Where the port of its own listens.
        port: A port of its own for scrapers; None for none.

    Attributes:
        registry: As given; for metrics of your own.
    """

    def __init__(
        self, app: Application, registry: Registry, *, metrics_path: str | None, host: str, port: int | None
    ) -> None:
        self.registry = registry
        self._app = app
        self._metrics_path = metrics_path
        self._host = host
        self._port = port
        self._lag = LoopLag(registry)
        self._server: MetricsServer | ServedTogether | None = None
        self._is_open = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or see the application through its life."""
        kind = scope["type"]
        if kind == "lifespan":
            await self._live(scope, receive, send)
            return
        if not self._is_open:  # the server tells nobody of its start
            await self._open_late()
        if kind == "http" and self._metrics_path is not None and _path(scope) == self._metrics_path:
            await self._tell(scope, send)
            return
        await self._app(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        first: Message | None = await receive()
        try:
            await self._open()
        except InvalidInput as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return

        async def replayed() -> Message:
            nonlocal first
            if first is None:
                return await receive()
            message, first = first, None
            return message

        try:
            await self._app(scope, replayed, send)
        except BaseException:
            if first is not None:  # it knows nothing of lifespans: it lives on, and so do we
                raise
            await self._close()
            raise
        await self._close()

    async def _open(self) -> None:
        self._is_open = True
        self._lag.start()
        if self._port is None:
            return
        folder = self.registry.folder
        try:
            if folder is None:
                self._server = await serve_metrics(self.registry, host=self._host, port=self._port)
            else:
                self._server = ServedTogether(self.registry, folder, host=self._host, port=self._port)
                await self._server.open()
        except OSError as error:
            problem = f"{self._port} on {self._host} cannot be listened on ({error.strerror})"
            remedy = "stop what listens there, choose another port, or leave it out for none"
            raise InvalidInput("METRICS_PORT", problem, remedy) from None

    async def _open_late(self) -> None:
        try:
            await self._open()
        except InvalidInput:
            _log.exception("there is no port for scrapers")

    async def _close(self) -> None:
        self._lag.stop()
        if self._server is not None:
            await self._server.close()

    async def _tell(self, scope: Scope, send: Send) -> None:
        if scope["method"] not in {"GET", "HEAD"}:
            await send({"type": "http.response.start", "status": 405, "headers": [(b"allow", b"GET, HEAD")]})
            await send({"type": "http.response.body", "body": b""})
            return
        asked = {bytes(name): bytes(value).decode("latin-1") for name, value in scope["headers"]}
        answer = await scraped(self.registry, asked.get(b"accept", ""), asked.get(b"accept-encoding", ""))
        await send({"type": "http.response.start", "status": 200, "headers": list(answer.headers)})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})


def _path(scope: Scope) -> str:
    """Return the path as the application knows it, without what a proxy puts before it."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path.removeprefix(root) if root else path


def _port(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or int(text) > _LARGEST_PORT:
        raise InvalidInput("METRICS_PORT", f"{text!r} is not a port", "give a number such as 9464, or leave it out")
    return int(text) or None
