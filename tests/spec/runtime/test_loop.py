"""Rules of the only loop: it waits exactly as long as it was told, and survives what a step raises."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from natalis.clocks.virtual import VirtualClock
from natalis.ports.service import Step
from natalis.runtime.bell import Bell
from natalis.runtime.loop import IDLE, pause_after, run, wait_after
from natalis.runtime.progress import STALE_AFTER, Progress
from natalis.testing.builders import NOON


class Scripted:
    """A service that follows a script of steps and stops its loop at the end of it."""

    name = "scripted"

    def __init__(self, *script: Callable[[], Step]) -> None:
        self.script = list(script)
        self.stopping = asyncio.Event()
        self.taken = 0

    async def step(self) -> Step:
        self.taken += 1
        turn = self.script.pop(0)
        if not self.script:
            self.stopping.set()
        return turn()

    async def drain(self) -> None:
        pass


def idle() -> Step:
    return Step(worked=False)


def busy() -> Step:
    return Step(worked=True)


def broken() -> Step:
    raise RuntimeError("the disk is full")


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)  # noqa: TID251 - lets the loop under test come to rest


async def test_a_step_that_worked_is_followed_at_once() -> None:
    clock = VirtualClock(NOON)
    service = Scripted(busy, busy, busy)
    await run(service, clock, Bell(), service.stopping, Progress("scripted", clock))
    assert service.taken == 3
    assert clock.now() == NOON


async def test_an_idle_service_is_stepped_again_when_the_bell_rings() -> None:
    clock, bell = VirtualClock(NOON), Bell()
    service = Scripted(idle, busy)
    loop = asyncio.create_task(run(service, clock, bell, service.stopping, Progress("scripted", clock)))
    await settle()
    assert service.taken == 1
    bell.ring()
    await loop
    assert service.taken == 2


async def test_a_ring_during_the_step_is_not_lost() -> None:
    clock, bell = VirtualClock(NOON), Bell()

    def idle_while_it_rings() -> Step:
        bell.ring()
        return idle()

    service = Scripted(idle_while_it_rings, busy)
    await run(service, clock, bell, service.stopping, Progress("scripted", clock))
    assert (service.taken, clock.now()) == (2, NOON)


async def test_a_service_that_does_not_listen_waits_for_its_time() -> None:
    clock, bell = VirtualClock(NOON), Bell()
    service = Scripted(idle, busy)
    progress = Progress("scripted", clock)
    loop = asyncio.create_task(run(service, clock, bell, service.stopping, progress, listens=False))
    await settle()
    bell.ring()
    await settle()
    assert service.taken == 1
    clock.advance(IDLE)
    await loop
    assert service.taken == 2


async def test_a_step_that_raises_is_counted_and_the_next_one_comes() -> None:
    clock = VirtualClock(NOON)
    service, progress = Scripted(broken, busy), Progress("scripted", clock)
    loop = asyncio.create_task(run(service, clock, Bell(), service.stopping, progress))
    await settle()
    assert (progress.failures, progress.fault) == (1, "RuntimeError: the disk is full")
    clock.advance(pause_after(1))
    await loop
    assert (progress.failures, progress.steps) == (0, 1)


@pytest.mark.parametrize(
    ("until", "wait"),
    [(None, IDLE), (timedelta(milliseconds=30), timedelta(milliseconds=30)), (timedelta(hours=1), IDLE)],
)
def test_the_wait_ends_when_something_falls_due(until: timedelta | None, wait: timedelta) -> None:
    step = Step(worked=False, wake_at=None if until is None else NOON + until)
    assert wait_after(step, NOON) == wait


def test_what_is_overdue_is_not_waited_for() -> None:
    assert wait_after(Step(worked=False, wake_at=NOON - timedelta(hours=1)), NOON) == timedelta(0)


def test_pauses_grow_and_are_bounded() -> None:
    pauses = [pause_after(failures) for failures in range(1, 40)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(seconds=2)


def trouble_after(quiet: timedelta) -> str:
    clock = VirtualClock(NOON)
    progress = Progress("worker", clock)
    clock.advance(quiet)
    return progress.trouble or "none"


def test_a_service_that_makes_no_progress_is_in_trouble() -> None:
    assert trouble_after(STALE_AFTER) == "none"
    assert "worker has made no progress" in trouble_after(STALE_AFTER + timedelta(seconds=1))
