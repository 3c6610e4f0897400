"""The HTTP server: Granian, embedded in the event loop of whoever calls.

The socket is made here and handed over. So port 0 is known at once, a port that is taken is an error with a remedy
instead of two servers that share it, and connections are accepted from the moment `serve` returns.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from datetime import timedelta
from typing import Any

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from natalis.errors import SettingsInvalid
from plimsoll.instrument.requests.asgi import Application

BACKLOG = 1024
GRACE = timedelta(seconds=4)  # with the 25 s that calls of the provider may take to end, within the usual 30 of SIGTERM
UNBOUND = 1 << 20  # requests under way at once before new ones wait in the backlog


class RunningServer:
    """A server that answers until `stop`.

    Attributes:
        host: Where it listens.
        port: The port it got.
        url: Where a client on this machine finds it.
    """

    def __init__(self, host: str, port: int, server: Server, task: asyncio.Task[None]) -> None:
        self.host = host
        self.port = port
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._server = server
        self._task = task

    async def stop(self, *, grace: timedelta = GRACE) -> None:
        """Accept nothing more, let requests under way end for at most `grace`, and return.

        One that has not ended by then is given up: a client that sends half a body and then nothing must not keep the
        process from ending.
        """
        self._server.stop()  # type: ignore[no-untyped-call] # Granian does not annotate it
        await asyncio.wait({self._task}, timeout=grace.total_seconds())
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task})

    async def ended(self) -> None:
        """Return when it has stopped, however that came; raises what broke it."""
        await asyncio.shield(self._task)


class _OnSocket(Server):
    """Granian's server on a socket that is listening already."""

    def __init__(self, listening: socket.socket, app: Application) -> None:
        super().__init__(
            app,
            interface=Interfaces.ASGI,
            http=HTTPModes.auto,
            websockets=False,
            log_enabled=False,
            backpressure=UNBOUND,
        )
        self._listening = listening

    def _init_shared_socket(self) -> None:
        holder: Any = SocketHolder  # Granian's stub leaves its arguments out
        self._shd = holder(self._listening.detach(), False, BACKLOG)  # noqa: FBT003 - it takes them by place
        self._ssp = None


async def serve(app: Any, *, host: str, port: int) -> RunningServer:
    """Answer requests on `host`:`port` until stopped; port 0 picks a free one.

    Args:
        app: An ASGI application.
        host: A name or an address of this machine.
        port: 0 to 65535.

    Raises:
        SettingsInvalid: The address cannot be listened on.
    """
    listening = listen(host, port)
    bound = listening.getsockname()[1]
    server = _OnSocket(listening, app)
    task = asyncio.create_task(server.serve(), name="natalis api")
    return RunningServer(host, bound, server, task)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        SettingsInvalid: It cannot, with what to do about it.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise SettingsInvalid((f"host: {host!r} is not an address of this machine; use 127.0.0.1",)) from None
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setblocking(False)  # noqa: FBT003 - the standard library takes it by place
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise SettingsInvalid((_why(error, host, port),)) from None
    return listening


def _why(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"port: {port} on {host} is taken; stop what listens there, or choose another port (0 picks a free one)"
            )
        case errno.EACCES:
            return f"port: {port} needs more rights; choose one above 1023"
        case errno.EADDRNOTAVAIL:
            return f"host: {host!r} is not an address of this machine; use 127.0.0.1"
        case _:
            return f"host: cannot listen on {host} port {port}: {error.strerror}"
