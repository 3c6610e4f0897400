"""An engine as the conductor sees it: a child process that takes orders, reports, and may die."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from typing import Final, Self, TextIO

import msgspec

from plimsoll.errors import RunFailed
from plimsoll.load.messages import Order, Report, line, report_of
from plimsoll.load.pipes import LONGEST

_LAST_LINES: Final = 20


class EngineProcess:
    """One engine.

    Args:
        number: Which of the engines, from 0 on.
        process: The child.
        said: Where what flows print goes to; None for nowhere.
    """

    def __init__(self, number: int, process: asyncio.subprocess.Process, said: TextIO | None) -> None:
        self.number = number
        self._process, self._said = process, said
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self._listening = asyncio.get_running_loop().create_task(self._listen())

    @classmethod
    async def start(cls, number: int, said: TextIO | None) -> Self:
        """Start one, in a session of its own: Ctrl-C is the conductor's to hear."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "plimsoll.load.engine"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LONGEST,
            start_new_session=True,
        )
        return cls(number, process, said)

    def order(self, order: Order) -> None:
        """Give an order."""
        if self._process.stdin is not None and self._process.returncode is None:
            self._process.stdin.write(line(order))

    async def report(self) -> Report:
        """Return the next report.

        Raises:
            RunFailed: It died; with what it said.
        """
        text = await self._process.stdout.readline() if self._process.stdout is not None else b""
        if text.endswith(b"\n"):
            try:
                return report_of(text)
            except msgspec.MsgspecError as error:
                raise RunFailed(f"engine {self.number + 1} said what cannot be understood: {error}") from error
        raise RunFailed(await self._died())

    async def end(self) -> None:
        """End it, at once."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # not `kill()`: that may reap it before asyncio does
                os.kill(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._listening

    async def _died(self) -> str:
        code = await self._process.wait()
        await self._listening
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        last = "\n".join(self._last)
        return f"engine {self.number + 1} {how}" + (f", and said last:\n{last}" if last else " and said nothing")

    async def _listen(self) -> None:
        while self._process.stderr is not None and (text := await self._process.stderr.readline()):
            said = text.decode("utf-8", "replace").rstrip("\n")
            self._last.append(said)
            if self._said is not None:
                self._said.write(said + "\n")
