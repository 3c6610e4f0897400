"""The fleet: its processes, and the supervisor that starts again what ends."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from natalis.clocks.system import SystemClock
from natalis.ports.clock import Clock
from natalis.testing.chaos.clock import Hand
from natalis.testing.machine import NATALIS
from natalis.testing.servers import ports
from natalis.testing.servers.server import Server, ServerFailed

_LOOK = timedelta(milliseconds=100)
_AGAIN = timedelta(milliseconds=300)
_GIVE_UP = timedelta(seconds=90)


class Process(Server):
    """One process of the fleet. Its port is that of its metrics, which it opens when it is ready.

    Args:
        role: `planner`, `dispatcher`, `worker` or `api`.
        settings: Its environment, but for its ports.
        skewable: Whether its clock can be set off; if not it is the command that everybody runs.
    """

    name: ClassVar[str] = "natalis"

    def __init__(self, role: str, settings: Mapping[str, str], *, skewable: bool) -> None:
        super().__init__()
        self.role: str = role
        self.hand: Hand | None = Hand(self.folder / "clock") if skewable else None
        self.is_held: bool = False
        """Whether a fault has it: the supervisor leaves it alone."""
        self._settings = settings
        self._api = ports.reserve()

    @property
    def url(self) -> str:
        """Where its API is, if it has one."""
        return f"http://{ports.LOOPBACK}:{self._api.number}"

    def close(self) -> None:
        """Kill it, remove its folder and let its ports go."""
        super().close()
        self._api.release()

    def _command(self) -> Sequence[str]:
        if self.hand is None:
            return [str(NATALIS), self.role, "--json"]
        return [sys.executable, "-m", "natalis.testing.chaos.member", self.role, str(self.hand.path)]

    def _environment(self) -> Mapping[str, str]:
        return {**self._settings, "METRICS_PORT": str(self.port), "NATALIS_PORT": str(self._api.number)}

    def _is_ready(self) -> bool:
        return ports.answers(self.port)


class Fleet:
    """Processes under a supervisor that starts again whatever ends by itself.

    Args:
        processes: All of them.
        logs: Folder to keep their logs in, once it closes.
    """

    def __init__(self, processes: Sequence[Process], logs: Path) -> None:
        self.processes: Sequence[Process] = processes
        self.ended: int = 0
        """How often one ended by itself."""
        self._logs = logs
        self._clock: Clock = SystemClock()
        self._supervising: asyncio.Task[None] | None = None

    def of(self, role: str) -> Sequence[Process]:
        """Return those of a role."""
        return [process for process in self.processes if process.role == role]

    async def bring_back(self, process: Process) -> None:
        """Start a process, again if it ends, until it is ready: what a supervisor does.

        Raises:
            ServerFailed: It could not be started for a minute and a half.
        """
        give_up_at = self._clock.monotonic() + _GIVE_UP
        while True:
            try:
                await asyncio.to_thread(process.revive)
            except ServerFailed:
                if self._clock.monotonic() > give_up_at:
                    raise
                self.ended += 1
                await self._clock.sleep(_AGAIN)
            else:
                process.is_held = False
                return

    async def __aenter__(self) -> Self:
        try:
            await asyncio.gather(*(self.bring_back(process) for process in self.processes))
        except BaseException:
            await self._close()
            raise
        self._supervising = asyncio.create_task(self._supervise())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def _supervise(self) -> None:
        while True:
            for process in self.processes:
                if not process.is_held and not process.is_running:
                    self.ended += 1
                    await self._clock.sleep(_AGAIN)
                    await asyncio.to_thread(process.launch)
            await self._clock.sleep(_LOOK)

    async def _close(self) -> None:
        if self._supervising is not None:
            self._supervising.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._supervising
        for number, process in enumerate(self.processes):
            if process.log.exists():
                (self._logs / f"{process.role}-{number}.log").write_bytes(process.log.read_bytes())
            await asyncio.to_thread(process.close)
