"""Gauges: counts that are asked for now and then, because nobody can add them up from events."""

from __future__ import annotations

from datetime import timedelta

from natalis.ports.clock import Clock
from natalis.ports.service import Step
from natalis.ports.store import Store
from natalis.ports.transport import Transport
from natalis.telemetry.metrics import Metrics, Readings

EVERY = timedelta(seconds=15)


class Gauges:
    """Reads the store and the queue for the metrics, four times a minute."""

    def __init__(self, store: Store, transport: Transport, clock: Clock, metrics: Metrics) -> None:
        self._store = store
        self._transport = transport
        self._clock = clock
        self._metrics = metrics
        self._due = clock.now()

    @property
    def name(self) -> str:
        """What logs and health call it."""
        return "gauges"

    async def step(self) -> Step:
        """Read once, when it is time."""
        now = self._clock.now()
        if not now < self._due <= now + EVERY:  # further off: the clock was set back
            self._due = now + EVERY
            mean, ratings = await self._store.feedback.mean()
            self._metrics.read(
                Readings(
                    depth=await self._transport.depth(),
                    deliveries=await self._store.ledger.tally(),
                    rating=mean if ratings else None,
                )
            )
        return Step(worked=False, wake_at=self._due)

    async def drain(self) -> None:
        """Nothing is under way between steps."""
