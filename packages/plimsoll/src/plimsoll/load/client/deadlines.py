"""Time-outs of requests in flight: one timer for all, for a timer each would cost as much as the request."""

from __future__ import annotations

import asyncio
from time import perf_counter_ns
from typing import Final, Protocol

NEVER: Final = 1 << 63
_LEAST: Final = 10_000_000  # ns between two looks


class Expiring(Protocol):
    """What can take too long: has a deadline in ns of `perf_counter_ns`, `NEVER` while nothing is awaited."""

    deadline: int

    def expire(self) -> None:
        """Give up; may be called once the deadline has passed."""


class Deadlines:
    """Looks at all that is in flight when the first of it may be due, and not more often than each 10 ms.

    A deadline is a plain attribute, so that a request which ends in time costs nothing but setting it: the timer runs
    to the earliest deadline that was known at the last look, and most often finds that one long met.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watched: set[Expiring] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.next = NEVER
        """When the next look is; who sets an earlier deadline calls `hasten`."""

    def watch(self, it: Expiring) -> None:
        """Look at this one too."""
        self._watched.add(it)

    def forget(self, it: Expiring) -> None:
        """Look at it no more."""
        self._watched.discard(it)

    def hasten(self, deadline: int) -> None:
        """Look no later than at this instant."""
        if deadline < self.next:
            self._look_at(deadline)

    def close(self) -> None:
        """Look no more."""
        self._watched.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _look_at(self, instant: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        now = perf_counter_ns()
        self.next = max(instant, now + _LEAST)
        self._timer = self._loop.call_later((self.next - now) / 1e9, self._look)

    def _look(self) -> None:
        self._timer, self.next = None, NEVER
        now = perf_counter_ns()
        for it in [it for it in self._watched if it.deadline <= now]:
            it.expire()
        first = min((it.deadline for it in self._watched), default=NEVER)
        if first < NEVER:
            self._look_at(first)
