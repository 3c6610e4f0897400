"""Rules: whatever a server does, a call ends in time and in little memory, and is never told better than it went."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypeAlias

import pytest
import uvloop

from natalis.clocks.virtual import VirtualClock
from natalis.domain.message import Message
from natalis.domain.outcome import Deferred, Delivered, Outcome, Refused, Unknown
from natalis.providers.http import HttpProvider
from natalis.providers.http1.reading import BODY_LIMIT, HEAD_LIMIT
from natalis.providers.http_options import HttpOptions
from natalis.testing.builders import NOON

pytestmark = [
    pytest.mark.network,
    # The hook that is to replace the fixture concerns every test of a run, not those of one file.
    pytest.mark.filterwarnings("ignore:Overriding the .event_loop_policy. fixture is deprecated"),
]
OK = b'{"success": true, "messageId": "m-1"}'
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(OK), OK)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PATIENCE = timedelta(seconds=5)
ENOUGH = 64 * 1024 * 1024  # bytes: a server that got rid of this many would never stop
MUCH = 16 * 1024 * 1024  # bytes: what socket buffers and one read may hold is far less
Attend: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(params=[asyncio.DefaultEventLoopPolicy, uvloop.EventLoopPolicy], ids=["asyncio", "uvloop"])
def event_loop_policy(request: pytest.FixtureRequest) -> asyncio.AbstractEventLoopPolicy:
    """Run on both loops: they differ in what their transports do when a connection ends."""
    policy: asyncio.AbstractEventLoopPolicy = request.param()
    return policy


@asynccontextmanager
async def facing(attend: Attend, **options: Any) -> AsyncIterator[HttpProvider]:
    """Yield a provider with one connection, to a server that attends to each connection in this way."""
    settings: dict[str, Any] = {"connections": 1, "timeout": PATIENCE} | options
    attending: set[asyncio.Task[None]] = set()

    async def attended(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        attending.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await attend(reader, writer)
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(attended, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    provider = HttpProvider(HttpOptions(url, **settings), VirtualClock(NOON))
    try:
        yield provider
    finally:
        await provider.close()
        server.close()
        await asyncio.gather(*attending)
        await server.wait_closed()


async def read_call(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().splitlines() if line.startswith(b"content-length:"))
    await reader.readexactly(length)


def answering(*pieces: bytes) -> Attend:
    """Return a server that answers each connection's first call with these pieces, then closes."""

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_call(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
        await reader.read()

    return attend


async def outcome_facing(attend: Attend, message: Message) -> Outcome:
    async with facing(attend) as provider:
        return await provider.send(message)


@pytest.mark.parametrize(
    "pieces",
    [
        (WHOLE,),
        tuple(WHOLE[at : at + 1] for at in range(len(WHOLE))),
        (b"HTTP/1.1 200 OK\r\n\r\n" + OK[:9], OK[9:]),
        (b"HTTP/1.0 200 OK\r\n\r\n" + OK,),
        (b"HTTP/1.1 100 Continue\r\n\r\n", WHOLE),
        (b"HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n" + WHOLE,),
        (CHUNKED + b"5;x=y\r\n%b\r\n" % OK[:5], b"%x\r\n%b\r\n0\r\nRetry-After: 9\r\n\r\n" % (len(OK) - 5, OK[5:])),
    ],
    ids=["whole", "byte by byte", "until the end", "HTTP/1.0", "100 before", "103 before", "chunked with trailer"],
)
async def test_an_answer_is_read_however_it_comes(message: Message, pieces: tuple[bytes, ...]) -> None:
    assert await outcome_facing(answering(*pieces), message) == Delivered("m-1")


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\xff" * 500,
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n12345",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" + WHOLE,
        b"HTTP/1.1 100 Continue\r\n\r\n",
        CHUNKED + b"fffffffffffffffff\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n" + OK[:-1],
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ],
    ids=[
        *("noise", "status", "negative length", "two lengths", "header", "upgrade", "only 100", "chunk size"),
        *("cut until the end", "nothing in it"),
    ],
)
async def test_an_answer_that_is_none_is_unknown(message: Message, answer: bytes) -> None:
    assert isinstance(await outcome_facing(answering(answer), message), Unknown)


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", b" " * 65536),
        (b"HTTP/1.1 200 OK\r\n\r\n", b" " * 65536),
        (CHUNKED, b"1\r\n \r\n" * 10_000),
        (CHUNKED + b"0\r\n", b"X: y\r\n" * 10_000),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 10_000),
        (b"HTTP/1.1 200 OK\r\nX: ", b"y" * 65536),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 3_000),
    ],
    ids=["a gigabyte", "no end", "tiny chunks", "trailers", "headers", "one header", "provisional answers"],
)
async def test_an_answer_without_end_is_cut_off(message: Message, begin: bytes, more: bytes) -> None:
    written = 0

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await read_call(reader)
        writer.write(begin)
        while written < ENOUGH:
            writer.write(more)
            await writer.drain()
            written += len(more)

    assert isinstance(await outcome_facing(pour, message), Unknown)
    assert max(BODY_LIMIT, HEAD_LIMIT) < written < MUCH


