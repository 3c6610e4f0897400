"""What every transport does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta

import pytest

from natalis.domain.delivery import DeliveryKey
from natalis.errors import TransportUnavailable
from natalis.ports.transport import Parcel, Transport

LONG = timedelta(hours=1)  # a receiver that is not woken runs into the time limit of its test
BRIEF = timedelta(milliseconds=50)
Connect = Callable[[], Awaitable[Transport]]


def keys(count: int) -> list[DeliveryKey]:
    """Return different keys."""
    return [DeliveryKey(f"user-{number}", "birthday", date(2026, 2, 28)) for number in range(count)]


async def received(transport: Transport, count: int) -> list[Parcel]:
    """Receive until there are `count` parcels."""
    parcels: list[Parcel] = []
    while len(parcels) < count:
        some = await transport.receive(count - len(parcels), patience=LONG)
        assert some, "waited in vain"
        parcels += some
    return parcels


def keys_of(parcels: Sequence[Parcel]) -> set[DeliveryKey]:
    """Return the keys in parcels."""
    return {parcel.key for parcel in parcels}


async def test_every_key_that_is_published_is_received(transport: Transport) -> None:
    await transport.publish(keys(2500))

    parcels = await received(transport, 2500)

    assert keys_of(parcels) == set(keys(2500))
    await transport.ack(parcels)


async def test_a_key_arrives_as_it_was(transport: Transport) -> None:
    key = DeliveryKey("0190c3f2-0000-7000-8000-000000000001", "name-day_2", date(1999, 12, 31))
    await transport.publish([key])

    (parcel,) = await received(transport, 1)

    assert parcel.key == key


async def test_no_more_is_received_than_was_asked_for(transport: Transport) -> None:
    await transport.publish(keys(10))

    assert 1 <= len(await transport.receive(3, patience=LONG)) <= 3


async def test_a_receiver_that_gave_up_does_not_swallow_the_turn_of_one_that_still_waits(connect: Connect) -> None:
    one, other = await connect(), await connect()
    assert not await one.receive(1, patience=BRIEF)
    waiting = asyncio.ensure_future(received(other, 1))
    await asyncio.wait({waiting}, timeout=BRIEF.total_seconds())

    await one.publish(keys(1))

    assert keys_of(await waiting) == set(keys(1))
    await one.close()
    await other.close()


async def test_an_empty_queue_answers_with_nothing_once_patience_ends(transport: Transport) -> None:
    assert not await transport.receive(10, patience=BRIEF)


async def test_without_patience_an_empty_queue_answers_at_once(transport: Transport) -> None:
    assert not await transport.receive(10, patience=timedelta(0))


async def test_a_receiver_that_waits_has_the_key_as_soon_as_it_is_published(transport: Transport) -> None:
    waiting = asyncio.ensure_future(received(transport, 1))
    await asyncio.wait({waiting}, timeout=BRIEF.total_seconds())
    assert not waiting.done()

    await transport.publish(keys(1))

    assert keys_of(await waiting) == set(keys(1))


async def test_two_connections_never_hold_the_same_key_at_once(connect: Connect) -> None:
    one, other = await connect(), await connect()
    await one.publish(keys(200))

    async def drained(transport: Transport) -> list[Parcel]:
        parcels: list[Parcel] = []
        while some := await transport.receive(10, patience=BRIEF):
            parcels += some
            await asyncio.wait({asyncio.ensure_future(transport.depth())})
        return parcels

    mine, theirs = await asyncio.gather(drained(one), drained(other))

    assert len(mine) + len(theirs) == 200
    assert keys_of(mine) | keys_of(theirs) == set(keys(200))
    await one.close()
    await other.close()


async def test_what_was_received_and_not_acknowledged_goes_back_when_the_receiver_closes(connect: Connect) -> None:
    one, other = await connect(), await connect()
    await other.publish(keys(10))
    parcels = await received(one, 10)
    await one.ack(parcels[:4])

    await one.close()

    assert keys_of(await received(other, 6)) == keys_of(parcels[4:])
    await other.close()


async def test_what_was_acknowledged_never_comes_back(connect: Connect) -> None:
    one, other = await connect(), await connect()
    await one.publish(keys(10))
    await one.ack(await received(one, 10))

    await one.close()

    assert not await other.receive(10, patience=BRIEF)
    await other.close()


async def test_depth_counts_the_keys_that_wait(transport: Transport) -> None:
    assert await transport.depth() == 0
    await transport.publish(keys(7))
    assert await transport.depth() == 7
    await transport.ack(await received(transport, 7))
    assert await transport.depth() == 0


async def test_a_key_that_is_published_twice_is_carried_twice(transport: Transport) -> None:
    await transport.publish(keys(1))
    await transport.publish(keys(1))

    assert len(await received(transport, 2)) == 2


async def test_publishing_and_acknowledging_nothing_is_nothing(transport: Transport) -> None:
    await transport.publish([])
    await transport.ack([])

    assert await transport.depth() == 0


async def test_a_receiver_that_is_cancelled_loses_nothing(connect: Connect) -> None:
    one, other = await connect(), await connect()
    waiting = asyncio.ensure_future(one.receive(10, patience=LONG))
    await asyncio.wait({waiting}, timeout=BRIEF.total_seconds())
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    await other.publish(keys(3))
    await one.close()

    assert keys_of(await received(other, 3)) == set(keys(3))
    await other.close()


async def test_closing_twice_is_closing_once(connect: Connect) -> None:
    transport = await connect()
    await transport.close()
    await transport.close()


async def test_a_closed_transport_says_that_it_is_unavailable(connect: Connect) -> None:
    transport = await connect()
    await transport.close()

    with pytest.raises(TransportUnavailable):
        await transport.publish(keys(1))
    with pytest.raises(TransportUnavailable):
        await transport.receive(1, patience=timedelta(0))
