"""The proxy that plays the network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import cast

import pytest

from natalis.testing.servers.proxy import TcpProxy

pytestmark = pytest.mark.network

_HOST = "127.0.0.1"
_MOMENT = 0.3  # s, in which an answer from this machine would have come
_SOON = 20.0  # s


class _Echo(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._transport.write(data)


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """A server that says back what it hears; its port."""
    server = await asyncio.get_running_loop().create_server(_Echo, _HOST, 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
async def proxy(echo: int) -> AsyncIterator[TcpProxy]:
    async with TcpProxy(echo) as started:
        yield started


class _Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, text: str, within: float = _SOON) -> str:
        self.writer.write(text.encode())
        return await self.hear(len(text), within)

    async def hear(self, length: int, within: float = _SOON) -> str:
        async with asyncio.timeout(within):
            return (await self.reader.readexactly(length)).decode()


Connect = Callable[[TcpProxy], Awaitable[_Client]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    async with AsyncExitStack() as clients:

        async def open_one(proxy: TcpProxy) -> _Client:
            reader, writer = await asyncio.open_connection(_HOST, proxy.port)
            clients.push_async_callback(_closed, writer)
            return _Client(reader, writer)

        yield open_one


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def test_it_forwards_what_is_said_and_the_end_of_it(proxy: TcpProxy, connect: Connect) -> None:
    client = await connect(proxy)
    assert await client.ask("Ada") == "Ada"
    client.writer.write_eof()
    assert await client.reader.read() == b""


async def test_it_forwards_more_than_it_holds(proxy: TcpProxy, connect: Connect) -> None:
    client = await connect(proxy)
    said = "x" * 20_000_000
    assert await client.ask(said) == said


async def test_a_cut_resets_what_is_open_and_serves_what_comes(proxy: TcpProxy, connect: Connect) -> None:
    client = await connect(proxy)
    await client.ask("Ada")
    proxy.cut()
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await client.ask("Grace")
    assert proxy.connections == 0
    assert await (await connect(proxy)).ask("Grace") == "Grace"


async def test_while_it_refuses_it_resets_what_is_open_and_takes_nobody(proxy: TcpProxy, connect: Connect) -> None:
    client = await connect(proxy)
    await client.ask("Ada")
    await proxy.refuse()
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await client.ask("Grace")
    with pytest.raises(ConnectionRefusedError):
        await connect(proxy)
    await proxy.pass_through()
    assert await (await connect(proxy)).ask("Ada") == "Ada"


async def test_a_black_hole_accepts_and_swallows_until_it_passes_on_what_it_held(
    proxy: TcpProxy, connect: Connect
) -> None:
    old = await connect(proxy)
    await old.ask("Ada")
    proxy.black_hole()
    new = await connect(proxy)
    for client in (old, new):
        with pytest.raises(TimeoutError):
            await client.ask("Grace", within=_MOMENT)
    await proxy.pass_through()
    for client in (old, new):
        assert await client.hear(len("Grace")) == "Grace"


async def test_a_client_that_leaves_a_black_hole_is_missed_only_afterwards(proxy: TcpProxy, connect: Connect) -> None:
    client = await connect(proxy)
    await client.ask("Ada")
    proxy.black_hole()
    client.writer.transport.abort()
    other = await connect(proxy)
    with pytest.raises(TimeoutError):
        await other.ask("Grace", within=_MOMENT)
    await proxy.pass_through()
    assert await other.hear(len("Grace")) == "Grace"
    assert proxy.connections == 1


async def test_a_delay_holds_all_back_in_order_and_ends(proxy: TcpProxy, connect: Connect) -> None:
    client = await connect(proxy)
    proxy.delay(timedelta(seconds=_MOMENT))
    for letter in "Ada":
        client.writer.write(letter.encode())
        await client.writer.drain()
    with pytest.raises(TimeoutError):
        await client.hear(3, within=_MOMENT)
    assert await client.hear(3) == "Ada"
    await proxy.pass_through()
    assert await client.ask("Grace") == "Grace"


async def test_when_nobody_is_behind_it_the_client_is_reset(unused_tcp_port: int, connect: Connect) -> None:
    async with TcpProxy(unused_tcp_port) as proxy:
        client = await connect(proxy)
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await client.ask("Ada")
