"""The transport over RabbitMQ: one line to publish, one to receive, each on whichever node answers."""

from __future__ import annotations

import asyncio
import logging
import random as chance
from collections.abc import Callable, Sequence
from datetime import timedelta

from natalis.domain.delivery import DeliveryKey
from natalis.errors import TransportUnavailable
from natalis.ports.clock import Clock
from natalis.ports.transport import Parcel
from natalis.transports.rabbitmq.dialer import Dialer
from natalis.transports.rabbitmq.lots import packed
from natalis.transports.rabbitmq.options import RabbitMQOptions
from natalis.transports.rabbitmq.publisher import Publisher
from natalis.transports.rabbitmq.receiver import Receiver

_WATCH = timedelta(milliseconds=500)
_NO_TIME = timedelta(0)
_FADING = 0.9  # of what was known before: some ten publications make up the mean
_log = logging.getLogger(__name__)


async def open_transport(options: RabbitMQOptions, clock: Clock) -> RabbitMQTransport:
    """Return a transport that has spoken to the broker once, so that what cannot work shows at the start.

    Raises:
        TransportUnavailable: No node can be reached, or has the queues as they should be. (`RabbitMQTransport` itself
            connects when it is first used, for a process that is to start without its broker.)
    """
    transport = RabbitMQTransport(options, clock)
    try:
        await transport.depth()
    except BaseException:
        await transport.close()
        raise
    return transport


class RabbitMQTransport:
    """Carries keys over a quorum queue, in lots.

    It connects when it is first used and again when it is next used; every call may raise `TransportUnavailable`. An
    instance lives in one event loop.

    Args:
        options: Which broker.
        clock: Measures every wait of ours.
        random: Draws a number in [0, 1): which node first, how long to wait.
    """

    def __init__(self, options: RabbitMQOptions, clock: Clock, random: Callable[[], float] = chance.random) -> None:
        self._options = options
        self._clock = clock
        addresses, policy = options.addresses, options.backoff
        self._publishing = Dialer(addresses, self._open_publisher, policy=policy, clock=clock, random=random)
        self._receiving = Dialer(addresses, self._open_receiver, policy=policy, clock=clock, random=random)
        self._mean = _Mean()
        self._asked_at = clock.monotonic()
        self._receivers = 0
        self._watch: asyncio.Task[None] | None = None
        self._closed = False
        # Whatever pika has to say as an error is raised here as well, in fewer words.
        logging.getLogger("pika").setLevel(logging.CRITICAL)

    async def publish(self, keys: Sequence[DeliveryKey]) -> None:
        """Publish keys and wait until a majority of the nodes has them on disk.

        Raises:
            TransportUnavailable: Some may not be in the queue: publish all of them again.
        """
        self._check_open()
        if keys:
            await self._publish(keys)

    async def receive(self, limit: int, *, patience: timedelta) -> Sequence[Parcel]:
        """Return up to `limit` keys as soon as one has arrived; empty after `patience`, which begins once connected.

        Raises:
            TransportUnavailable: There was no line within `patience`.
        """
        self._check_open()
        self._receivers += 1
        try:
            await self._receiving.line_within(patience)
            parcels = await self._received(limit, until=self._clock.monotonic() + patience)
        finally:
            self._receivers -= 1
            self._asked_at = self._clock.monotonic()
        self._check_open()
        return parcels

    async def ack(self, parcels: Sequence[Parcel]) -> None:
        """Acknowledge parcels. Those of a line that fell since are in the queue again, and come again."""
        self._check_open()
        if self._receiving.current is not None:
            self._receiving.current.ack(parcels)

    async def depth(self) -> int:
        """Return how many keys wait: the broker's count of messages times what this process knows they hold.

        Exact while keys travel one by one, and when it is zero; else an estimate.

        Raises:
            TransportUnavailable: No node answers.
        """
        self._check_open()
        try:
            messages = await self._messages()
        except TransportUnavailable:  # the node went away; another may be there
            messages = await self._messages()
        return self._mean.keys_in(messages)

    async def close(self) -> None:
        """Give back what was received and not acknowledged, and disconnect."""
        if not self._closed:
            self._closed = True
            if self._watch is not None:
                self._watch.cancel()
            await self._stop_receiving(everything=True)
        await self._receiving.close()
        await self._publishing.close()

    async def _messages(self) -> int:
        return await (await self._receiving.line_within(self._options.backoff.base)).depth()

    async def _received(self, limit: int, *, until: timedelta) -> Sequence[Parcel]:
        while True:
            left = until - self._clock.monotonic()
            receiver = await self._receiving.line_within(left)
            await receiver.start()
            parcels = receiver.take(limit)
            if parcels or left <= _NO_TIME:
                return parcels
            await self._wait(receiver, left)

    async def _wait(self, receiver: Receiver, patience: timedelta) -> None:
        timer = asyncio.ensure_future(self._clock.sleep(patience))
        try:
            await asyncio.wait({receiver.arrival(), timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()

    async def _open_publisher(self, address: str) -> Publisher:
        return await Publisher.open(address, self._options)

    async def _open_receiver(self, address: str) -> Receiver:
        receiver = await Receiver.open(address, self._options, self._clock, self._mean.add)
        if self._watch is None and not self._closed:
            self._watch = asyncio.ensure_future(self._look_after_receiver())
        return receiver

    async def _look_after_receiver(self) -> None:
        """Cut a line that is dead, and give back what a receiver who no longer asks keeps from others."""
        while True:
            await self._clock.sleep(_WATCH)
            receiver = self._receiving.current
            if receiver is None or not receiver.is_up:
                continue
            receiver.check()
            if receiver.is_started and self._receivers:
                await receiver.check_flow()
            idle = self._clock.monotonic() - self._asked_at
            if receiver.is_started and not self._receivers and idle >= self._options.idle:
                await self._stop_receiving(everything=False)

    async def _stop_receiving(self, *, everything: bool) -> None:
        receiver = self._receiving.current
        if receiver is None or not receiver.is_up:
            return
        try:
            await receiver.stop(self._publish, everything=everything)
        except TransportUnavailable as error:
            _log.info("messages go back when their line closes, with keys that were acknowledged: %s", error)

    async def _publish(self, keys: Sequence[DeliveryKey]) -> None:
        bodies = packed(keys, most=self._options.keys_per_message)
        publisher = await self._publishing.line_within(self._options.backoff.base)
        await publisher.publish(bodies)
        self._mean.add(len(keys), len(bodies))

    def _check_open(self) -> None:
        if self._closed:
            raise TransportUnavailable("the connection to RabbitMQ is closed")


class _Mean:
    """How many keys a message holds, by those that were seen last."""

    def __init__(self) -> None:
        self._keys = self._messages = 0.0

    def add(self, keys: int, messages: int) -> None:
        self._keys = self._keys * _FADING + keys
        self._messages = self._messages * _FADING + messages

    def keys_in(self, messages: int) -> int:
        return round(messages * (self._keys / self._messages if self._messages else 1.0))