async def test_a_no_with_a_body_without_end_is_still_a_no(message: Message) -> None:
    answer = b"HTTP/1.1 422 X\r\nContent-Length: 1073741824\r\n\r\n" + b" " * (2 * BODY_LIMIT)
    assert isinstance(await outcome_facing(answering(answer), message), Refused)


async def test_an_answer_in_drops_is_given_up_in_time(message: Message) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_call(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while not writer.is_closing():
            writer.write(b"X: y\r\n")
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.01):
                    await reader.read()

    async with facing(drip, timeout=timedelta(milliseconds=200)) as provider:
        assert await provider.send(message) == Unknown("no answer within 0.2 s")


@pytest.mark.parametrize("unasked", [WHOLE, b"HTTP/1.1 408 Timeout\r\n\r\n", b"x"], ids=["answer", "408", "noise"])
async def test_what_nobody_asked_for_answers_no_other_call(message: Message, unasked: bytes) -> None:
    """A server that says more than was asked could pass the surplus off as the answer to the next person's call."""
    calls: list[int] = []

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(calls)
        calls.append(0)
        while True:
            await read_call(reader)
            calls[number] += 1
            writer.write(WHOLE if number else WHOLE.replace(b"m-1", b"m-0") + unasked)

    async with facing(attend) as provider:
        outcomes = [await provider.send(message) for _ in range(3)]
    assert outcomes == [Delivered("m-0"), Delivered("m-1"), Delivered("m-1")]
    assert calls == [1, 2]


async def test_bytes_on_an_idle_connection_end_it(message: Message) -> None:
    later, ended = asyncio.Event(), asyncio.Event()

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_call(reader)
        writer.write(WHOLE)
        await later.wait()
        writer.write(WHOLE)
        assert await reader.read() == b""
        ended.set()

    async with facing(attend) as provider:
        assert await provider.send(message) == Delivered("m-1")
        later.set()
        await ended.wait()


async def test_a_connection_that_ended_while_idle_costs_no_call(message: Message) -> None:
    connections = 0

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await read_call(reader)
        writer.write(WHOLE)
        writer.write_eof()
        await reader.read()  # ends when the provider has let go of it too

    async with facing(attend) as provider:
        assert await provider.send(message) == Delivered("m-1")
        while provider.connections:
            await VirtualClock(NOON).sleep(timedelta(0))
        assert await provider.send(message) == Delivered("m-1")
    assert connections == 2


async def test_a_call_on_a_connection_that_is_being_closed_is_unknown_and_not_repeated(message: Message) -> None:
    calls = 0

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        while True:
            await read_call(reader)
            calls += 1
            if calls == 2:
                return  # as if it had decided to close before it read the call
            writer.write(WHOLE)

    async with facing(attend) as provider:
        assert await provider.send(message) == Delivered("m-1")
        assert isinstance(await provider.send(message), Unknown)
        assert calls == 2
        assert await provider.send(message) == Delivered("m-1")


@pytest.mark.parametrize("sent", [0, 10, 40, len(WHOLE) - 1])
async def test_a_reset_in_the_middle_of_an_answer_is_unknown(message: Message, sent: int) -> None:
    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_call(reader)
        writer.write(WHOLE[:sent])
        await writer.drain()

    assert isinstance(await outcome_facing(attend, message), Unknown)


async def test_an_answer_before_the_call_was_read_is_heard_and_its_connection_left(message: Message) -> None:
    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        await reader.read()

    async with facing(attend) as provider:
        outcome = await provider.send(message)
    assert isinstance(outcome, Refused | Unknown)


async def test_closing_breaks_calls_under_way(message: Message) -> None:
    heard = asyncio.Event()

    async def attend(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await read_call(reader)
        heard.set()
        await reader.read()

    async with facing(attend) as provider:
        call = asyncio.ensure_future(provider.send(message))
        await heard.wait()
        await provider.close()
        assert isinstance(await call, Unknown)
        assert isinstance(await provider.send(message), Deferred)


async def test_idle_connections_are_closed_after_a_while(message: Message) -> None:
    ended = asyncio.Event()

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_call(reader)
        writer.write(WHOLE)
        await reader.read()
        ended.set()

    async with facing(attend, keep_alive=timedelta(milliseconds=20)) as provider:
        assert await provider.send(message) == Delivered("m-1")
        await ended.wait()
