"""The transports that obey the suite: a new one is one line in `TRANSPORTS` and the function it names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

import pytest

from natalis.clocks.system import SystemClock
from natalis.ports.transport import Transport
from natalis.transports.embedded import EmbeddedQueue, EmbeddedTransport

Connect: TypeAlias = Callable[[], Awaitable[Transport]]
"""Opens one more connection to the same, at first empty, queue. The suite closes each one itself or leaves it."""


@asynccontextmanager
async def embedded() -> AsyncIterator[Connect]:
    """Give a queue in this process."""
    queue, clock = EmbeddedQueue(), SystemClock()

    async def connect() -> Transport:
        return EmbeddedTransport(clock, queue)

    yield connect


TRANSPORTS: list[Callable[[], AbstractAsyncContextManager[Connect]]] = [
    embedded,
]


@pytest.fixture(params=TRANSPORTS, ids=lambda transport: transport.__name__)
async def connect(request: pytest.FixtureRequest) -> AsyncIterator[Connect]:
    """Open connections to a new, empty queue."""
    async with request.param() as connect:
        yield connect


@pytest.fixture
async def transport(connect: Connect) -> AsyncIterator[Transport]:
    """One connection to a new, empty queue."""
    transport = await connect()
    yield transport
    await transport.close()
