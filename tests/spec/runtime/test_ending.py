"""Rule: a process that is told to stop is gone when its time is over, whatever of it hangs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from natalis.clocks.system import SystemClock
from natalis.ports.service import Step
from natalis.runtime import ending as subject
from natalis.runtime.bell import Bell
from natalis.runtime.ending import Ending
from natalis.runtime.supervision import supervise, supervised

NO_TIME = timedelta(0)


async def _hang() -> None:
    await asyncio.Event().wait()


@dataclass
class _Service:
    """Takes part in the end, unless it hangs in one of its methods."""

    ending: Ending
    hangs_in: str = ""
    name: str = "worker"
    done: list[str] = field(default_factory=list)

    async def step(self) -> Step:
        self.ending.stopping.set()
        await self._do("step")
        return Step(worked=False)

    async def drain(self) -> None:
        await self._do("drain")

    async def _do(self, part: str) -> None:
        if part == self.hangs_in:
            await _hang()
        self.done.append(part)


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch) -> Ending:
    """One whose time is over at once."""
    monkeypatch.setattr(subject, "BEYOND_CALLS", NO_TIME)
    return Ending(NO_TIME)


@pytest.mark.parametrize("part", ["step", "drain"])
async def test_a_service_that_hangs_is_cut_off(part: str, ending: Ending) -> None:
    stuck = _Service(ending, hangs_in=part)

    async with asyncio.timeout(10):
        await supervise(supervised([stuck], SystemClock()), SystemClock(), Bell(), ending)

    assert part not in stuck.done


async def test_every_service_drains_while_there_is_time() -> None:
    ending = Ending(timedelta(seconds=25))
    well = [_Service(ending, name=name) for name in ("planner", "worker")]

    async with asyncio.timeout(10):
        await supervise(supervised(well, SystemClock()), SystemClock(), Bell(), ending)

    assert [each.done[-1] for each in well] == ["drain", "drain"]


async def test_what_hangs_while_it_closes_keeps_nothing_else_from_closing(
    ending: Ending, caplog: pytest.LogCaptureFixture
) -> None:
    closed: list[str] = []
    stuck, quick = _closing("queue", closed, hangs=True), _closing("store", closed, hangs=False)

    async with asyncio.timeout(10), ending.hurried(quick) as store, ending.hurried(stuck) as queue:
        ending.stopping.set()
        await ending.cut_off([asyncio.ensure_future(_hang())])

    assert (store, queue, closed) == ("store", "queue", ["store"])
    assert "before all was closed" in caplog.text


async def test_after_a_start_that_failed_everything_is_closed_in_its_own_time(ending: Ending) -> None:
    closed: list[str] = []

    with pytest.raises(TimeoutError, match="too late to begin"):
        async with ending.hurried(_closing("store", closed, hangs=False)):
            raise TimeoutError("too late to begin")

    assert closed == ["store"]


@contextlib.asynccontextmanager
async def _closing(name: str, closed: list[str], *, hangs: bool) -> AsyncIterator[str]:
    try:
        yield name
    finally:
        if hangs:
            await _hang()
        closed.append(name)
