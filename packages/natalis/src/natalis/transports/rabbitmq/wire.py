"""One connection with one channel: pika's callbacks as awaitables, and its errors as `TransportUnavailable`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Self

from pika.adapters.asyncio_connection import AsyncioConnection
from pika.channel import Channel
from pika.connection import Parameters, URLParameters
from pika.exceptions import AMQPError

from natalis.errors import TransportUnavailable
from natalis.transports.rabbitmq.addresses import shown
from natalis.transports.rabbitmq.options import RabbitMQOptions
from natalis.transports.rabbitmq.topology import queues

_GOODBYE = timedelta(seconds=2)


class Wire:
    """An open channel. Once it is down it stays down; what waits for an answer then fails with the reason.

    Attributes:
        channel: pika's own.
        down: Done, with the reason, when the connection or the channel is lost or closed.
        blocked: Why the broker takes nothing at the moment (`connection.blocked`); empty while it does.
    """

    def __init__(self, address: str, connection: AsyncioConnection, timeout: timedelta) -> None:
        self._at = shown(address)
        self._connection = connection
        self._timeout = timeout.total_seconds()
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.channel: Channel
        self.down: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.blocked = ""
        connection.add_on_close_callback(self._on_close)
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)

    @classmethod
    async def open(cls, address: str, options: RabbitMQOptions) -> Self:
        """Connect to a node and declare the queues.

        Raises:
            TransportUnavailable: It cannot be reached, does not let us in, or has queues of another make.
        """
        wire = cls(address, await connected(address, options), options.answer_timeout)
        try:
            async with asyncio.timeout(options.connect_timeout.total_seconds()):
                await wire._set_up(options)
        except TimeoutError:
            wire.abort("it does not declare the queues in time")
            raise TransportUnavailable(wire.reason) from None
        except BaseException:
            wire.abort("it was given up while it was set up")
            raise
        return wire

    @property
    def is_up(self) -> bool:
        """Whether it can still be used."""
        return not self.down.done()

    @property
    def reason(self) -> str:
        """Why it is down."""
        return self.down.result() if self.down.done() else ""

    @property
    def bytes_received(self) -> int:
        """How much the broker has said, heartbeats included."""
        return int(self._connection.bytes_received)

    async def ask(self, begin: Callable[[Callable[[Any], None]], object]) -> Any:
        """Ask the broker and return its answer.

        Args:
            begin: Asks; given the function that takes the answer.

        Raises:
            TransportUnavailable: The wire is down, or there was no answer in time (and the wire is down now).
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def take(frame: Any) -> None:
            if not answer.done():
                answer.set_result(frame)

        self.act(lambda: begin(take))
        await asyncio.wait({answer, self.down}, timeout=self._timeout, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        self.abort(f"it does not answer within {self._timeout:g} s")
        raise TransportUnavailable(self.reason)

    def act(self, speak: Callable[[], object]) -> None:
        """Say something that has no answer.

        Raises:
            TransportUnavailable: The wire is down.
        """
        if not self.is_up:
            raise TransportUnavailable(self.reason)
        try:
            speak()
        except AMQPError as error:
            self.abort(_described(error))
            raise TransportUnavailable(self.reason) from error

    def abort(self, reason: str) -> None:
        """Cut the connection: the broker takes back what is not acknowledged. Does nothing once it is down."""
        self._fell(reason)
        if not self._connection.is_closed:
            # The orderly close waits for an answer, which a node that hangs never gives. pika's heartbeat cuts so too.
            self._connection._terminate_stream(AMQPError(reason))  # noqa: SLF001 - there is no public way to cut it

    async def close(self) -> None:
        """Close in order, so that the broker has heard everything said before; cut the connection where that fails."""
        self._fell("it was closed")
        if self._connection.is_open:
            self._connection.close()
        await asyncio.wait({self._gone}, timeout=_GOODBYE.total_seconds())
        self.abort("it was closed")

    async def _set_up(self, options: RabbitMQOptions) -> None:
        opened = await self.ask(lambda done: self._connection.channel(on_open_callback=done))
        self.channel = opened
        self.channel.add_on_close_callback(self._on_channel_close)
        for queue in queues(options):
            await self._declare(queue.name, queue.arguments)

    async def _declare(self, name: str, arguments: Mapping[str, object]) -> None:
        await self.ask(
            lambda done: self.channel.queue_declare(name, durable=True, arguments=dict(arguments), callback=done)
        )

    def _fell(self, reason: str) -> None:
        if not self.down.done():
            self.down.set_result(f"RabbitMQ at {self._at}: {reason}")

    def _on_close(self, _: object, error: BaseException) -> None:
        self._fell(_described(error))
        if not self._gone.done():
            self._gone.set_result(None)

    def _on_channel_close(self, _: object, error: BaseException) -> None:
        self.abort(_described(error))

    def _on_blocked(self, _: object, frame: Any) -> None:
        self.blocked = f"it takes nothing ({frame.method.reason})"

    def _on_unblocked(self, *_: object) -> None:
        self.blocked = ""


async def connected(address: str, options: RabbitMQOptions) -> AsyncioConnection:
    """Return an open connection to a node; raises `TransportUnavailable`."""
    try:
        parameters = _parameters(address, options)
    except ValueError as error:  # pika's word on what follows the `?`
        raise TransportUnavailable(f"RabbitMQ at {shown(address)}: its address will not do ({error})") from error
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[AsyncioConnection | BaseException] = loop.create_future()

    def on_done(result: AsyncioConnection | BaseException) -> None:
        if not outcome.done():
            outcome.set_result(result)
        elif isinstance(result, AsyncioConnection):
            result.close()  # nobody waits for it any more

    AsyncioConnection.create_connection([parameters], on_done, custom_ioloop=loop)
    result = await outcome
    if isinstance(result, BaseException):
        raise TransportUnavailable(f"RabbitMQ at {shown(address)}: {_described(result)}") from result
    return result


def _parameters(address: str, options: RabbitMQOptions) -> Parameters:
    parameters = URLParameters(address)
    timeout = options.connect_timeout.total_seconds()
    parameters.heartbeat = max(1, round(options.heartbeat.total_seconds()))
    parameters.socket_timeout = timeout
    parameters.stack_timeout = timeout
    parameters.client_properties = {"connection_name": options.name}
    return parameters


def _described(error: BaseException) -> str:
    """Return the innermost cause in words: pika wraps one in the other, and lists an error for each address tried."""
    causes = getattr(error, "exceptions", None) or (getattr(error, "exception", None),)
    inner = next((each for each in reversed(tuple(causes)) if isinstance(each, BaseException)), None)
    return f"{type(error).__name__}: {error}" if inner is None else _described(inner)
