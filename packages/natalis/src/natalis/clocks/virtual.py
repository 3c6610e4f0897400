"""A clock that moves only when it is told to: for the demo and for tests."""

from __future__ import annotations

import asyncio
import heapq
from datetime import datetime, timedelta
from itertools import count


class VirtualClock:
    """Starts at `start` (UTC) and moves by `advance` and `advance_to`.

    A sleeper wakes when the clock has been moved past its time; sleepers wake in order.
    """

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._now = start
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> datetime:
        """Return the present instant (UTC)."""
        return self._now

    def monotonic(self) -> timedelta:
        """Return the virtual time since the start."""
        return self._now - self._start

    async def sleep(self, duration: timedelta) -> None:
        """Wait until the clock has been moved this far; zero or less lets the others run and comes back."""
        if duration <= timedelta(0):
            await asyncio.sleep(0)  # noqa: TID251 - waiting for a future that is done already would yield to nobody
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + duration, next(self._order), future))
        await future

    def advance(self, duration: timedelta) -> None:
        """Move on by this much."""
        self.advance_to(self._now + duration)

    def advance_to(self, instant: datetime) -> None:
        """Move on to `instant` and wake whoever waits for a time up to it; never moves back."""
        self._now = max(self._now, instant)
        while self._sleepers and self._sleepers[0][0] <= self._now:
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)
