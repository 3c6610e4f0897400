"""Looks at a node and at the queues on it without changing them: which version, how they are made, how much waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pika.adapters.asyncio_connection import AsyncioConnection
from pika.exceptions import ChannelClosedByBroker

from natalis.errors import TransportUnavailable
from natalis.transports.rabbitmq.addresses import shown
from natalis.transports.rabbitmq.options import RabbitMQOptions
from natalis.transports.rabbitmq.topology import Queue, queues
from natalis.transports.rabbitmq.wire import connected

_NO_SUCH_QUEUE = 404  # AMQP 0-9-1, section 1.4, reply codes
_SECONDS = 3.0  # for each answer


@dataclass(frozen=True, slots=True)
class QueueFound:
    """A queue as a node tells of it.

    Attributes:
        name: Its name.
        exists: Whether it is there yet; the first process that comes declares it.
        waiting: Messages that wait.
        consumers: Who receives from it.
        fault: What is wrong with it, in the broker's words; empty for a queue made as ours are.
    """

    name: str
    exists: bool
    waiting: int = 0
    consumers: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class NodeInspection:
    """What a node is.

    Attributes:
        place: Host and port.
        product: What it calls itself.
        version: As it writes it, such as `3.10.8`.
        queue: Where keys wait.
        dead_letters: Where messages go that cannot be read, or come back too often.
    """

    place: str
    product: str
    version: str
    queue: QueueFound
    dead_letters: QueueFound


async def inspect(options: RabbitMQOptions, address: str) -> NodeInspection:
    """Look at one node.

    Args:
        options: Names and arguments of the queues.
        address: One of `options.addresses`.

    Raises:
        TransportUnavailable: It cannot be reached, does not let us in, or does not answer in time.
    """
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # what it has to say is raised here
    connection = await connected(address, options)
    try:
        told: Mapping[str, Any] = connection.server_properties or {}
        dead_letters, queue = [await _found(connection, address, each) for each in queues(options)]
        return NodeInspection(
            shown(address), str(told.get("product", "")), str(told.get("version", "")), queue, dead_letters
        )
    finally:
        if connection.is_open:
            connection.close()


async def _found(connection: AsyncioConnection, address: str, queue: Queue) -> QueueFound:
    """Ask for a queue, and where there is one declare it as it should be: that changes nothing, or is refused."""
    asked = await _declared(connection, address, queue, passive=True)
    if isinstance(asked, ChannelClosedByBroker):
        is_missing = asked.reply_code == _NO_SUCH_QUEUE
        return QueueFound(queue.name, exists=not is_missing, fault="" if is_missing else asked.reply_text)
    again = await _declared(connection, address, queue, passive=False)
    fault = again.reply_text if isinstance(again, ChannelClosedByBroker) else ""
    return QueueFound(queue.name, exists=True, waiting=asked.message_count, consumers=asked.consumer_count, fault=fault)


async def _declared(connection: AsyncioConnection, address: str, queue: Queue, *, passive: bool) -> Any:
    """Declare a queue on a channel of its own; return the broker's answer, or its refusal, which ends the channel."""
    answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def settle(value: object) -> None:
        if not answer.done():
            answer.set_result(value)

    def declare(channel: Any) -> None:
        channel.add_on_close_callback(lambda _, reason: settle(reason))
        channel.queue_declare(
            queue.name,
            passive=passive,
            durable=True,
            arguments=dict(queue.arguments),
            callback=lambda frame: settle(frame.method),
        )

    channel = connection.channel(on_open_callback=declare)
    try:
        async with asyncio.timeout(_SECONDS):
            found = await answer
    except TimeoutError:
        raise TransportUnavailable(f"RabbitMQ at {shown(address)}: it does not answer within {_SECONDS:g} s") from None
    if channel.is_open:
        channel.close()
    if isinstance(found, BaseException) and not isinstance(found, ChannelClosedByBroker):
        raise TransportUnavailable(f"RabbitMQ at {shown(address)}: {found}") from found
    return found
