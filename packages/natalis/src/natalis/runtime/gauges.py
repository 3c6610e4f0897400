"""Gauges: counts that are asked for now and then, because nobody can add them up from events."""

from __future__ import annotations

import logging
from datetime import timedelta

from natalis.errors import TransportUnavailable
from natalis.ports.clock import Clock
from natalis.ports.service import Step
from natalis.ports.store import Store
from natalis.ports.transport import Transport
from natalis.telemetry.metrics import Metrics, Readings

EVERY = timedelta(seconds=15)
CENSUS_EVERY = timedelta(minutes=5)
"""Counting people costs about 50 ms for each million: less often, then, and not in every process."""
REST = 100
"""For this many times as long as counting took it rests, `CENSUS_EVERY` at most: a million live deliveries take more
than a second to count, and every process of a fleet does it."""
_log = logging.getLogger(__name__)


class Gauges:
    """Reads the store and the queue for the metrics, four times a minute or as often as that costs little.

    Args:
        store: Counts deliveries and people.
        transport: Counts what waits.
        clock: Tells when it is time.
        metrics: Takes the readings.
        counts_people: Whether this process is one of those that count people.
    """

    def __init__(
        self, store: Store, transport: Transport, clock: Clock, metrics: Metrics, *, counts_people: bool = True
    ) -> None:
        self._store = store
        self._transport = transport
        self._clock = clock
        self._metrics = metrics
        self._due = clock.now()
        self._census_due = self._due if counts_people else None

    @property
    def name(self) -> str:
        """What logs and health call it."""
        return "gauges"

    async def step(self) -> Step:
        """Read once, when it is time."""
        now = self._clock.now()
        if now >= self._due:
            depth, began = await self._depth(), self._clock.monotonic()
            try:
                await self._count(depth)
            finally:
                took = self._clock.monotonic() - began
                self._due = now + min(CENSUS_EVERY, max(EVERY, REST * took))
        return Step(worked=False, wake_at=self._due)

    async def drain(self) -> None:
        """Nothing is under way between steps."""

    async def _count(self, depth: int | None) -> None:
        deliveries = await self._store.ledger.tally()
        self._metrics.read(Readings(depth, deliveries, await self._living(), await self._rating()))

    async def _depth(self) -> int | None:
        try:
            return await self._transport.depth()
        except TransportUnavailable as error:  # an API goes on without a queue; those who need it say so themselves
            _log.debug("the queue's depth cannot be asked: %s", error)
            return None

    async def _rating(self) -> float | None:
        if self._census_due is None:
            return None
        mean, ratings = await self._store.feedback.mean()
        return mean if ratings else None

    async def _living(self) -> int | None:
        now = self._clock.now()
        if self._census_due is None or now < self._census_due:
            return None
        living = await self._store.census.living()
        self._census_due = now + CENSUS_EVERY
        return living
