"""Opens connections: looks the name up, connects, shakes hands, and says how long each took."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable, Sequence
from time import perf_counter_ns
from typing import Final

from plimsoll.load.client.connection import Connection
from plimsoll.load.client.failures import failed
from plimsoll.load.client.names import Address, Names
from plimsoll.load.client.options import ClientOptions
from plimsoll.load.client.tls import resuming, tls_context
from plimsoll.load.client.urls import Place

_REFUSALS: Final = frozenset({errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EAFNOSUPPORT})
"""What an address says that will not do; another of the same name may."""
_REMEMBERED: Final = 16


class Dialler:
    """Opens connections, as the options say.

    Attributes:
        passed_over: Addresses that refused before another of their name answered, and why; the first few.

    Raises:
        InvalidInput: A certificate file cannot be read.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, options: ClientOptions, names: Names) -> None:
        self._loop = loop
        self._names = names
        self.passed_over: set[str] = set()
        self._falls_back = options.fall_back
        self._tls = tls_context(options)

    async def dial(
        self, place: Place, make: Callable[[], Connection], session: ssl.SSLSession | None = None
    ) -> Connection:
        """Open a connection; it knows how long that took.

        Args:
            place: Where to.
            make: Makes it.
            session: Of TLS, to resume; None for a full handshake.

        Raises:
            Failed: There is none.
        """
        began = perf_counter_ns()
        addresses, port = await self._names.addresses_of(place.host, place.port)
        found = perf_counter_ns()
        try:
            sock, address = await self._first(addresses if self._falls_back else addresses[:1], port)
            connected = perf_counter_ns()
            connection = await self._shaken(sock, place, make, session)
        except (OSError, ssl.CertificateError) as error:
            raise failed(error) from error
        connection.address = written(address, port)
        connection.looking_up, connection.connecting = found - began, connected - found
        connection.tls = perf_counter_ns() - connected if place.secure else 0
        return connection

    async def _first(self, addresses: Sequence[Address], port: int) -> tuple[socket.socket, Address]:
        """Connect to the first address that does not refuse; one that only takes its time is waited for.

        Raises:
            OSError: All refuse; what the first said, for it is the one that was to be called.
        """
        refused: dict[str, OSError] = {}
        for address in addresses:
            try:
                sock = await self._connected(address, port)
            except OSError as error:
                if error.errno not in _REFUSALS:
                    raise
                refused[f"{written(address, port)} ({failed(error).failure})"] = error
            else:
                if len(self.passed_over) < _REMEMBERED:
                    self.passed_over.update(refused)
                return sock, address
        raise next(iter(refused.values()), OSError(errno.EADDRNOTAVAIL, "no address"))

    async def _connected(self, address: Address, port: int) -> socket.socket:
        sock = socket.socket(address[0], socket.SOCK_STREAM)
        try:
            sock.setblocking(False)  # noqa: FBT003 - the standard library's
            await self._loop.sock_connect(sock, (address[1], port))
        except BaseException:
            sock.close()
            raise
        return sock

    async def _shaken(
        self, sock: socket.socket, place: Place, make: Callable[[], Connection], session: ssl.SSLSession | None
    ) -> Connection:
        try:
            if not place.secure:
                transport, connection = await self._loop.create_connection(make, sock=sock)
                transport.set_write_buffer_limits(high=0)  # a request leaves at once, and it is seen when it has left
                return connection
            with resuming(session):
                transport, connection = await self._loop.create_connection(
                    make, sock=sock, ssl=self._tls, server_hostname=place.host
                )
        except BaseException:
            sock.close()
            raise
        connection.shaken = transport.get_extra_info("ssl_object")
        connection.tls_version = connection.shaken.version() or ""
        return connection


def written(address: Address, port: int) -> str:
    """Return an address and port as they are written in an address of HTTP."""
    return f"[{address[1]}]:{port}" if ":" in address[1] else f"{address[1]}:{port}"
