"""constant-arrival-rate and ramping-arrival-rate: iterations start when they are due, whatever the service does.

A timer rings at the instant of the next arrival; each one that is due by then takes a free user. Instants are counted
from the scenario's start, so a late ring makes some arrivals late and moves none. An arrival that finds no user free,
and none that may still be made, is dropped and counted.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import timedelta
from time import perf_counter_ns
from typing import Final

from plimsoll.load.arrivals import Arrivals
from plimsoll.load.crew import Crew, User
from plimsoll.load.executors.base import Executor
from plimsoll.load.scenarios import ConstantArrivalRate, Open, Stage
from plimsoll.load.timer import Timer, timer

_AT_ONCE: Final = 16
_LAST_CHANCE: Final = (1.0, 5.0)
"""Seconds to begin what is overdue at the end, at least and at most: more is a rate that cannot be held."""

Due = tuple[int, int, int]
"""Number of the arrival, when it was due, when a user was taken for it."""


def arrivals_of(scenario: Open) -> Arrivals:
    """Return when the iterations of an open scenario are due."""
    if isinstance(scenario, ConstantArrivalRate):
        return Arrivals(scenario.rate, (Stage(scenario.lasts, scenario.rate),))
    return Arrivals(scenario.start_rate, scenario.stages)


class _Seat:
    """A user, and what wakes it.

    Args:
        user: Who.
    """

    __slots__ = ("next", "user", "waker")

    def __init__(self, user: User) -> None:
        self.user = user
        self.next: Due = (0, 0, 0)
        self.waker: asyncio.Future[None] | None = None


class Arriving(Executor):
    """Starts iterations at the instants of a schedule."""

    def __init__(self, crew: Crew, scenario: Open) -> None:
        super().__init__(crew, scenario)
        part = crew.part
        self._most = part.share(scenario.max_vus)
        self._loop = asyncio.get_running_loop()
        self._instants: Iterator[tuple[int, int]] = iter(())
        self._schedule = arrivals_of(scenario)
        self._idle = [self._seat() for _ in range(part.share(scenario.pre_allocated_vus))]
        self._tasks: set[asyncio.Task[None]] = set()
        self._due = (0, 0)
        self._over = False
        self._all_begun = asyncio.Event()
        self._timer: Timer | None = None

    def stop(self, grace: timedelta) -> None:
        """Start nothing more, and give what is under way so long."""
        super().stop(grace)
        self._silence()

    async def _work(self, start: int, end: int) -> None:
        self._instants = ((number, start + instant) for number, instant in self._schedule.of(self.crew.part))
        self._timer = timer(self._loop, self._ring)
        self._go_on()
        if not await self._waited(end):
            await self._catch_up()
        self._silence()
        await self._finish([task for task in self._tasks if not task.done()])

    async def _catch_up(self) -> None:
        """Begin what was due before the end and is not begun, within grace but not for long; the rest is dropped."""
        least, most = _LAST_CHANCE
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all_begun.wait(), min(max(self._grace, least), most))
        if self._timer is not None and not self.stopping:
            self.crew.channel.dropped += 1 + sum(1 for _ in self._instants)

    def _ring(self) -> None:
        """Begin what is due. After a stall of our own that is much: a few at a time, so that those can end in between.

        All at once, each would need a user and a connection of its own, which keeps the loop busy for so long that even
        more is due the next time.
        """
        now = perf_counter_ns()
        for _ in range(_AT_ONCE):
            if self._timer is None or self._due[1] > now:
                break
            self._start(*self._due, now)
            if not self._next():
                return
        self._set()

    def _go_on(self) -> None:
        if self._next():
            self._set()

    def _set(self) -> None:
        if self._timer is not None:
            self._timer.set(self._due[1])

    def _next(self) -> bool:
        following = next(self._instants, None)
        if following is None:
            self._all_begun.set()
            self._silence()
            return False
        self._due = following
        return True

    def _start(self, number: int, due: int, now: int) -> None:
        if self._idle:
            seat = self._idle.pop()  # who came back last: their connection is warm, and few are opened
        elif self.crew.made < self._most:
            seat = self._seat()
        else:
            self.crew.channel.dropped += 1
            return
        seat.next = (number, due, now)
        if seat.waker is None:
            task = self._loop.create_task(self._serve(seat))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            seat.waker.set_result(None)

    def _seat(self) -> _Seat:
        part = self.crew.part
        return _Seat(self.crew.user(part.number + self.crew.made * part.of))

    def _silence(self) -> None:
        """Start nothing more, and let those go who wait to be woken."""
        if self._timer is not None:
            self._timer.close()
            self._timer = None
        self._over = True
        for seat in self._idle:
            if seat.waker is not None:
                seat.waker.cancel()
        self._idle.clear()

    async def _serve(self, seat: _Seat) -> None:
        """Do one iteration each time that this user is woken."""
        while True:
            number, due, taken = seat.next
            await seat.user.iterate(taken, due, number)
            if self.stopping or self._over:
                return
            seat.waker = self._loop.create_future()
            self._idle.append(seat)
            await seat.waker
