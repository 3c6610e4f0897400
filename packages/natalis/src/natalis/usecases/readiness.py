"""Readiness: whether every dependency answers, and how fast."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from natalis.errors import NatalisError
from natalis.ports.clock import Clock

Check: TypeAlias = Callable[[], Awaitable[object]]
"""Asks a dependency; what it returns is shown, and what it raises says what is wrong."""

PATIENCE = timedelta(seconds=2)


class State(enum.StrEnum):
    """How a dependency answered."""

    READY = "ready"
    FAILING = "failing"
    SILENT = "silent"  # no answer within the patience


@dataclass(frozen=True, slots=True)
class Dependency:
    """How one dependency answered.

    Attributes:
        name: Such as `store`, `queue`, `planner`.
        state: Whether it is ready.
        latency: Until its answer, or until patience ended.
        detail: Its answer or what is wrong, in a sentence; empty when there is nothing to say.
    """

    name: str
    state: State
    latency: timedelta
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether this process can serve: every dependency is ready."""

    dependencies: tuple[Dependency, ...]

    @property
    def ready(self) -> bool:
        """Whether every dependency is."""
        return all(dependency.state is State.READY for dependency in self.dependencies)


class CheckReadiness:
    """Asks every dependency at once.

    Args:
        checks: By name: `store` -> `connection.ping`, `queue` -> `transport.depth`, a service -> its progress.
        clock: Measures, and bounds the wait.
        patience: How long each may take.
    """

    def __init__(self, checks: Mapping[str, Check], clock: Clock, *, patience: timedelta = PATIENCE) -> None:
        self._checks = checks
        self._clock = clock
        self._patience = patience

    async def ready(self) -> Readiness:
        """Ask every dependency at once; takes no longer than the patience, and never raises."""
        asked = (self._ask(name, check) for name, check in self._checks.items())
        return Readiness(tuple(await asyncio.gather(*asked)))

    async def _ask(self, name: str, check: Check) -> Dependency:
        began = self._clock.monotonic()
        answer = asyncio.ensure_future(_called(check))
        patience = asyncio.ensure_future(self._clock.sleep(self._patience))
        try:
            await asyncio.wait({answer, patience}, return_when=asyncio.FIRST_COMPLETED)
            state, detail = _judge(answer, self._patience)
        finally:
            _let_go(answer, patience)
        return Dependency(name, state, self._clock.monotonic() - began, detail)


async def _called(check: Check) -> object:
    return await check()  # in a task of its own, so that a check that raises at once is caught as well


def _judge(answer: asyncio.Future[object], patience: timedelta) -> tuple[State, str]:
    if not answer.done():
        return State.SILENT, f"no answer within {patience.total_seconds():g} s"
    if answer.cancelled():
        return State.FAILING, "it gave up"
    error = answer.exception()
    if error is None:
        result = answer.result()
        return State.READY, "" if result is None else str(result)
    # what else went wrong is named, not quoted: its text may hold an address or a password
    return State.FAILING, str(error) if isinstance(error, NatalisError) else type(error).__name__


def _let_go(*futures: asyncio.Future[object] | asyncio.Future[None]) -> None:
    """Cancel what is left, without waiting: a check that ignores it must not hold up the answer."""
    for future in futures:
        future.cancel()
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
