"""The worker's end of the queue: parcels asked for, received and not yet claimed, claimed and not yet acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from natalis.errors import TransportUnavailable
from natalis.ports.clock import Clock
from natalis.ports.transport import Parcel, Transport

_OVERDUE = timedelta(seconds=30)  # beyond its patience


class Mailbag:
    """Keeps parcels over steps, so that an error in one of them loses none.

    Args:
        transport: The queue.
        patience: How long to wait for a first parcel; zero never waits.
        clock: Measures how long the queue takes to answer.
    """

    def __init__(self, transport: Transport, patience: timedelta, clock: Clock) -> None:
        self._transport = transport
        self._patience = patience
        self._clock = clock
        self._asked_at = clock.monotonic()
        self._unclaimed: list[Parcel] = []
        self._unacknowledged: list[Parcel] = []
        self.receiving: asyncio.Task[Sequence[Parcel]] | None = None

    def ask(self, wanted: int) -> None:
        """Ask for up to `wanted` parcels, unless some are asked for or there already."""
        if self.receiving is None and wanted > 0 and not self._unclaimed:
            self._asked_at = self._clock.monotonic()
            self.receiving = asyncio.ensure_future(self._receive(wanted))

    async def collect(self) -> Sequence[Parcel]:
        """Return the parcels to be claimed; empty while none has come.

        Raises:
            TransportUnavailable: The queue cannot be reached, or has not answered for far longer than it was to wait;
                it is asked anew at the next step. A worker that waits for ever would look healthy and be useless.
        """
        if self.receiving is not None and not self.receiving.done() and self._is_overdue():
            await self._stop_receiving()
            raise TransportUnavailable(f"the queue has not answered for {_OVERDUE.total_seconds():g} s")
        if self.receiving is not None and not self._unclaimed and not self._has_answer(self.receiving):
            await asyncio.wait({self.receiving}, timeout=0)  # one turn of the loop: what is at hand is had at once
        if not self._unclaimed and self.receiving is not None and self._has_answer(self.receiving):
            receiving, self.receiving = self.receiving, None
            self._unclaimed.extend(await receiving)
        return tuple(self._unclaimed)

    async def claimed(self) -> None:
        """Acknowledge the collected parcels: from the claim on the lease is the safety net, not the queue.

        Raises:
            TransportUnavailable: They are acknowledged at the next call.
        """
        self._unacknowledged += self._unclaimed
        self._unclaimed.clear()
        if self._unacknowledged:
            parcels = tuple(self._unacknowledged)
            await self._transport.ack(parcels)
            del self._unacknowledged[: len(parcels)]

    async def stop(self) -> None:
        """Ask for no more. What was received and not claimed goes back when the transport closes."""
        await self._stop_receiving()
        self._unclaimed.clear()

    async def _stop_receiving(self) -> None:
        if self.receiving is not None:
            self.receiving.cancel()
            await asyncio.gather(self.receiving, return_exceptions=True)
            self.receiving = None

    def _is_overdue(self) -> bool:
        return self._clock.monotonic() - self._asked_at > self._patience + _OVERDUE

    async def _receive(self, wanted: int) -> Sequence[Parcel]:
        return await self._transport.receive(wanted, patience=self._patience)

    def _has_answer(self, receiving: asyncio.Task[Sequence[Parcel]]) -> bool:
        return receiving.done() or self._patience <= timedelta(0)
