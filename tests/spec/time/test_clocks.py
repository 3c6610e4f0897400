"""Rule: a virtual clock moves only when it is told to, and wakes sleepers in the order of their times."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from natalis.clocks.system import SystemClock
from natalis.clocks.virtual import VirtualClock

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(5):
        await asyncio.sleep(0)  # noqa: TID251 - gives way, waits for nothing


async def test_it_stands_still_until_it_is_moved() -> None:
    clock = VirtualClock(START)
    await settle()

    assert (clock.now(), clock.monotonic()) == (START, timedelta(0))
    clock.advance(MINUTE)
    assert (clock.now(), clock.monotonic()) == (START + MINUTE, MINUTE)


async def test_sleepers_wake_in_the_order_of_their_times_and_not_before() -> None:
    clock, woken = VirtualClock(START), list[int]()

    async def sleeper(minutes: int) -> None:
        await clock.sleep(minutes * MINUTE)
        woken.append(minutes)

    async with asyncio.TaskGroup() as tasks:
        for minutes in (3, 1, 2, 10):
            tasks.create_task(sleeper(minutes))
        await settle()
        clock.advance(2 * MINUTE - timedelta(microseconds=1))
        await settle()
        assert woken == [1]
        clock.advance(MINUTE)
        await settle()
        assert woken == [1, 2]
        clock.advance_to(START + timedelta(hours=1))
    assert woken == [1, 2, 3, 10]


async def test_it_never_moves_back() -> None:
    clock = VirtualClock(START)

    clock.advance_to(START - MINUTE)

    assert clock.now() == START


@pytest.mark.parametrize("duration", [timedelta(0), -MINUTE])
async def test_a_sleep_of_nothing_lets_the_others_run(duration: timedelta) -> None:
    clock, others = VirtualClock(START), list[str]()

    async def other() -> None:
        others.append("ran")

    task = asyncio.create_task(other())
    await clock.sleep(duration)

    assert others == ["ran"]
    await task


async def test_one_who_stops_sleeping_does_not_hold_up_the_rest() -> None:
    clock = VirtualClock(START)
    given_up, patient = (asyncio.create_task(clock.sleep(MINUTE)) for _ in range(2))
    await settle()

    given_up.cancel()
    await settle()
    clock.advance(MINUTE)

    await patient
    assert given_up.cancelled()


async def test_the_machines_clock_tells_aware_utc_and_never_steps_back() -> None:
    clock = SystemClock()

    earlier = clock.monotonic()
    await clock.sleep(-MINUTE)

    assert clock.now().tzinfo is UTC
    assert clock.monotonic() >= earlier
