"""Opens connections: looks the name up, connects, shakes hands, and says how long each took."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from time import perf_counter_ns

from plimsoll.errors import InvalidInput
from plimsoll.load.client.connection import Connection
from plimsoll.load.client.failures import failed
from plimsoll.load.client.names import Address, Names
from plimsoll.load.client.options import ClientOptions
from plimsoll.load.client.urls import Place


class Dialler:
    """Opens connections, as the options say.

    Raises:
        InvalidInput: A certificate file cannot be read.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, options: ClientOptions, names: Names) -> None:
        self._loop = loop
        self._names = names
        self._tls = tls_context(options)

    async def dial(self, place: Place, make: Callable[[], Connection]) -> Connection:
        """Open a connection; it knows how long that took.

        Raises:
            Failed: There is none.
        """
        began = perf_counter_ns()
        address, port = await self._names.address_of(place.host, place.port)
        found = perf_counter_ns()
        try:
            sock = await self._connected(address, port)
            connected = perf_counter_ns()
            connection = await self._shaken(sock, place, make)
        except (OSError, ssl.CertificateError) as error:
            raise failed(error) from error
        connection.address = f"[{address[1]}]:{port}" if ":" in address[1] else f"{address[1]}:{port}"
        connection.looking_up, connection.connecting = found - began, connected - found
        connection.tls = perf_counter_ns() - connected if place.secure else 0
        return connection

    async def _connected(self, address: Address, port: int) -> socket.socket:
        sock = socket.socket(address[0], socket.SOCK_STREAM)
        try:
            sock.setblocking(False)  # noqa: FBT003 - the standard library's
            await self._loop.sock_connect(sock, (address[1], port))
        except BaseException:
            sock.close()
            raise
        return sock

    async def _shaken(self, sock: socket.socket, place: Place, make: Callable[[], Connection]) -> Connection:
        try:
            if not place.secure:
                transport, connection = await self._loop.create_connection(make, sock=sock)
                transport.set_write_buffer_limits(high=0)  # a request leaves at once, and it is seen when it has left
                return connection
            transport, connection = await self._loop.create_connection(
                make, sock=sock, ssl=self._tls, server_hostname=place.host
            )
        except BaseException:
            sock.close()
            raise
        connection.tls_version = transport.get_extra_info("ssl_object").version() or ""
        return connection


def tls_context(options: ClientOptions) -> ssl.SSLContext:
    """Return how TLS is spoken.

    Raises:
        InvalidInput: A file cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=options.ca_file)
        if options.certificate is not None:
            context.load_cert_chain(options.certificate, options.key)
    except OSError as error:
        raise InvalidInput("TLS", f"a certificate or key cannot be read: {error}", "give files in PEM") from error
    if options.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context
