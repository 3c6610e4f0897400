"""The replica: takes reads that bear lag while it is well, and is left out while it is down or more than 1 s behind.

Authority: the primary's log. A probe notes where the primary's log stands, then asks the replica how far it has
replayed. A replica that has come up to a note which is at most a second old is well: that holds whether the primary is
busy or idle, whether replay is paused, delayed or cut off, and needs no clocks that agree. `replica.md` beside this
file tells the rest.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Generic, TypeVar

from natalis.errors import StoreUnavailable
from natalis.ports.clock import Clock
from natalis.ports.store import Pool
from natalis.stores.postgres.servers import Server
from natalis.stores.postgres.session import Row, Session

T = TypeVar("T")
MOST_LAG = timedelta(seconds=1)
"""A replica that is further behind is left out."""
_TRUSTED = timedelta(milliseconds=250)  # for this long a verdict is not asked for again
SEEN_AFTER = MOST_LAG + _TRUSTED
"""A read that begins this long after a write shows it, whichever server it goes to."""
_PATIENCE = timedelta(milliseconds=250)  # of a probe: slower than that is not well
_BREATH = timedelta(milliseconds=10)  # between two looks of one probe
_log = logging.getLogger(__name__)


class _Position(Row):
    position: int


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """What the replica answered; its value may be None."""

    value: T


class Replica:
    """Runs reads on the replica, or says that it does not.

    Args:
        server: The replica.
        primary: Whose log counts; connections of its own, so that a probe waits for no other call.
        clock: Tells how old a verdict is.
    """

    def __init__(self, server: Server, primary: Server, clock: Clock) -> None:
        self._server = server
        self._primary = primary
        self._clock = clock
        self._notes: deque[tuple[timedelta, int]] = deque()
        self._is_well = False
        self._in_step_at = clock.monotonic()
        self._judged_at: timedelta | None = None
        self._probe: asyncio.Task[None] | None = None

    @property
    def pool(self) -> Pool:
        """How many connections to it are in use, and how far it was behind at the last probe."""
        return replace(self._server.pool_as("replica"), behind=self._behind())

    async def attempt(self, work: Callable[[Session], Awaitable[T]]) -> Found[T] | None:
        """Run `work` on the replica; None when it is not well, or fails while it is at it."""
        if not await self._can_be_read():
            return None
        reading = asyncio.ensure_future(self._read(work))
        try:
            while not (await asyncio.wait({reading}, timeout=_TRUSTED.total_seconds()))[0]:
                if not await self._can_be_read():
                    return None  # it fell ill meanwhile, or was stopped: whoever asks need not wait for it
            return await reading
        except StoreUnavailable as error:
            self._judge(str(error))
            return None
        finally:
            reading.cancel()

    async def close(self) -> None:
        """End the probe under way, and close the connections."""
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.gather(self._probe, return_exceptions=True)
        await asyncio.gather(self._server.close(), self._primary.close())

    async def _read(self, work: Callable[[Session], Awaitable[T]]) -> Found[T]:
        async with self._server.transaction(reading=True) as session:
            return Found(await work(session))

    def _behind(self) -> timedelta:
        """Return how old the picture was that it showed at the last probe; what is out falls further behind.

        A probe knows no less than its notes: what is well is said to be behind by the age of the newest note it has
        come up to, so by a millisecond or two when it keeps up.
        """
        now = self._judged_at if self._is_well and self._judged_at is not None else self._clock.monotonic()
        return max(timedelta(0), now - self._in_step_at)

    async def _can_be_read(self) -> bool:
        """Return the verdict: one that is fresh enough, else a new one - which nobody waits for while it is out."""
        age = None if self._judged_at is None else self._clock.monotonic() - self._judged_at
        if age is None or age > _TRUSTED:
            if self._probe is None or self._probe.done():
                self._probe = asyncio.ensure_future(self._look())
            if self._is_well or age is None:
                await asyncio.shield(self._probe)
        return self._is_well

    async def _look(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE.total_seconds()):
                await self._come_close()
        except StoreUnavailable as error:
            self._judge(str(error))
        except TimeoutError:
            self._judge(f"it is more than {MOST_LAG.total_seconds():g} s behind, or does not answer")

    async def _come_close(self) -> None:
        """Note where the primary stands, and give the replica a moment to come up to a note of the last second."""
        noted_at = self._clock.monotonic()
        self._notes.append((noted_at, await _position(self._primary, "written_position")))
        while self._notes[0][0] < noted_at - MOST_LAG:
            self._notes.popleft()
        while (replayed := await _position(self._server, "replayed_position")) < self._notes[0][1]:
            await self._clock.sleep(_BREATH)
        self._in_step_at = max(at for at, position in self._notes if position <= replayed)
        self._judge("")

    def _judge(self, fault: str) -> None:
        """Note what is wrong, or nothing; a change is said once, for nothing else shows it: no read fails."""
        if fault and (self._is_well or self._judged_at is None):
            _log.warning("the replica %s is left out, the primary reads all: %s", self._server.address.shown, fault)
        elif not fault and not self._is_well:
            _log.info("the replica %s takes reads", self._server.address.shown)
        self._is_well = not fault
        self._judged_at = self._clock.monotonic()


async def _position(server: Server, query: str) -> int:
    async with server.single() as session:
        row = await session.row(query, _Position)
        return -1 if row is None else row.position
