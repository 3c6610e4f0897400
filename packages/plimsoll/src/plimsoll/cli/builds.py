"""Baseline and candidate as programs: started, waited for until they answer, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Final

from plimsoll.errors import InvalidInput, RunFailed
from plimsoll.load.client.agent import Agent
from plimsoll.load.client.client import Client
from plimsoll.load.client.options import ClientOptions
from plimsoll.load.client.request import Request

_BETWEEN: Final = 0.1  # seconds between two questions whether it is ready
_PATIENCE: Final = 30.0  # seconds from SIGTERM to SIGKILL
_BROKEN: Final = 500  # of a status: it answers, and is not ready


@dataclass(frozen=True, slots=True)
class Build:
    """One of the two builds.

    Attributes:
        url: Where it answers.
        command: How it is started; None for one that somebody else runs.
        ready: What answers with a status below 500 once it is ready.
        within: How long that may take.
    """

    url: str
    command: str | None
    ready: str
    within: timedelta

    def words(self) -> list[str]:
        """Return the command in words; no shell is asked.

        Raises:
            InvalidInput: It cannot be read.
        """
        try:
            return shlex.split(self.command or "")
        except ValueError as error:
            raise InvalidInput("--baseline-cmd, --candidate-cmd", f"{self.command!r}: {error}", "quote it") from error


@contextlib.asynccontextmanager
async def running(build: Build, environment: Mapping[str, str] | None = None) -> AsyncIterator[None]:
    """Run a build until the block ends; nothing is started where there is no command.

    Raises:
        InvalidInput: There is no such program.
        RunFailed: It ended, or did not get ready in time.
    """
    if build.command is None:
        await _ready(build, None)
        yield
        return
    try:
        process = await asyncio.create_subprocess_exec(
            *build.words(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    except OSError as error:
        remedy = "give a program and its arguments; no shell is asked"
        raise InvalidInput("--baseline-cmd, --candidate-cmd", f"{build.command!r}: {error.strerror}", remedy) from error
    try:
        await _ready(build, process)
        yield
    finally:
        await _stop(process)


async def _ready(build: Build, process: asyncio.subprocess.Process | None) -> None:
    """Wait until it answers."""
    until = monotonic() + build.within.total_seconds()
    with Client(ClientOptions(timeout=timedelta(seconds=5))) as client:
        while True:
            agent = Agent(client)
            exchange = await agent.fetch(Request("GET", build.ready))
            agent.close()
            if exchange.error is None and exchange.status < _BROKEN:
                return
            said = exchange.error or f"status {exchange.status}"
            if monotonic() > until:
                raise RunFailed(f"{build.ready} did not answer within {build.within.total_seconds():g} s: {said}")
            await _pause(build, process)


async def _pause(build: Build, process: asyncio.subprocess.Process | None) -> None:
    """Wait a moment, or for the end of the process."""
    ended = asyncio.ensure_future(process.wait() if process is not None else asyncio.Event().wait())
    done, _ = await asyncio.wait((ended,), timeout=_BETWEEN)
    ended.cancel()
    if done and process is not None:
        raise RunFailed(f"{build.command} ended with code {process.returncode} before {build.ready} answered")


async def _stop(process: asyncio.subprocess.Process) -> None:
    """End a process and those it started."""
    if process.returncode is not None:
        return
    _signal(process, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _PATIENCE)
    except TimeoutError:
        _signal(process, signal.SIGKILL)
        await process.wait()


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
