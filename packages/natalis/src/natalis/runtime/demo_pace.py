"""How fast the demo's year goes by for those who watch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeAlias

from natalis.ports.clock import Clock

Pace: TypeAlias = Callable[[timedelta], Awaitable[None]]
"""Waited for after every move of the virtual clock, with the virtual time gone by since the start."""
FRAME = timedelta(milliseconds=50)
"""Between two pictures: more often than that nobody sees."""


async def at_once(gone_by: timedelta) -> None:
    """Wait for nothing."""
    del gone_by


def steady(days_per_second: float, clock: Clock) -> Pace:
    """Return a pace of so many virtual days in every second of `clock`; time lost by working is made up for."""
    began = clock.monotonic()

    async def wait(gone_by: timedelta) -> None:
        due = timedelta(seconds=gone_by / timedelta(days=days_per_second))
        await clock.sleep(began + due - clock.monotonic())

    return wait


def drawn(draw: Callable[[], None], pace: Pace, clock: Clock) -> Pace:
    """Return `pace` with a picture drawn before each wait, where the last one is a frame old."""
    last = clock.monotonic() - FRAME

    async def draw_and_wait(gone_by: timedelta) -> None:
        nonlocal last
        if clock.monotonic() - last >= FRAME:
            draw()
            last = clock.monotonic()
        await pace(gone_by)

    return draw_and_wait
