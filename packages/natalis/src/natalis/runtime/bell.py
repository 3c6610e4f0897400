"""A bell between the loops of this process: whoever did something rings, so that who lives on it need not poll."""

from __future__ import annotations

import asyncio


class Bell:
    """Rings for everyone who waits; who was busy at that moment hears of it as soon as they wait.

    Attributes:
        rings: How often it rang.
    """

    def __init__(self) -> None:
        self.rings = 0
        self._waiters: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Wake everyone who waits."""
        self.rings += 1
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self, *, heard: int) -> None:
        """Return as soon as it has rung more often than `heard`."""
        if self.rings > heard:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)
