"""A user's connections to one origin: those that are idle, how many there are, and who waits for one."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque

from plimsoll.load.client.connection import Connection
from plimsoll.load.client.slots import Slots


class Lane:
    """Connections of one user to one origin.

    Args:
        limit: The most there may be.
        slots: How many the process may have; None for any number.

    Attributes:
        idle: Those that wait for a request; the last is taken first. While somebody waits there is none.
        all: Those that are open.
    """

    __slots__ = ("__weakref__", "_leave", "_session", "_slots", "_waiting", "all", "idle")

    def __init__(self, limit: int, slots: Slots | None) -> None:
        self._leave = limit
        self._slots = slots
        self._session: ssl.SSLSession | None = None
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self.idle: list[Connection] = []
        self.all: set[Connection] = set()
        if slots is not None:
            slots.know(self)

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is in flight and nobody waits."""
        return len(self.idle) == len(self.all) and not self._waiting

    @property
    def idle_since(self) -> int | None:
        """Since when the longest idle connection is so, in ns; None where there is none."""
        return self.idle[0].rested if self.idle else None

    @property
    def session(self) -> ssl.SSLSession | None:
        """The user's latest TLS session with the origin, to resume; None before the first."""
        said = (each.shaken.session for each in self.all if each.shaken is not None)
        return next((session for session in said if session is not None and session.has_ticket), self._session)

    async def take(self) -> Connection | None:
        """Return an idle connection, or None with leave to open one: `add` it, or `give_up`."""
        while self.idle:
            if (connection := self.idle.pop()).reusable:
                return connection
        if not self._leave:
            return await self._turn()
        self._leave -= 1
        await self._wait_for_slot()
        return None

    def add(self, connection: Connection) -> None:
        """Count a connection that was opened."""
        self.all.add(connection)

    def give_up(self) -> None:
        """Give back the leave to open one."""
        if self._slots is not None:
            self._slots.give()
        self._hand_on()

    def give(self, connection: Connection) -> None:
        """Take back a connection that may serve again."""
        if self._waiting:
            self._waiting.popleft().set_result(connection)
        elif self._slots is not None and self._slots.are_short:
            connection.close()
        else:
            self.idle.append(connection)

    def lose(self, connection: Connection) -> None:
        """Count one less: it was closed."""
        if connection in self.idle:
            self.idle.remove(connection)
        if connection in self.all:
            self.all.remove(connection)
            if connection.shaken is not None:
                self._session = connection.shaken.session or self._session
            self.give_up()

    def drop(self) -> None:
        """Close the connection that was idle longest."""
        self.idle.pop(0).close()

    def close(self) -> None:
        """Close all connections; what is in flight on them fails."""
        self.idle.clear()
        for connection in list(self.all):
            connection.close()

    async def _turn(self) -> Connection | None:
        turn: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            connection = await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass(turn.result())  # it was this one's turn, and it gave up
            else:
                self._waiting.remove(turn)
            raise
        if connection is None:
            await self._wait_for_slot()
        return connection

    async def _wait_for_slot(self) -> None:
        if self._slots is None:
            return
        try:
            await self._slots.take()
        except asyncio.CancelledError:
            self._hand_on()
            raise

    def _pass(self, connection: Connection | None) -> None:
        if connection is None:
            self._hand_on()
        else:
            self.give(connection)

    def _hand_on(self) -> None:
        """Let the next one open a connection."""
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self._leave += 1
