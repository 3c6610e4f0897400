"""Lines: what is cut, silent, blocked or forgotten, and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from natalis.clocks.system import SystemClock
from natalis.domain.delivery import DeliveryKey
from natalis.errors import TransportUnavailable
from natalis.ports.transport import Parcel
from natalis.testing.servers.proxy import TcpProxy
from natalis.testing.servers.rabbitmq import VirtualHost
from natalis.transports.rabbitmq import RabbitMQTransport

pytestmark = pytest.mark.network

LONG = timedelta(seconds=20)
BRIEF = timedelta(milliseconds=100)
Connect = Callable[..., RabbitMQTransport]
Keys = Callable[[int], list[DeliveryKey]]


@pytest.fixture
async def network(rabbitmq: VirtualHost) -> AsyncIterator[TcpProxy]:
    """What lies between us and the broker."""
    async with TcpProxy(rabbitmq.server.port) as proxy:
        yield proxy


def through(network: TcpProxy, vhost: VirtualHost) -> str:
    """Return the address of a virtual host as seen from behind the network."""
    return vhost.url.replace(f":{vhost.server.port}/", f":{network.port}/")


async def received(transport: RabbitMQTransport, count: int) -> list[Parcel]:
    """Receive until there are `count` different keys."""
    parcels: list[Parcel] = []
    while len({parcel.key for parcel in parcels}) < count:
        some = await transport.receive(1000, patience=LONG)
        assert some, "waited in vain"
        parcels += some
    return parcels


def keys_of(parcels: list[Parcel]) -> set[DeliveryKey]:
    return {parcel.key for parcel in parcels}


async def test_a_line_cut_before_the_confirms_is_an_error_and_publishing_again_loses_nothing(
    rabbitmq: VirtualHost, network: TcpProxy, connect: Connect, keys: Keys
) -> None:
    publisher, receiver = connect(through(network, rabbitmq)), connect(rabbitmq.url)
    await publisher.publish(keys(1))
    await receiver.ack(await received(receiver, 1))
    network.delay(timedelta(milliseconds=200))
    publishing = asyncio.ensure_future(publisher.publish(keys(1000)))
    await asyncio.wait({publishing}, timeout=0.3)  # they are there, and the confirms on their way

    network.cut()

    with pytest.raises(TransportUnavailable):
        await publishing
    await network.pass_through()
    await _until_published(publisher, keys(1000))
    parcels = await received(receiver, 1000)
    await receiver.ack(parcels)
    parcels += await receiver.receive(1000, patience=timedelta(seconds=1))
    assert keys_of(parcels) == set(keys(1000))
    assert len(parcels) > 1000


async def test_a_broker_that_goes_silent_is_an_error_within_the_time_to_answer(
    rabbitmq: VirtualHost, network: TcpProxy, connect: Connect, keys: Keys
) -> None:
    transport = connect(through(network, rabbitmq), answer_timeout=timedelta(milliseconds=300))
    await transport.publish(keys(1))
    network.black_hole()

    with pytest.raises(TransportUnavailable, match=r"does not confirm within 0\.3 s"):
        await transport.publish(keys(1))


async def test_a_receiver_leaves_a_node_that_says_nothing_any_more_for_the_next(
    rabbitmq: VirtualHost, network: TcpProxy, connect: Connect
) -> None:
    times = {"heartbeat": timedelta(seconds=60), "silence": timedelta(seconds=1)}  # pika's own check comes too late
    transport = connect(through(network, rabbitmq), rabbitmq.url, **times)
    await transport.receive(1, patience=timedelta(0))
    before = transport._receiving.current
    waiting = asyncio.ensure_future(transport.receive(1, patience=LONG))
    network.black_hole()

    async with asyncio.timeout(LONG.total_seconds()):
        while transport._receiving.current is before:
            await SystemClock().sleep(BRIEF)

    waiting.cancel()


async def test_a_line_that_is_idle_lives_on_by_its_heartbeats(rabbitmq: VirtualHost, connect: Connect) -> None:
    times = {"heartbeat": timedelta(seconds=1), "silence": timedelta(milliseconds=1500)}
    transport = connect(rabbitmq.url, **times)
    await transport.receive(1, patience=timedelta(seconds=4))
    before = transport._receiving.current

    await transport.receive(1, patience=BRIEF)

    assert transport._receiving.current is before


async def test_a_receiver_that_crashes_gives_everything_back(
    rabbitmq: VirtualHost, network: TcpProxy, connect: Connect, keys: Keys
) -> None:
    crashing, other = connect(through(network, rabbitmq)), connect(rabbitmq.url)
    await other.publish(keys(1000))
    held = await received(crashing, 1000)
    await crashing.ack(held[:10])

    await network.refuse()

    assert set(keys(1000)[25:]) <= keys_of(await received(other, 975))


async def test_acknowledging_what_went_back_with_its_line_changes_nothing(
    rabbitmq: VirtualHost, network: TcpProxy, connect: Connect, keys: Keys
) -> None:
    transport = connect(through(network, rabbitmq))
    await transport.publish(keys(3))
    before = await received(transport, 3)
    network.cut()
    again = await received(transport, 3)

    await transport.ack(before)
    assert not await transport.receive(9, patience=BRIEF)
    await transport.close()

    other = connect(rabbitmq.url)
    assert keys_of(await received(other, 3)) == keys_of(again)


async def test_a_part_of_a_message_that_was_acknowledged_does_not_come_back_with_the_rest(
    rabbitmq: VirtualHost, connect: Connect, keys: Keys
) -> None:
    one, other = connect(rabbitmq.url), connect(rabbitmq.url)
    await other.publish(keys(1000))
    parcels = await received(one, 1000)
    done = [parcel for number, parcel in enumerate(parcels) if number % 3]
    await one.ack(done)

    await one.close()

    assert keys_of(await received(other, 1000 - len(done))) == set(keys(1000)) - keys_of(done)
    assert not await other.receive(9, patience=BRIEF)


async def test_what_one_receives_and_does_not_ask_for_goes_to_another(
    rabbitmq: VirtualHost, connect: Connect, keys: Keys
) -> None:
    busy, free = connect(rabbitmq.url), connect(rabbitmq.url)
    await free.publish(keys(1000))
    (mine,) = await busy.receive(1, patience=LONG)

    others = await received(free, 999)

    assert keys_of(others) | {mine.key} == set(keys(1000))
    assert len(others) == 999


async def test_what_goes_back_because_nobody_asks_does_not_count_as_having_failed(
    rabbitmq: VirtualHost, connect: Connect, keys: Keys
) -> None:
    transport = connect(rabbitmq.url, delivery_limit=2, idle=timedelta(0))
    await transport.publish(keys(3))
    for _ in range(4):
        (parcel,) = await transport.receive(1, patience=LONG)
        while transport._receiving.current is not None and transport._receiving.current.is_started:
            await SystemClock().sleep(BRIEF)
        await transport.ack([parcel])
        await transport.publish([parcel.key])

    assert keys_of(await received(transport, 3)) == set(keys(3))


async def test_a_consumer_that_the_broker_forgot_is_made_anew(
    rabbitmq: VirtualHost, connect: Connect, keys: Keys
) -> None:
    transport = connect(rabbitmq.url, starving=timedelta(milliseconds=300))
    await transport.receive(1, patience=timedelta(0))
    receiver = transport._receiving.current
    assert receiver is not None
    await receiver._wire.ask(lambda done: receiver._wire.channel.basic_cancel(receiver._consumers[0], callback=done))
    await transport.publish(keys(3))

    assert keys_of(await received(transport, 3)) == set(keys(3))


async def test_one_who_waits_at_an_empty_queue_keeps_the_line(rabbitmq: VirtualHost, connect: Connect) -> None:
    transport = connect(rabbitmq.url, starving=timedelta(milliseconds=100))
    await transport.receive(1, patience=timedelta(0))
    before = transport._receiving.current

    await transport.receive(1, patience=timedelta(seconds=3))

    assert transport._receiving.current is before


async def test_one_who_takes_more_than_is_sent_ahead_is_sent_more(
    rabbitmq: VirtualHost, connect: Connect, keys: Keys
) -> None:
    transport = connect(rabbitmq.url, prefetch=2)
    await transport.publish(keys(30))

    assert keys_of(await received(transport, 30)) == set(keys(30))


async def test_a_broker_short_of_memory_is_an_error_at_once_and_holds_up_no_receiver(
    rabbitmq: VirtualHost, connect: Connect, keys: Keys
) -> None:
    transport = connect(rabbitmq.url, answer_timeout=timedelta(seconds=1))
    await transport.publish(keys(3))
    server = rabbitmq.server
    await asyncio.to_thread(server.evaluate, "vm_memory_monitor:set_vm_memory_high_watermark(0.00001).")
    try:
        with pytest.raises(TransportUnavailable):
            await _refused(transport, keys(1))
        with pytest.raises(TransportUnavailable, match="it takes nothing"):
            await transport.publish(keys(1))
        assert await transport.depth() >= 3
        await transport.ack(await received(transport, 3))
    finally:
        await asyncio.to_thread(
            server.evaluate, "vm_memory_monitor:set_vm_memory_high_watermark({absolute, 1073741824})."
        )
    await _until_published(transport, keys(1))


async def test_connections_that_an_operator_closes_are_made_anew(
    rabbitmq: VirtualHost, connect: Connect, keys: Keys
) -> None:
    transport = connect(rabbitmq.url)
    await transport.publish(keys(3))
    await received(transport, 3)

    await asyncio.to_thread(rabbitmq.server.close_connections)

    assert keys_of(await received(transport, 3)) == set(keys(3))
    await _until_published(transport, keys(1))


async def test_a_publisher_that_is_cancelled_disturbs_no_other(
    rabbitmq: VirtualHost, network: TcpProxy, connect: Connect, keys: Keys
) -> None:
    transport = connect(through(network, rabbitmq))
    await transport.publish(keys(1))
    network.delay(timedelta(milliseconds=100))
    cancelled = asyncio.ensure_future(transport.publish(keys(10)))
    other = asyncio.ensure_future(transport.publish(keys(20)))
    await asyncio.wait({cancelled}, timeout=0.02)

    cancelled.cancel()

    await other
    with pytest.raises(asyncio.CancelledError):
        await cancelled


async def _refused(transport: RabbitMQTransport, keys: list[DeliveryKey]) -> None:
    """Publish until the broker takes no more: it says so only to who publishes."""
    for _ in range(200):
        await transport.publish(keys)


async def _until_published(transport: RabbitMQTransport, keys: list[DeliveryKey]) -> None:
    clock: Any = SystemClock()
    async with asyncio.timeout(LONG.total_seconds()):
        while True:
            try:
                await transport.publish(keys)
            except TransportUnavailable:
                await clock.sleep(BRIEF)
            else:
                return
