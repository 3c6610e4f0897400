"""Dialing: from the address of a service to an open connection, over TLS where it says so."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohappyeyeballs

from natalis.providers.http1.line import Line

_HEAD_START = 0.25  # seconds that each address has before the next one is tried beside it (RFC 8305 section 5)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service is, read from a URL that has been checked.

    Attributes:
        host: Name or address, without brackets.
        port: The port.
        is_secret: Whether to speak TLS.
        authority: As the `Host` header has it.
        target: Path and query, as the request line has them.
    """

    host: str
    port: int
    is_secret: bool
    authority: str
    target: str

    @classmethod
    def of(cls, url: str) -> Place:
        """Read a URL, such as `https://mail.example.org/send-email`."""
        parts = urlsplit(url)
        target = url.split("://", 1)[1][len(parts.netloc) :] or "/"
        port = parts.port or _PORTS[parts.scheme]
        return cls(parts.hostname or "", port, parts.scheme == "https", parts.netloc, target)


class Dialer:
    """Makes connections to one place.

    Args:
        place: Where.
        trust: What certificates are checked against; None for those the system trusts.
    """

    def __init__(self, place: Place, trust: ssl.SSLContext | None = None) -> None:
        self._place = place
        self._context = (trust or _system_trust()) if place.is_secret else None
        self._looking_up: asyncio.Task[Any] | None = None

    async def dial(self, make: Callable[[], Line], timeout: float) -> Line:  # noqa: ASYNC109 - an answer to "how long"
        """Return an open connection; nothing but TLS's own has been said on it.

        Args:
            make: Makes the protocol.
            timeout: Seconds for all of it: the name, the connection, TLS.

        Raises:
            OSError: No address takes a connection, or TLS fails.
            TimeoutError: It takes too long.
        """
        async with asyncio.timeout(timeout):
            found = await self._addresses()
            connection = await aiohappyeyeballs.start_connection(found, happy_eyeballs_delay=_HEAD_START)
            return await self._entered(connection, make)

    async def _entered(self, connection: socket.socket, make: Callable[[], Line]) -> Line:
        name = self._place.host if self._context is not None else None
        loop = asyncio.get_running_loop()
        try:
            _, line = await loop.create_connection(make, sock=connection, ssl=self._context, server_hostname=name)
        except BaseException:
            connection.close()
            raise
        return line

    async def _addresses(self) -> Any:
        """Look the name up, once for all who dial at this moment."""
        if self._looking_up is None:
            self._looking_up = asyncio.ensure_future(self._look_up())
        return await asyncio.shield(self._looking_up)

    async def _look_up(self) -> Any:
        loop = asyncio.get_running_loop()
        try:
            return await loop.getaddrinfo(self._place.host, self._place.port, type=socket.SOCK_STREAM)
        finally:
            self._looking_up = None

    async def close(self) -> None:
        """Wait for no look-up any more."""
        if self._looking_up is not None:
            self._looking_up.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await self._looking_up


def _system_trust() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
