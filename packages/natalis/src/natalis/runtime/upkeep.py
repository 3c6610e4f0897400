"""Upkeep: once a day the store makes ready what will be needed, and lets go of what is past its retention."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import timedelta

from natalis.ports.clock import Clock
from natalis.ports.service import Step
from natalis.ports.store import Connection

EVERY = timedelta(days=1)
_log = logging.getLogger(__name__)


class Upkeep:
    """Has the store look after itself at the start and then once a day; any number of processes may.

    It goes on beside the steps: to let go of a month can take as long as the longest transaction of others, and a step
    that long would look as if nothing moved any more.

    Args:
        connection: The store.
        clock: Tells when it is time, and which day it is.
        keep: How long deliveries are kept; None for ever.
    """

    def __init__(self, connection: Connection, clock: Clock, *, keep: timedelta | None) -> None:
        self._connection = connection
        self._clock = clock
        self._keep = keep
        self._due = clock.now()
        self._under_way: asyncio.Task[Sequence[str]] | None = None

    @property
    def name(self) -> str:
        """What logs and health call it."""
        return "upkeep"

    async def step(self) -> Step:
        """Begin when it is time, and log what was done once that has ended; raises what went wrong with it."""
        now = self._clock.now()
        if self._under_way is None and now >= self._due:
            self._under_way = asyncio.ensure_future(self._connection.maintain(today=now.date(), keep=self._keep))
        if self._under_way is None:
            return Step(worked=False, wake_at=self._due)
        if self._under_way.done():
            ended, self._under_way = self._under_way, None
            done = ended.result()
            self._due = now + EVERY
            if done:
                _log.info("upkeep of the store: %s", ", ".join(done))
        return Step(worked=False)

    async def drain(self) -> None:
        """Break off; what is left is done at the next start."""
        if self._under_way is not None:
            self._under_way.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(self._under_way, return_exceptions=True)
