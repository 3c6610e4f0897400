"""How many connections a process has: slots, handed on in the order in which they were asked for."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol
from weakref import WeakSet


class Idling(Protocol):
    """What holds idle connections that could make room."""

    @property
    def idle_since(self) -> int | None:
        """Since when its longest idle connection is so, in ns; None where it has none."""

    def drop(self) -> None:
        """Close that one."""


class Slots:
    """Slots for connections.

    Args:
        limit: How many there are.
    """

    def __init__(self, limit: int) -> None:
        self._free = limit
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._idling: WeakSet[Idling] = WeakSet()

    @property
    def are_short(self) -> bool:
        """Whether somebody waits: who has done with a connection closes it then."""
        return bool(self._waiting)

    def know(self, idling: Idling) -> None:
        """Remember who may have idle connections."""
        self._idling.add(idling)

    async def take(self) -> None:
        """Wait for a slot; the connection that was idle longest is closed for it."""
        if self._free:
            self._free -= 1
            return
        self._make_room()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give()  # it was this one's turn, and it gave up
            else:
                self._waiting.remove(turn)
            raise

    def give(self) -> None:
        """Give a slot back."""
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self._free += 1

    def _make_room(self) -> None:
        since = [(idle, lane) for lane in self._idling if (idle := lane.idle_since) is not None]
        if since:
            min(since, key=lambda pair: pair[0])[1].drop()
