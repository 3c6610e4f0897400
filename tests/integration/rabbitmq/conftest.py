"""Transports to real brokers, and traffic through them that counts what it loses."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest

from natalis.clocks.system import SystemClock
from natalis.domain.delivery import DeliveryKey
from natalis.errors import TransportUnavailable
from natalis.transports.rabbitmq import RabbitMQOptions, RabbitMQTransport

PATIENCE = timedelta(milliseconds=500)
MISHAP = timedelta(milliseconds=50)  # between two tries
FIRST = 0.3  # what is drawn: the first of three nodes, and a third of each pause
LOTS = 50  # keys published at once


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., RabbitMQTransport]]:
    """Return what opens a transport to some addresses; options by name. All are closed at the end."""
    opened: list[RabbitMQTransport] = []

    def connect(*addresses: str, **options: object) -> RabbitMQTransport:
        chosen = replace(RabbitMQOptions(addresses), **options)  # type: ignore[arg-type]  # checked at run time
        opened.append(RabbitMQTransport(chosen, SystemClock(), lambda: FIRST))
        return opened[-1]

    yield connect
    await asyncio.gather(*(transport.close() for transport in opened))


@pytest.fixture
def keys() -> Callable[[int], list[DeliveryKey]]:
    """Return what makes so many different keys."""
    return lambda count: [DeliveryKey(f"user-{number}", "birthday", date(2026, 2, 28)) for number in range(count)]


@dataclass
class Traffic:
    """Publishers and receivers that go on whatever happens, as dispatchers and workers do.

    Attributes:
        keys: What is published, each until it is confirmed.
        refusals: How often a publication had to be repeated.
        received: How often each key came.
        stall: The longest time in which nothing came.
    """

    keys: Sequence[DeliveryKey]
    clock: SystemClock = field(default_factory=SystemClock)
    refusals: int = 0
    confirmed: int = 0
    received: Counter[DeliveryKey] = field(default_factory=Counter)
    stall: timedelta = timedelta(0)

    async def run(
        self,
        publisher: RabbitMQTransport,
        receivers: Sequence[RabbitMQTransport],
        *,
        at: int,
        mishap: Callable[[], Awaitable[object]],
    ) -> None:
        """Publish all and receive all, and let `mishap` happen once `at` keys were confirmed."""
        receiving = [asyncio.ensure_future(self._receive(each)) for each in receivers]
        try:
            await self._publish(publisher, self.keys[:at])
            await asyncio.gather(mishap(), self._publish(publisher, self.keys[at:]))
            async with asyncio.timeout(120):
                while len(self.received) < len(self.keys):
                    await self.clock.sleep(MISHAP)
        finally:
            for each in receiving:
                each.cancel()
            await asyncio.gather(*receiving, return_exceptions=True)

    async def _publish(self, transport: RabbitMQTransport, keys: Sequence[DeliveryKey]) -> None:
        for at in range(0, len(keys), LOTS):
            while not await self._published(transport, keys[at : at + LOTS]):
                await self.clock.sleep(MISHAP)
            self.confirmed += len(keys[at : at + LOTS])

    async def _published(self, transport: RabbitMQTransport, keys: Sequence[DeliveryKey]) -> bool:
        try:
            await transport.publish(keys)
        except TransportUnavailable:
            self.refusals += 1
            return False
        return True

    async def _receive(self, transport: RabbitMQTransport) -> None:
        before = self.clock.monotonic()
        while True:
            try:
                parcels = await transport.receive(100, patience=PATIENCE)
                await transport.ack(parcels)
            except TransportUnavailable:
                await self.clock.sleep(MISHAP)
                continue
            if parcels:
                now = self.clock.monotonic()
                fresh = [parcel.key for parcel in parcels if parcel.key not in self.received]
                self.received.update(parcel.key for parcel in parcels)
                if fresh:
                    self.stall, before = max(self.stall, now - before), now


@pytest.fixture
def traffic(keys: Callable[[int], list[DeliveryKey]]) -> Callable[[int], Traffic]:
    """Return what makes traffic of so many keys."""
    return lambda count: Traffic(keys(count))
