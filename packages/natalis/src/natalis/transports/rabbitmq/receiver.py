"""A line for receiving, and for asking how much waits."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

from natalis.domain.delivery import DeliveryKey
from natalis.errors import InvalidInput, TransportUnavailable
from natalis.ports.clock import Clock
from natalis.ports.transport import Parcel
from natalis.transports.rabbitmq.arrivals import Arrivals
from natalis.transports.rabbitmq.holding import Holding
from natalis.transports.rabbitmq.lots import unpacked
from natalis.transports.rabbitmq.options import RabbitMQOptions
from natalis.transports.rabbitmq.wire import Wire

_log = logging.getLogger(__name__)


class Receiver:
    """Receives from the queue from the first `start` on; publishes nothing, so the broker never blocks it.

    Args:
        wire: Its connection.
        options: How far ahead, and how long silence is borne.
        clock: Measures silence.
        arrived: Told of what arrives: how many keys in how many messages.
    """

    def __init__(self, wire: Wire, options: RabbitMQOptions, clock: Clock, arrived: Callable[[int, int], None]) -> None:
        self._wire = wire
        self._options = options
        self._clock = clock
        self._arrived = arrived
        self._holding = Holding()
        self._arrivals = Arrivals(options.queue, clock)
        self._consumers: list[str] = []
        self._changing = asyncio.Lock()
        self._bell: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._heard, self._heard_at = wire.bytes_received, clock.monotonic()
        self._asked_at, self._starved = clock.monotonic(), False
        wire.down.add_done_callback(self._ring)
        wire.channel.add_on_cancel_callback(lambda _: wire.abort("it cancelled the consumer: the queue is gone"))

    @classmethod
    async def open(
        cls, address: str, options: RabbitMQOptions, clock: Clock, arrived: Callable[[int, int], None]
    ) -> Self:
        """Connect to a node.

        Raises:
            TransportUnavailable: That is not possible.
        """
        return cls(await Wire.open(address, options), options, clock, arrived)

    @property
    def is_up(self) -> bool:
        """Whether it can still be used."""
        return self._wire.is_up

    @property
    def reason(self) -> str:
        """Why it fell."""
        return self._wire.reason

    @property
    def is_started(self) -> bool:
        """Whether it receives."""
        return bool(self._consumers)

    async def start(self) -> None:
        """Have the broker send what waits, `prefetch` messages ahead.

        One who takes and takes before they acknowledge gets as many again: the broker would send nothing more, and
        they would wait in vain. If the line falls meanwhile, nothing comes.
        """
        if self._changing.locked() or self._needs_consumer():
            await asyncio.shield(asyncio.ensure_future(self._start()))

    async def stop(self, republish: Callable[[Sequence[DeliveryKey]], Awaitable[None]], *, everything: bool) -> None:
        """Receive no more, and put what is held into the queue anew.

        The broker would take it back by itself, but it counts how often a message comes back, and knows only whole
        messages: keys that were acknowledged would come again with the others.

        Args:
            republish: Publishes keys and returns once they are safe.
            everything: Also what was handed out; without it only what still waits.

        Raises:
            TransportUnavailable: What is held stays so until the line falls, which gives it back.
        """
        async with self._changing:
            await self._cancel_consumers()
            withdrawn = self._holding.withdraw()
            parcels = self._holding.unacknowledged() if everything else withdrawn
            try:
                if parcels:
                    await republish([parcel.key for parcel in parcels])
            except BaseException:
                self._holding.restore(withdrawn)
                raise
            self.ack(parcels)

    def arrival(self) -> asyncio.Future[None]:
        """Return what is done once something has arrived, or the line is down."""
        if self._bell.done() and self.is_up and not self._holding.waiting:
            self._bell = asyncio.get_running_loop().create_future()
        return self._bell

    def take(self, limit: int) -> list[Parcel]:
        """Hand out up to `limit` keys that have arrived; none once the line is down, as the broker has them back."""
        return self._holding.take(limit) if self.is_up else []

    def ack(self, parcels: Sequence[Parcel]) -> None:
        """Acknowledge what is complete; what came over another line went back when that one fell."""
        for ack in self._holding.ack(parcels):
            self._arrivals.end(ack)
            with contextlib.suppress(TransportUnavailable):
                self._wire.act(functools.partial(self._wire.channel.basic_ack, ack.tag, ack.multiple))

    async def depth(self) -> int:
        """Return how many messages wait.

        Raises:
            TransportUnavailable: The line is down.
        """
        channel = self._wire.channel
        frame = await self._wire.ask(
            lambda done: channel.queue_declare(self._options.queue, passive=True, callback=done)
        )
        return int(frame.method.message_count)

    def check(self) -> None:
        """Cut the line if the broker has said nothing for too long, not even a heartbeat."""
        heard, now = self._wire.bytes_received, self._clock.monotonic()
        if heard != self._heard:
            self._heard, self._heard_at = heard, now
        elif now - self._heard_at > self._options.silence:
            self._wire.abort(f"silent for {self._options.silence.total_seconds():g} s")

    async def check_flow(self) -> None:
        """Cut the line if messages wait, and for two questions in a row none of them is sent to one who has none.

        After an election a broker may forget that it has a consumer; to live and to receive nothing looks healthy.
        """
        now = self._clock.monotonic()
        if self._holding.messages or now - self._asked_at < self._options.starving:
            return
        self._asked_at = now
        with contextlib.suppress(TransportUnavailable):
            if not await self.depth() or self._holding.messages:
                self._starved = False
            elif self._starved:
                self._wire.abort("messages wait there, and it sends none")
            else:
                self._starved = True

    async def close(self) -> None:
        """Close in order: what is not acknowledged goes back."""
        await self._wire.close()

    def _needs_consumer(self) -> bool:
        held, room = self._holding.messages, len(self._consumers) * self._options.prefetch
        return not self._consumers or (not self._holding.waiting and held >= room)

    async def _start(self) -> None:
        async with self._changing:
            with contextlib.suppress(TransportUnavailable):
                if self._needs_consumer():
                    await self._add_consumer()

    async def _add_consumer(self) -> None:
        channel, options = self._wire.channel, self._options
        # It counts for each consumer: quorum queues know no limit for a whole channel.
        await self._wire.ask(lambda done: channel.basic_qos(prefetch_count=options.prefetch, callback=done))
        answer = await self._wire.ask(
            lambda done: channel.basic_consume(options.queue, self._on_message, callback=done)
        )
        self._consumers.append(answer.method.consumer_tag)

    async def _cancel_consumers(self) -> None:
        while self._consumers:
            cancel = functools.partial(self._wire.channel.basic_cancel, self._consumers[-1])
            await self._wire.ask(lambda done, cancel=cancel: cancel(callback=done))  # type: ignore[misc]  # its default
            self._consumers.pop()

    def _on_message(self, _channel: object, method: Any, properties: Any, body: bytes) -> None:
        keys = self._read(method.delivery_tag, body)
        if keys:
            self._starved = False
            self._arrived(len(keys), 1)
            self._holding.add(method.delivery_tag, keys)
            self._arrivals.begin(method.delivery_tag, properties.headers, len(keys))
            self._ring()

    def _read(self, tag: int, body: bytes) -> list[DeliveryKey]:
        try:
            return unpacked(body)
        except InvalidInput as error:
            _log.warning("a message is not one of ours and goes to %s: %s", self._options.dead_letter_queue, error)
            self._wire.act(lambda: self._wire.channel.basic_reject(tag, requeue=False))
            return []

    def _ring(self, *_: object) -> None:
        if not self._bell.done():
            self._bell.set_result(None)
