"""The reaper: gives back what was begun and never ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from natalis.domain.events import Returned
from natalis.errors import TransportUnavailable
from natalis.ports.clock import Clock
from natalis.ports.recovery import Recovery
from natalis.ports.service import Step
from natalis.ports.telemetry import Telemetry
from natalis.ports.transport import Transport


@dataclass(frozen=True, slots=True)
class ReaperOptions:
    """What counts as lost.

    A deep queue is not a lost one. So a delivery that has been `queued` for `lost_after` is given back only while the
    queue is empty - it should be there and is not - and otherwise only after `lost_at_last`.

    Attributes:
        lost_after: For this long `queued` while nothing waits in the queue; longer than a worker takes from receiving
            a key to claiming it.
        lost_at_last: For this long `queued`, whatever waits in the queue.
        hold: An attempt whose lease ran out leaves its delivery `failed`, for a person to look at, because the
            provider does not recognise a repeated key and the operator prefers none to two.
        batch: How many are given back in one transaction.
        every: How long to rest when there was nothing to give back.
    """

    lost_after: timedelta = timedelta(minutes=1)
    lost_at_last: timedelta = timedelta(hours=1)
    hold: bool = False
    batch: int = 1000
    every: timedelta = timedelta(seconds=5)


class Reaper:
    """Gives back a batch at each step; any number may run.

    Args:
        recovery: The store's view of what was begun.
        transport: Asked only how many keys wait.
        clock: Tells the present.
        telemetry: Hears of `Returned`.
        options: What counts as lost.
    """

    def __init__(
        self,
        recovery: Recovery,
        transport: Transport,
        clock: Clock,
        telemetry: Telemetry,
        options: ReaperOptions | None = None,
    ) -> None:
        self._recovery = recovery
        self._transport = transport
        self._clock = clock
        self._telemetry = telemetry
        self._options = options or ReaperOptions()
        self._look_at = clock.now()

    @property
    def name(self) -> str:
        """`reaper`."""
        return "reaper"

    async def step(self) -> Step:
        """Give back a batch; look again only after a rest when there was nothing, whoever rings the bell meanwhile."""
        options, now = self._options, self._clock.now()
        if now < self._look_at <= now + options.every:  # further off: the clock was set back
            return Step(worked=False, wake_at=self._look_at)
        queued_before = await self._queued_before(now)
        reaped = await self._recovery.reap(now=now, queued_before=queued_before, hold=options.hold, limit=options.batch)
        if reaped.leases or reaped.lost:
            self._telemetry.record(Returned(len(reaped.leases), len(reaped.lost)))
            return Step(worked=True)
        self._look_at = now + options.every
        return Step(worked=False, wake_at=self._look_at)

    async def drain(self) -> None:
        """Nothing is ever under way between two steps."""

    async def _queued_before(self, now: datetime) -> datetime:
        try:
            is_empty = await self._transport.depth() == 0
        except TransportUnavailable:
            is_empty = False  # what cannot be seen is not known to be lost; run-out leases are given back all the same
        return now - (self._options.lost_after if is_empty else self._options.lost_at_last)
