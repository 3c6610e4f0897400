"""The whole broker goes away and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from natalis.clocks.system import SystemClock
from natalis.domain.delivery import DeliveryKey
from natalis.errors import TransportUnavailable
from natalis.testing.servers.rabbitmq import VirtualHost
from natalis.transports.rabbitmq import RabbitMQTransport

pytestmark = pytest.mark.network

COUNT = 10_000
LONG = timedelta(seconds=30)
Connect = Callable[..., RabbitMQTransport]
Keys = Callable[[int], list[DeliveryKey]]


async def test_while_it_is_away_every_call_says_so(rabbitmq: VirtualHost, connect: Connect, keys: Keys) -> None:
    transport = connect(rabbitmq.url)
    await transport.publish(keys(1))
    await asyncio.to_thread(rabbitmq.server.kill)

    with pytest.raises(TransportUnavailable, match=str(rabbitmq.server.port)):
        await transport.publish(keys(1))
    with pytest.raises(TransportUnavailable):
        await transport.receive(1, patience=timedelta(milliseconds=100))
    with pytest.raises(TransportUnavailable):
        await transport.depth()


async def test_one_who_was_never_there_is_found_when_it_comes(
    rabbitmq: VirtualHost, connect: Connect, keys: Keys
) -> None:
    await asyncio.to_thread(rabbitmq.server.kill)
    transport = connect(rabbitmq.url)
    with pytest.raises(TransportUnavailable):
        await transport.depth()
    waiting = asyncio.ensure_future(transport.receive(1, patience=LONG))

    await asyncio.to_thread(rabbitmq.server.start)

    publisher = connect(rabbitmq.url)
    await SystemClock().sleep(timedelta(milliseconds=100))
    await publisher.publish(keys(1))
    assert [parcel.key for parcel in await waiting] == keys(1)


async def test_receivers_are_back_on_their_own_and_nothing_confirmed_is_lost(
    rabbitmq: VirtualHost, connect: Connect, keys: Keys
) -> None:
    transport = connect(rabbitmq.url)
    await transport.publish(keys(1000))
    await asyncio.to_thread(rabbitmq.server.settle)

    await asyncio.to_thread(rabbitmq.server.restart)

    found: set[DeliveryKey] = set()
    while len(found) < 1000:
        parcels = await transport.receive(1000, patience=LONG)
        found |= {parcel.key for parcel in parcels}
        await transport.ack(parcels)
    assert found == set(keys(1000))


@pytest.mark.slow
async def test_nothing_is_lost_when_it_is_killed_twice_under_traffic(
    rabbitmq: VirtualHost, connect: Connect, traffic: Callable[[int], Any]
) -> None:
    moving = traffic(COUNT)

    def mishap() -> None:
        for _ in range(2):
            rabbitmq.server.settle()  # what is confirmed while it is written may otherwise go with its file
            rabbitmq.server.restart()

    await moving.run(
        connect(rabbitmq.url),
        [connect(rabbitmq.url), connect(rabbitmq.url)],
        at=COUNT // 4,
        mishap=lambda: asyncio.to_thread(mishap),
    )

    assert set(moving.received) == set(moving.keys)
    stall, refusals = moving.stall.total_seconds(), moving.refusals
    print(f"\nkilled twice: stall {stall:.1f} s, {refusals} publications repeated")  # noqa: T201 - a figure of the run
