"""The queues: what they are declared as, and where dead letters go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import pika
import pytest

from natalis.clocks.system import SystemClock
from natalis.domain.delivery import DeliveryKey
from natalis.errors import TransportUnavailable
from natalis.testing.servers.rabbitmq import VirtualHost
from natalis.transports.rabbitmq import RabbitMQOptions, RabbitMQTransport, open_transport

pytestmark = pytest.mark.network

QUEUE, DEAD = "birthday-messages", "birthday-messages.dead-letter"
LONG = timedelta(seconds=20)
Connect = Callable[..., RabbitMQTransport]
Keys = Callable[[int], list[DeliveryKey]]


def arguments_of(vhost: VirtualHost, queue: str) -> str:
    """Return a queue's arguments as the broker has them: `{x-queue-type,quorum}` and so on."""
    name = f'rabbit_misc:r(<<"{vhost.name}">>, queue, <<"{queue}">>)'
    shown = "fun(V) when is_binary(V) -> binary_to_list(V); (V) -> integer_to_list(V) end"
    line = "lists:concat(['{', binary_to_list(K), ',', Shown(V), '}'])"
    arguments = f"lists:append([{line} || {{K, _, V}} <- amqqueue:get_arguments(Q)])"
    return vhost.server.evaluate(f"Shown = {shown}, {{ok, Q}} = rabbit_amqqueue:lookup({name}), {arguments}.")


def publish_raw(vhost: VirtualHost, body: bytes) -> None:
    """Publish what no dispatcher would."""
    with closing(pika.BlockingConnection(pika.URLParameters(vhost.url))) as connection:
        connection.channel().basic_publish("", QUEUE, body)


def messages_in(vhost: VirtualHost, queue: str) -> list[bytes]:
    """Take all messages of a queue."""
    with closing(pika.BlockingConnection(pika.URLParameters(vhost.url))) as connection:
        channel = connection.channel()
        bodies: list[bytes] = []
        while (answer := channel.basic_get(queue, auto_ack=True))[0] is not None:
            bodies.append(answer[2])
        return bodies


async def dead_letters(vhost: VirtualHost, count: int) -> list[bytes]:
    """Wait for so many dead letters and return them."""
    bodies: list[bytes] = []
    async with asyncio.timeout(LONG.total_seconds()):
        while len(bodies) < count:
            bodies += await asyncio.to_thread(messages_in, vhost, DEAD)
            await SystemClock().sleep(timedelta(milliseconds=50))
    return bodies


async def test_both_queues_are_quorum_queues_with_their_limits(rabbitmq: VirtualHost, connect: Connect) -> None:
    await connect(rabbitmq.url).depth()

    live = await asyncio.to_thread(arguments_of, rabbitmq, QUEUE)
    dead = await asyncio.to_thread(arguments_of, rabbitmq, DEAD)

    assert "{x-queue-type,quorum}{x-delivery-limit,20}" in live
    assert f"{{x-dead-letter-routing-key,{DEAD}}}{{x-dead-letter-strategy,at-least-once}}" in live
    assert f"{{x-queue-type,quorum}}{{x-message-ttl,{7 * 24 * 3600 * 1000}}}" in dead


async def test_declaring_them_again_changes_nothing(rabbitmq: VirtualHost, connect: Connect, keys: Keys) -> None:
    await connect(rabbitmq.url).publish(keys(3))
    assert await connect(rabbitmq.url).depth() == 3


async def test_queues_of_another_make_are_refused_in_the_broker_s_words(
    rabbitmq: VirtualHost, connect: Connect
) -> None:
    await connect(rabbitmq.url).depth()
    with pytest.raises(TransportUnavailable, match="x-delivery-limit"):
        await connect(rabbitmq.url, delivery_limit=7).depth()


async def test_what_cannot_work_shows_when_it_is_opened(rabbitmq: VirtualHost) -> None:
    stranger = rabbitmq.url.replace("guest:guest", "guest:wrong-password")
    with pytest.raises(TransportUnavailable, match="ACCESS_REFUSED") as refusal:
        await open_transport(RabbitMQOptions((stranger,)), SystemClock())
    assert "wrong-password" not in str(refusal.value)


async def test_an_address_that_asks_for_what_there_is_not_is_refused(connect: Connect) -> None:
    with pytest.raises(TransportUnavailable, match="heartbeat"):
        await connect("amqp://127.0.0.1/x?heartbeat=often").depth()


async def test_an_open_transport_is_ready(rabbitmq: VirtualHost, keys: Keys) -> None:
    transport = await open_transport(RabbitMQOptions((rabbitmq.url,)), SystemClock())
    await transport.publish(keys(1))
    assert await transport.depth() == 1
    await transport.close()


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"hello", b"a:birthday:2026-02-30"])
async def test_a_message_that_is_not_ours_becomes_a_dead_letter_and_holds_nobody_up(
    rabbitmq: VirtualHost, connect: Connect, keys: Keys, body: bytes
) -> None:
    transport = connect(rabbitmq.url)
    await transport.depth()
    await asyncio.to_thread(publish_raw, rabbitmq, body)
    await transport.publish(keys(1))

    (parcel,) = await transport.receive(10, patience=LONG)

    assert parcel.key == keys(1)[0]
    assert await dead_letters(rabbitmq, 1) == [body]
    await transport.ack([parcel])
    assert await transport.depth() == 0


async def test_a_message_that_fells_every_receiver_becomes_a_dead_letter(
    rabbitmq: VirtualHost, connect: Connect, keys: Keys
) -> None:
    transport = connect(rabbitmq.url, delivery_limit=2)
    await transport.publish(keys(1))

    for _ in range(3):
        assert await transport.receive(1, patience=LONG)
        _line_of(transport).abort("the receiver crashes")

    assert await dead_letters(rabbitmq, 1) == [str(keys(1)[0]).encode()]


async def test_a_queue_that_is_deleted_is_declared_anew(rabbitmq: VirtualHost, connect: Connect, keys: Keys) -> None:
    transport, receiver = connect(rabbitmq.url), connect(rabbitmq.url)
    await transport.publish(keys(1))
    await receiver.ack(await receiver.receive(1, patience=LONG))
    await asyncio.to_thread(_delete, rabbitmq)

    with pytest.raises(TransportUnavailable, match="returned a message"):
        await transport.publish(keys(3))
    await SystemClock().sleep(timedelta(milliseconds=200))
    await transport.publish(keys(3))

    found: set[DeliveryKey] = set()
    while len(found) < 3:
        found |= {parcel.key for parcel in await receiver.receive(3, patience=LONG)}
    assert found == set(keys(3))


async def test_a_herd_takes_a_message_for_each_lot(rabbitmq: VirtualHost, connect: Connect, keys: Keys) -> None:
    transport = connect(rabbitmq.url)
    await transport.publish(keys(1000))

    assert await transport.depth() == 1000
    assert len(await asyncio.to_thread(messages_in, rabbitmq, QUEUE)) == 1000 / 25


def _line_of(transport: RabbitMQTransport) -> Any:
    receiver = transport._receiving.current
    assert receiver is not None
    return receiver._wire


def _delete(vhost: VirtualHost) -> None:
    with closing(pika.BlockingConnection(pika.URLParameters(vhost.url))) as connection:
        connection.channel().queue_delete(QUEUE)
