"""What all executors share: a start, an end, and grace for iterations that are under way at the end."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Collection
from datetime import timedelta

from plimsoll.load.crew import Crew
from plimsoll.load.scenarios import Scenario, lasts
from plimsoll.load.timer import until

NANOSECONDS = 1_000_000_000


class Executor(ABC):
    """Runs one scenario in one engine.

    Args:
        crew: Its users.
        scenario: What to do.
    """

    def __init__(self, crew: Crew, scenario: Scenario) -> None:
        self.crew = crew
        self._lasts = round(lasts(scenario).total_seconds() * NANOSECONDS)
        self._after = round(scenario.starts_after.total_seconds() * NANOSECONDS)
        self._grace: float = scenario.graceful_stop.total_seconds()
        self._ended = asyncio.Event()
        self.stopping = False

    async def run(self, start: int) -> None:
        """Run to the end.

        Args:
            start: Of the whole run, an instant of `time.perf_counter_ns`.
        """
        self.crew.began = start + self._after
        if not await self._waited(self.crew.began):
            await self._work(self.crew.began, self.crew.began + self._lasts)

    def stop(self, grace: timedelta) -> None:
        """Start nothing more, and give what is under way so long."""
        self._grace = min(self._grace, grace.total_seconds())
        self.stopping = True
        self._ended.set()

    @abstractmethod
    async def _work(self, start: int, end: int) -> None:
        """Do the scenario between two instants, and what may still end after."""

    async def _waited(self, instant: int) -> bool:
        """Wait for an instant, or for being stopped; return whether it was the latter."""
        waiting = asyncio.ensure_future(until(instant))
        stopped = asyncio.ensure_future(self._ended.wait())
        await asyncio.wait((waiting, stopped), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        stopped.cancel()
        return self.stopping

    async def _finish(self, tasks: Collection[asyncio.Task[None]]) -> None:
        """Let iterations end for as long as they may, then interrupt them."""
        running = {task for task in tasks if not task.done()}
        if running and self._grace > 0:
            _, running = await asyncio.wait(running, timeout=self._grace)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=1)  # a flow that swallows this is left to the end of the process
        for task in tasks:
            if task.done() and not task.cancelled() and (error := task.exception()):
                raise error

    async def _all_or_end(self, tasks: Collection[asyncio.Task[None]], end: int) -> None:
        """Wait until all users are done, or the end, or being stopped; then finish."""
        done = asyncio.ensure_future(asyncio.wait(tasks)) if tasks else None
        ended = asyncio.ensure_future(self._waited(end))
        if done is not None:
            await asyncio.wait((done, ended), return_when=asyncio.FIRST_COMPLETED)
            done.cancel()
        ended.cancel()
        await self._finish(tasks)
