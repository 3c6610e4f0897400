"""The transports that obey the suite: a new one is one line in `TRANSPORTS` and the function it names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

import pytest
from _pytest.mark import ParameterSet

from natalis.clocks.system import SystemClock
from natalis.ports.transport import Transport
from natalis.transports.embedded import EmbeddedQueue, EmbeddedTransport
from natalis.transports.rabbitmq import RabbitMQOptions, RabbitMQTransport, read_addresses

Connect: TypeAlias = Callable[[], Awaitable[Transport]]
"""Opens one more connection to the same, at first empty, queue. The suite closes each one itself or leaves it."""


@asynccontextmanager
async def embedded(_: pytest.FixtureRequest) -> AsyncIterator[Connect]:
    """Give a queue in this process."""
    queue, clock = EmbeddedQueue(), SystemClock()

    async def connect() -> Transport:
        return EmbeddedTransport(clock, queue)

    yield connect


@asynccontextmanager
async def rabbitmq(request: pytest.FixtureRequest) -> AsyncIterator[Connect]:
    """Give a queue of a RabbitMQ node."""
    options = RabbitMQOptions(read_addresses(request.getfixturevalue("rabbitmq").url))

    async def connect() -> Transport:
        return RabbitMQTransport(options, SystemClock())

    yield connect


TRANSPORTS: list[Callable[[pytest.FixtureRequest], AbstractAsyncContextManager[Connect]] | ParameterSet] = [
    embedded,
    pytest.param(rabbitmq, marks=pytest.mark.network),
]


@pytest.fixture(params=TRANSPORTS, ids=lambda transport: transport.__name__)
async def connect(request: pytest.FixtureRequest) -> AsyncIterator[Connect]:
    """Open connections to a new, empty queue."""
    async with request.param(request) as connect:
        yield connect


@pytest.fixture
async def transport(connect: Connect) -> AsyncIterator[Transport]:
    """One connection to a new, empty queue."""
    transport = await connect()
    yield transport
    await transport.close()
