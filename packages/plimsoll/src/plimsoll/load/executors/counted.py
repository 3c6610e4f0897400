"""per-vu-iterations and shared-iterations: a number of iterations, done as fast as they go."""

from __future__ import annotations

import asyncio
from time import perf_counter_ns

from plimsoll.load.crew import Crew, User
from plimsoll.load.executors.base import Executor
from plimsoll.load.scenarios import PerVuIterations, SharedIterations


class _Counted(Executor):
    """Runs users until nothing is left to do; what time runs out for is dropped, and counted."""

    def __init__(self, crew: Crew, scenario: PerVuIterations | SharedIterations) -> None:
        super().__init__(crew, scenario)
        self._users = [crew.user(index) for index in crew.part.indices(scenario.vus)]

    async def _work(self, start: int, end: int) -> None:  # noqa: ARG002 - users begin at once
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(self._round(user, end)) for user in self._users]
        await self._all_or_end(tasks, end)
        self.crew.channel.dropped += self._left()

    async def _round(self, user: User, end: int) -> None:
        now = perf_counter_ns()
        while now < end and not self.stopping and self._take(user):
            now = await user.iterate(now)

    def _take(self, user: User) -> bool:
        """Take one of what is to be done; return whether there was any."""
        raise NotImplementedError

    def _left(self) -> int:
        """Return how many were not begun."""
        raise NotImplementedError


class PerUser(_Counted):
    """Each user does so many iterations."""

    def __init__(self, crew: Crew, scenario: PerVuIterations) -> None:
        super().__init__(crew, scenario)
        self._todo = {user.index: scenario.iterations for user in self._users}

    def _take(self, user: User) -> bool:
        self._todo[user.index] -= 1
        return self._todo[user.index] >= 0

    def _left(self) -> int:
        return sum(max(0, each) for each in self._todo.values())


class Shared(_Counted):
    """All users together do so many iterations."""

    def __init__(self, crew: Crew, scenario: SharedIterations) -> None:
        super().__init__(crew, scenario)
        self._todo = crew.part.share(scenario.iterations)

    def _take(self, user: User) -> bool:  # noqa: ARG002 - whoever comes first
        self._todo -= 1
        return self._todo >= 0

    def _left(self) -> int:
        return max(0, self._todo)
