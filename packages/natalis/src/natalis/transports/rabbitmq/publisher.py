"""A line for publishing: everything confirmed, or an error."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence
from typing import Any, Self

from pika.spec import Basic, BasicProperties

from natalis.errors import TransportUnavailable
from natalis.transports.rabbitmq.confirms import Confirms
from natalis.transports.rabbitmq.options import RabbitMQOptions
from natalis.transports.rabbitmq.wire import Wire
from plimsoll.instrument.queues.rabbitmq import carrying

_PERSISTENT = BasicProperties(content_type="text/plain", delivery_mode=2)


class Publisher:
    """Publishes to the queue. It has a connection of its own: one that the broker blocks must hold up no receiver."""

    def __init__(self, wire: Wire, options: RabbitMQOptions) -> None:
        self._wire = wire
        self._queue = options.queue
        self._timeout = options.answer_timeout.total_seconds()
        self._confirms = Confirms()
        wire.down.add_done_callback(lambda down: self._confirms.fail(down.result()))

    @classmethod
    async def open(cls, address: str, options: RabbitMQOptions) -> Self:
        """Connect to a node.

        Raises:
            TransportUnavailable: That is not possible.
        """
        wire = await Wire.open(address, options)
        publisher = cls(wire, options)
        wire.channel.add_on_return_callback(publisher._on_return)
        await wire.ask(lambda done: wire.channel.confirm_delivery(publisher._on_confirm, callback=done))
        return publisher

    @property
    def is_up(self) -> bool:
        """Whether it can still be used."""
        return self._wire.is_up

    @property
    def reason(self) -> str:
        """Why it fell."""
        return self._wire.reason

    async def publish(self, bodies: Sequence[bytes]) -> None:
        """Publish messages and wait until each is confirmed: a majority of the nodes has it on disk.

        Raises:
            TransportUnavailable: Some may not be in the queue: publish all of them again.
        """
        self._check_taken()
        publish = functools.partial(self._wire.channel.basic_publish, "", self._queue)
        done = self._confirms.expect(len(bodies))
        properties = carrying(_PERSISTENT)
        for body in bodies:
            self._wire.act(functools.partial(publish, body, properties, mandatory=True))
        try:
            async with asyncio.timeout(self._timeout):
                await done
        except TimeoutError:
            self._check_taken()
            self._wire.abort(f"it does not confirm within {self._timeout:g} s")
            raise TransportUnavailable(self._wire.reason) from None

    async def close(self) -> None:
        """Close in order."""
        await self._wire.close()

    def _check_taken(self) -> None:
        # While it is blocked the broker reads nothing of this connection, and a new one would be blocked as well.
        if self._wire.blocked:
            raise TransportUnavailable(f"RabbitMQ: {self._wire.blocked}")

    def _on_confirm(self, frame: Any) -> None:
        if not self._wire.is_up:
            return  # a returned message is confirmed as well, right behind: it must not count as safe
        answer, safe = frame.method, isinstance(frame.method, Basic.Ack)
        self._confirms.settle(answer.delivery_tag, multiple=answer.multiple, safe=safe)
        if not safe:
            # A channel whose first message meets an election refuses for good (seen with 3.10): take a new one.
            self._wire.abort("it refused a message")

    def _on_return(self, _channel: object, answer: Any, _properties: object, _body: bytes) -> None:
        # The queue is gone, and a new line declares it anew. Messages before this one may be safe; they go out twice.
        self._wire.abort(f"it returned a message ({answer.reply_text})")
