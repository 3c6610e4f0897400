"""constant-vus: so many users go round and round for so long."""

from __future__ import annotations

import asyncio
from time import perf_counter_ns

from plimsoll.load.crew import Crew, User
from plimsoll.load.executors.base import Executor
from plimsoll.load.scenarios import ConstantVus


class Steady(Executor):
    """Runs a number of users for a time."""

    def __init__(self, crew: Crew, scenario: ConstantVus) -> None:
        super().__init__(crew, scenario)
        self._users = [crew.user(index) for index in crew.part.indices(scenario.vus)]

    async def _work(self, start: int, end: int) -> None:  # noqa: ARG002 - users begin at once
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(self._round(user, end)) for user in self._users]
        await self._all_or_end(tasks, end)

    async def _round(self, user: User, end: int) -> None:
        now = perf_counter_ns()
        while now < end and not self.stopping:
            now = await user.iterate(now)
