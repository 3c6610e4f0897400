"""ramping-vus: a number of users that changes goes round and round."""

from __future__ import annotations

import asyncio
from time import perf_counter_ns

from plimsoll.load.crew import Crew, User
from plimsoll.load.executors.base import Executor
from plimsoll.load.scenarios import RampingVus
from plimsoll.load.shapes import steps_of


class _Seat:
    """A user that comes and goes.

    Args:
        user: Who.

    Attributes:
        wanted: Whether it shall go round.
        task: What it does; None before it first came.
        leaving: What will interrupt it, if it takes too long to go.
    """

    __slots__ = ("leaving", "task", "user", "wanted")

    def __init__(self, user: User) -> None:
        self.user = user
        self.wanted = False
        self.task: asyncio.Task[None] | None = None
        self.leaving: asyncio.TimerHandle | None = None


class Ramping(Executor):
    """Runs a number of users that changes; one who is not wanted any more may end the iteration."""

    def __init__(self, crew: Crew, scenario: RampingVus) -> None:
        super().__init__(crew, scenario)
        self._scenario = scenario
        self._seats: list[_Seat] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def _work(self, start: int, end: int) -> None:
        part = self.crew.part
        for step in steps_of(self._scenario.start_vus, self._scenario.stages):
            if await self._waited(start + step.at):
                break
            self._set(part.share(step.users), end)
        await self._waited(end)
        for seat in self._seats:
            seat.wanted = False
            if seat.leaving is not None:
                seat.leaving.cancel()
        await self._finish(self._tasks)

    def _set(self, users: int, end: int) -> None:
        part = self.crew.part
        while len(self._seats) < users:
            self._seats.append(_Seat(self.crew.user(part.number + len(self._seats) * part.of)))
        for number, seat in enumerate(self._seats):
            if number < users and not seat.wanted:
                self._come(seat, end)
            elif number >= users and seat.wanted:
                self._go(seat)

    def _come(self, seat: _Seat, end: int) -> None:
        seat.wanted = True
        if seat.leaving is not None:
            seat.leaving.cancel()
            seat.leaving = None
        if seat.task is None or seat.task.done():
            seat.task = asyncio.get_running_loop().create_task(self._round(seat, end))
            self._tasks.add(seat.task)
            seat.task.add_done_callback(self._tasks.discard)

    def _go(self, seat: _Seat) -> None:
        seat.wanted = False
        if seat.task is not None and not seat.task.done():
            grace = self._scenario.graceful_ramp_down.total_seconds()
            seat.leaving = asyncio.get_running_loop().call_later(grace, seat.task.cancel)

    async def _round(self, seat: _Seat, end: int) -> None:
        now = perf_counter_ns()
        while seat.wanted and now < end and not self.stopping:
            now = await seat.user.iterate(now)
