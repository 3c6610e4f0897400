"""A user's connections to one origin: those that are idle, how many there are, and who waits for one."""

from __future__ import annotations

import asyncio
from collections import deque

from plimsoll.load.client.connection import Connection


class Lane:
    """Connections of one user to one origin.

    Args:
        limit: The most there may be.

    Attributes:
        idle: Those that wait for a request; the last is taken first.
        open: How many there are, those that are being opened included.
    """

    __slots__ = ("_limit", "_waiting", "idle", "open")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.idle: list[Connection] = []
        self.open = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is open and nobody waits."""
        return not self.open and not self._waiting

    async def take(self) -> Connection | None:
        """Return an idle connection, or None with leave to open one, which is counted already."""
        while True:
            if self.idle:
                return self.idle.pop()
            if self.open < self._limit:
                self.open += 1
                return None
            await self._turn()

    def give(self, connection: Connection) -> None:
        """Take a connection back that may serve again."""
        self.idle.append(connection)
        if self._waiting:
            self._wake()

    def lose(self, connection: Connection | None = None) -> None:
        """Count one less: it was closed, or was never opened."""
        if connection in self.idle:
            self.idle.remove(connection)
        self.open -= 1
        self._wake()

    async def _turn(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._wake()  # it was this one's turn, and it gave up
            else:
                self._waiting.remove(turn)
            raise

    def _wake(self) -> None:
        if self._waiting:
            self._waiting.popleft().set_result(None)
