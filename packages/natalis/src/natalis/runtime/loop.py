"""The only loop in Natalis: step a service, and wait when it has nothing to do."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable
from datetime import datetime, timedelta

from natalis.errors import NatalisError
from natalis.ports.clock import Clock
from natalis.ports.service import Service, Step
from natalis.runtime.bell import Bell
from natalis.runtime.progress import Progress

IDLE = timedelta(seconds=1)
"""The longest wait: other processes may have written to the store meanwhile."""
_FIRST_PAUSE = timedelta(milliseconds=100)
_LONGEST_PAUSE = timedelta(seconds=2)  # of an outage this is what comes on top: who waits longer is back later
_log = logging.getLogger(__name__)


async def run(
    service: Service, clock: Clock, bell: Bell, stopping: asyncio.Event, progress: Progress, *, listens: bool = True
) -> None:
    """Step `service` until `stopping` is set; an error of one step is logged, and the next one comes after a pause.

    A service that `listens` is stepped again when another one did something, too. What it did may be missed by a step
    that had begun before, so a ring during the step counts.
    """
    while not stopping.is_set():
        heard = bell.rings
        try:
            step = await service.step()
        except Exception as error:  # noqa: BLE001 - whatever one step raises, the service must go on
            progress.failed(error)
            is_news = progress.failures == 1 and not isinstance(error, NatalisError)  # what nobody foresaw is reported
            level = logging.ERROR if is_news else logging.WARNING
            told = service.name, progress.failures, progress.fault
            _log.log(level, "%s failed %d time(s) in a row: %s", *told, exc_info=is_news)
            await _first_of(stopping.wait(), clock.sleep(pause_after(progress.failures)))
            continue
        progress.succeeded()
        if step.worked:
            bell.ring()
            await asyncio.sleep(0)  # noqa: TID251 - yields to the other loops, waits for nothing
        else:
            waits = [stopping.wait(), clock.sleep(wait_after(step, clock.now()))]
            await _first_of(*waits, *([bell.wait(heard=heard)] if listens else []))


def wait_after(step: Step, now: datetime) -> timedelta:
    """Return how long to wait after a step that found nothing to do: exactly until it said, at most `IDLE`."""
    if step.wake_at is None:
        return IDLE
    return max(timedelta(0), min(IDLE, step.wake_at - now))


def pause_after(failures: int) -> timedelta:
    """Return how long to wait after this many failures in a row: twice as long each time, at most 2 s."""
    doublings = min(failures - 1, 10)
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 << doublings))


async def _first_of(*waits: Awaitable[object]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
