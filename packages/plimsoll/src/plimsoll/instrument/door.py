"""What stands before an instrumented application: its start and end, and its answer to scrapers."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from plimsoll.errors import InvalidInput
from plimsoll.instrument.exposition import scraped
from plimsoll.instrument.process import LoopLag
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.requests.asgi import Application, Message, Receive, Scope, Send
from plimsoll.instrument.server import MetricsServer, ServedTogether, serve_metrics

_log = logging.getLogger(__name__)


class Instrumented:
    """An ASGI application with a door for scrapers.

    Args:
        app: What answers everything else.
        registry: What scrapers are told.
        metrics_path: Where it answers scrapers; None for nowhere.
        host: Where the port of its own listens.
        port: A port of its own for scrapers; None for none.
        during: Blocks that are entered when the service starts, and left when it ends.

    Attributes:
        registry: As given; for metrics of your own.
    """

    def __init__(
        self,
        app: Application,
        registry: Registry,
        *,
        metrics_path: str | None,
        host: str,
        port: int | None,
        during: Sequence[Callable[[], AbstractContextManager[None]]] = (),
    ) -> None:
        self.registry = registry
        self._app = app
        self._metrics_path = metrics_path
        self._host = host
        self._port = port
        self._lag = LoopLag(registry)
        self._server: MetricsServer | ServedTogether | None = None
        self._during = during
        self._stack = contextlib.ExitStack()
        self._is_open = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or see the application through its life."""
        kind = scope["type"]
        if kind == "lifespan":
            await self._live(scope, receive, send)
            return
        if not self._is_open:  # the server tells nobody of its start
            await self._open_late()
        if kind == "http" and self._is_scrape(scope):
            await self._tell(scope, send)
            return
        await self._app(scope, receive, send)

    def _is_scrape(self, scope: Scope) -> bool:
        wanted, path = self._metrics_path, scope["path"]
        return wanted is not None and path.endswith(wanted) and _path(scope) == wanted

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
        for block in self._during:
            self._stack.enter_context(block())
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
            if folder is None:
                remedy += "; where it is another worker of this service, give all of them one METRICS_DIR"
            raise InvalidInput("METRICS_PORT", problem, remedy) from None

    async def _open_late(self) -> None:
        try:
            await self._open()
        except InvalidInput:
            _log.exception("not all of what is asked for is there")

    async def _close(self) -> None:
        self._lag.stop()
        if self._server is not None:
            await self._server.close()
        self._stack.close()

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
