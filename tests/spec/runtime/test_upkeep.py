"""Rules of the upkeep: at the start and once a day, beside the steps, tried again when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from natalis.clocks.virtual import VirtualClock
from natalis.errors import StoreUnavailable
from natalis.ports.store import Pool
from natalis.runtime.upkeep import EVERY, Upkeep
from natalis.testing.builders import NOON

TWO_YEARS = timedelta(days=731)


@dataclass
class _Connection:
    """A store that remembers what it was asked, and takes as long as a test likes."""

    asked: list[tuple[date, timedelta | None]] = field(default_factory=list)
    fails: bool = False
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_end.set()

    async def maintain(self, *, today: date, keep: timedelta | None) -> Sequence[str]:
        self.asked.append((today, keep))
        await self.may_end.wait()
        if self.fails:
            raise StoreUnavailable("the database is away: wait")
        return ["made 2027-01"]

    async def ping(self) -> None: ...

    def pools(self) -> Sequence[Pool]:
        return ()

    async def close(self) -> None: ...


async def _steps(upkeep: Upkeep, count: int = 4) -> None:
    for _ in range(count):
        await upkeep.step()
        for _ in range(3):
            await asyncio.sleep(0)  # noqa: TID251 - lets what was begun go on, waits for nothing


async def test_it_is_done_at_the_start_and_again_a_day_later(caplog: pytest.LogCaptureFixture) -> None:
    connection, clock = _Connection(), VirtualClock(NOON)
    upkeep = Upkeep(connection, clock, keep=TWO_YEARS)

    with caplog.at_level("INFO"):
        await _steps(upkeep)
        clock.advance(EVERY - timedelta(seconds=1))
        await _steps(upkeep)
        before = len(connection.asked)
        clock.advance(timedelta(seconds=1))
        await _steps(upkeep)

    assert before == 1
    assert connection.asked == [(NOON.date(), TWO_YEARS), (NOON.date() + timedelta(days=1), TWO_YEARS)]
    assert "made 2027-01" in caplog.text


async def test_however_long_it_takes_no_step_waits_for_it() -> None:
    connection = _Connection()
    connection.may_end.clear()
    upkeep = Upkeep(connection, VirtualClock(NOON), keep=None)

    async with asyncio.timeout(5):
        await _steps(upkeep)

    assert len(connection.asked) == 1
    await upkeep.drain()


async def test_what_fails_is_an_error_of_a_step_and_is_tried_again() -> None:
    connection = _Connection(fails=True)
    upkeep = Upkeep(connection, VirtualClock(NOON), keep=None)

    with pytest.raises(StoreUnavailable):
        await _steps(upkeep)
    connection.fails = False
    await _steps(upkeep)

    assert len(connection.asked) == 2


async def test_what_is_under_way_at_the_end_is_broken_off() -> None:
    connection = _Connection()
    connection.may_end.clear()
    upkeep = Upkeep(connection, VirtualClock(NOON), keep=None)
    await _steps(upkeep)

    async with asyncio.timeout(5):
        await upkeep.drain()

    assert len(connection.asked) == 1
