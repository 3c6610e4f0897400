"""A RabbitMQ quorum queue alone, by pika: published with confirms, then consumed and acknowledged, a second.

Once with a message for each delivery, spoken to as tersely as pika can; and once through Natalis's own transport, which
puts many keys into a message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import uvloop
from pika import BasicProperties, URLParameters
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.channel import Channel

from natalis.clocks.system import SystemClock
from natalis.domain.delivery import DeliveryKey
from natalis.transports.rabbitmq import RabbitMQOptions, open_transport
from perf.figures import Figure

PUBLISHED = "RabbitMQ: messages published and confirmed"
CONSUMED = "RabbitMQ: messages consumed and acknowledged"

_QUEUE, _QUORUM = "limits", {"x-queue-type": "quorum"}
_BODY = b"01980000-0000-7000-8000-000000000000:birthday:2026-07-01"
_PERSISTENT = BasicProperties(delivery_mode=2)
_BATCH, _PREFETCH, _ACK_EVERY = 1_000, 2_000, 200
_DAY = date(2026, 7, 1)


def measure(url: str, *, quick: bool) -> list[Figure]:
    """Return the limits; the virtual host is empty before, and has empty queues after."""
    count = 5_000 if quick else 50_000
    published, consumed = uvloop.run(_bare(url, count))
    carried, received = uvloop.run(_in_lots(url, count))
    return [
        Figure(PUBLISHED, published, "/s"),
        Figure(CONSUMED, consumed, "/s"),
        Figure("RabbitMQ: keys published by Natalis, many in a message", carried, "/s"),
        Figure("RabbitMQ: keys received by Natalis, many in a message", received, "/s"),
    ]


async def _bare(url: str, count: int) -> tuple[float, float]:
    channel = await _channel(url)
    await _answer(partial(channel.queue_declare, _QUEUE, durable=True, arguments=_QUORUM))
    published = await _rate(count, _publish(channel, count))
    consumed = await _rate(count, _consume(channel, count))
    channel.connection.close()
    return published, consumed


async def _channel(url: str) -> Channel:
    opened = asyncio.get_running_loop().create_future()
    connection = AsyncioConnection(
        URLParameters(url),
        on_open_callback=opened.set_result,
        on_open_error_callback=lambda _, error: opened.set_exception(error),
    )
    await opened
    return await _answer(lambda callback: connection.channel(on_open_callback=callback))


async def _answer(ask: Callable[..., object]) -> Any:
    answered = asyncio.get_running_loop().create_future()
    ask(callback=answered.set_result)
    return await answered


async def _rate(count: int, work: Any) -> float:
    clock = SystemClock()
    begun = clock.monotonic()
    await work
    return count / (clock.monotonic() - begun).total_seconds()


async def _publish(channel: Channel, count: int) -> None:
    """Publish in batches; each is confirmed whole before the next."""
    unconfirmed: set[int] = set()
    arrived = asyncio.Event()

    def confirm(frame: Any) -> None:
        tag = frame.method.delivery_tag
        if frame.method.multiple:
            unconfirmed.difference_update([other for other in unconfirmed if other <= tag])
        else:
            unconfirmed.discard(tag)
        arrived.set()

    await _answer(partial(channel.confirm_delivery, confirm))
    for start in range(1, count + 1, _BATCH):
        unconfirmed.update(range(start, start + _BATCH))
        for _ in range(_BATCH):
            channel.basic_publish("", _QUEUE, _BODY, _PERSISTENT)
        while unconfirmed:
            arrived.clear()
            await arrived.wait()


async def _consume(channel: Channel, count: int) -> None:
    taken, done = 0, asyncio.Event()

    def take(_: Channel, method: Any, *__: object) -> None:
        nonlocal taken
        taken += 1
        if taken % _ACK_EVERY == 0 or taken == count:
            channel.basic_ack(method.delivery_tag, multiple=True)
        if taken == count:
            done.set()

    await _answer(partial(channel.basic_qos, prefetch_count=_PREFETCH))
    channel.basic_consume(_QUEUE, take)
    await done.wait()


async def _in_lots(url: str, count: int) -> tuple[float, float]:
    transport = await open_transport(RabbitMQOptions((url,)), SystemClock())
    keys = [DeliveryKey(str(UUID(int=number)), "birthday", _DAY) for number in range(count)]

    async def publish() -> None:
        for start in range(0, count, _BATCH):
            await transport.publish(keys[start : start + _BATCH])

    async def receive() -> None:
        taken = 0
        while taken < count:
            parcels = await transport.receive(_BATCH, patience=timedelta(seconds=5))
            await transport.ack(parcels)
            taken += len(parcels)

    try:
        return await _rate(count, publish()), await _rate(count, receive())
    finally:
        await transport.close()
