"""Names to addresses: overrides, looked up once for all who ask at the same time, kept for a while, taken in turn."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from time import perf_counter_ns
from typing import Final

from plimsoll.load.client.failures import Failed, Failure, failed
from plimsoll.load.client.options import ClientOptions, Family

_KEPT: Final = 1_024  # names
_ONLY: Final = {Family.ONLY_IPV4: socket.AF_INET, Family.ONLY_IPV6: socket.AF_INET6}
_FIRST: Final = {Family.PREFER_IPV4: socket.AF_INET, Family.PREFER_IPV6: socket.AF_INET6}

Address = tuple[socket.AddressFamily, str]


class _Known:
    """The addresses of a name, those of the other family apart, and whose turn it is."""

    __slots__ = ("addresses", "others", "turn", "until")

    def __init__(self, addresses: Sequence[Address], others: Sequence[Address], until: int) -> None:
        self.addresses, self.others = addresses, others
        self.until = until
        self.turn = 0

    def next(self) -> list[Address]:
        turn = self.turn % len(self.addresses)
        self.turn += 1
        return [*self.addresses[turn:], *self.addresses[:turn], *self.others]


class Names:
    """Looks names up, as the options say."""

    def __init__(self, loop: asyncio.AbstractEventLoop, options: ClientOptions) -> None:
        self._loop = loop
        self._hosts = {name.lower(): address for name, address in options.hosts.items()}
        self._family = options.family
        self._lasting = round(options.names_last.total_seconds() * 1e9)
        self._known: dict[str, _Known] = {}
        self._asked: dict[str, asyncio.Task[_Known]] = {}

    async def addresses_of(self, host: str, port: int) -> tuple[list[Address], int]:
        """Return where to connect for a host and port: first the address whose turn it is, then where else to try.

        Raises:
            Failed: There is no address.
        """
        host, port = self._overridden(host, port)
        known = self._known.get(host)
        if known is None or known.until <= perf_counter_ns():
            known = await self._ask(host)
        return known.next(), port

    def _overridden(self, host: str, port: int) -> tuple[str, int]:
        said = self._hosts.get(f"{host}:{port}") or self._hosts.get(host)
        if said is None:
            return host, port
        name, colon, number = said.rpartition(":")
        if colon and number.isdecimal() and (":" not in name or name.startswith("[")):
            return name.strip("[]"), int(number)
        return said.strip("[]"), port

    async def _ask(self, host: str) -> _Known:
        """Look up once for all who want to know; nobody who gives up takes it from the others."""
        task = self._asked.get(host)
        if task is None:
            task = self._asked[host] = self._loop.create_task(self._look_up(host))
            task.add_done_callback(lambda done: self._forget(host, done))
        return await asyncio.shield(task)

    def _forget(self, host: str, done: asyncio.Task[_Known]) -> None:
        del self._asked[host]
        if not done.cancelled():
            done.exception()  # all who asked may have given up; then nobody else looks at it

    async def _look_up(self, host: str) -> _Known:
        try:
            found = await self._loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Failed(Failure.DNS, f"{host}: {failed(error).detail}") from error
        addresses, others = chosen([(entry[0], str(entry[4][0])) for entry in found], self._family)
        if not addresses:
            raise Failed(Failure.DNS, f"{host} has no address of the family {self._family}")
        if len(self._known) >= _KEPT:
            self._known.clear()
        known = self._known[host] = _Known(addresses, others, perf_counter_ns() + self._lasting)
        return known


def chosen(found: Sequence[Address], family: Family) -> tuple[list[Address], list[Address]]:
    """Return which of a name's addresses are called, each once, in order; and which when all of those refuse."""
    each = list(dict.fromkeys(found))
    if family in _ONLY:
        return [address for address in each if address[0] == _ONLY[family]], []
    preferred = [address for address in each if address[0] == _FIRST.get(family)]
    return (preferred, [address for address in each if address not in preferred]) if preferred else (each, [])
