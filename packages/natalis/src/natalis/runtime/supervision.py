"""Supervision: every service in its loop until a signal comes, then an orderly end - drain, fence, stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from natalis.ports.clock import Clock
from natalis.ports.service import Service
from natalis.runtime.bell import Bell
from natalis.runtime.ending import Ending
from natalis.runtime.loop import run
from natalis.runtime.progress import Progress

_log = logging.getLogger(__name__)
_LISTENERS = frozenset({"dispatcher"})
"""Whose work the others make. The planner's and the reaper's comes with time alone, the worker's from the queue: woken
by every round of the worker, they would write to the store a hundred times a second to find nothing."""


@dataclass(frozen=True, slots=True)
class Supervised:
    """A service with the record of its steps."""

    service: Service
    progress: Progress
    listens: bool = False


def supervised(services: Sequence[Service], clock: Clock) -> tuple[Supervised, ...]:
    """Put a record beside each service."""
    return tuple(Supervised(service, Progress(service.name, clock), service.name in _LISTENERS) for service in services)


async def supervise(staff: Sequence[Supervised], clock: Clock, bell: Bell, ending: Ending) -> None:
    """Run every service until the ending, then drain them in the order given (planner first, reaper last).

    A step that hangs, or a drain, is cut off when the ending's time is over.
    """
    async with asyncio.TaskGroup() as group:
        loops = [
            group.create_task(
                run(each.service, clock, bell, ending.stopping, each.progress, listens=each.listens),
                name=each.service.name,
            )
            for each in staff
        ]
        group.create_task(ending.cut_off(loops), name="ending")
    for each in staff:
        try:
            async with ending.working():
                await each.service.drain()
        except Exception:  # noqa: BLE001 - the others must still drain; leases cover what this one held
            _log.exception("%s could not drain; its leases will run out", each.service.name)


@contextlib.contextmanager
def stop_on_signals(stopping: asyncio.Event) -> Iterator[None]:
    """Set `stopping` at SIGTERM or SIGINT; a second signal ends the process at once."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)

    def first(number: signal.Signals) -> None:
        _log.info("%s: finishing what was begun (again to stop at once)", number.name)
        stopping.set()
        for each in signals:
            loop.remove_signal_handler(each)
            signal.signal(each, signal.SIG_DFL)

    for each in signals:
        loop.add_signal_handler(each, first, each)
    try:
        yield
    finally:
        for each in signals:
            loop.remove_signal_handler(each)
