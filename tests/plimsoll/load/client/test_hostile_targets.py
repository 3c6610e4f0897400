"""Whatever a target does, an exchange says it by name; nothing is raised, nothing hangs, and memory stays."""

from __future__ import annotations

import asyncio
import resource
import socket
import struct
import zlib
from datetime import timedelta

import pytest
from tests.plimsoll.load.client.conftest import Handler, MakeAgent, MakeClient, Serve

from plimsoll.load.client.agent import Agent
from plimsoll.load.client.exchange import Exchange
from plimsoll.load.client.failures import Failure
from plimsoll.load.client.options import MEBIBYTE, ClientOptions
from plimsoll.load.client.request import Request

pytestmark = pytest.mark.network
IN_THE_HEADERS = (b"HTTP/1.1 200 OK\r\nConte",)
IN_THE_BODY = (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",)
AFTER_AN_INTERIM = (b"HTTP/1.1 100 Continue\r\n\r\n",)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SOON = ClientOptions(timeout=timedelta(milliseconds=120))
MANY = 100_000


def handler(*said: bytes, then: str) -> Handler:
    """Say this after a request was read, then `close`, `reset` or `wait`."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in said:
            writer.write(piece)
            await writer.drain()
        if then == "wait":
            await reader.read()
        elif then == "reset":
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    return handle


async def fetched(agent: Agent, url: str, method: str = "GET") -> Exchange:
    return await agent.fetch(Request(method, url))


async def failure_of(agent: Agent, url: str) -> Failure | None:
    exchange = await fetched(agent, url)
    assert exchange.detail
    assert exchange.finished >= exchange.started > 0
    return exchange.error


async def test_refused(agent: MakeAgent, unused_port: int) -> None:
    assert await failure_of(agent(), f"http://127.0.0.1:{unused_port}/") is Failure.CONNECTION_REFUSED


async def test_a_name_that_nobody_knows(agent: MakeAgent) -> None:
    assert await failure_of(agent(), "http://no-such-host.invalid/") is Failure.DNS


@pytest.mark.parametrize(
    "url", ["ftp://host/", "http://", "no address", "http://a b/", "http://h:99999/", "http://h/\n", "http://[::1/"]
)
async def test_an_address_that_is_none(agent: MakeAgent, url: str) -> None:
    assert await failure_of(agent(), url) is Failure.BAD_REQUEST


@pytest.mark.parametrize("headers", [{"X": "a\r\nY: b"}, {"X Y": "a"}, {"": "a"}])
async def test_a_header_that_would_become_two(agent: MakeAgent, headers: dict[str, str]) -> None:
    exchange = await agent().fetch(Request("GET", "http://127.0.0.1:1/", headers))
    assert exchange.error is Failure.BAD_REQUEST


@pytest.mark.parametrize("said", [(), IN_THE_HEADERS, IN_THE_BODY])
async def test_reset_before_the_headers_in_them_and_in_the_body(
    serve: Serve, agent: MakeAgent, said: tuple[bytes, ...]
) -> None:
    target = await serve(handler=handler(*said, then="reset"))
    assert await failure_of(agent(), target.url) is Failure.CONNECTION_RESET


@pytest.mark.parametrize("said", [(), IN_THE_HEADERS, IN_THE_BODY])
async def test_closed_before_the_headers_in_them_and_in_the_body(
    serve: Serve, agent: MakeAgent, said: tuple[bytes, ...]
) -> None:
    target = await serve(handler=handler(*said, then="close"))
    assert await failure_of(agent(), target.url) is Failure.CONNECTION_CLOSED


@pytest.mark.parametrize("said", [(), IN_THE_HEADERS, AFTER_AN_INTERIM, IN_THE_BODY])
async def test_never_answering_and_stopping_half_way(serve: Serve, agent: MakeAgent, said: tuple[bytes, ...]) -> None:
    target = await serve(handler=handler(*said, then="wait"))
    assert await failure_of(agent(SOON), target.url) is Failure.TIMEOUT


async def test_headers_that_trickle_for_ever(serve: Serve, agent: MakeAgent) -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while not writer.is_closing():
            writer.write(b"X-More: x\r\n")
            await writer.drain()
            await asyncio.sleep(0.005)  # noqa: TID251 - the target's slowness is what is tested

    target = await serve(handler=trickle)
    assert await failure_of(agent(SOON), target.url) is Failure.TIMEOUT


async def test_a_connection_that_is_never_accepted(agent: MakeAgent) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        options = ClientOptions(connect_timeout=timedelta(milliseconds=100))
        agents = [agent(options) for _ in range(4)]
        port = full.getsockname()[1]
        asked = [asyncio.ensure_future(fetched(one, f"http://127.0.0.1:{port}/")) for one in agents]
        done, pending = await asyncio.wait(asked, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        for each in pending:
            each.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        assert {each.result().error for each in done} == {Failure.CONNECT_TIMEOUT}


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"220 smtp ready\r\n",
        b"\0" * 9_999,
    ],
)
async def test_garbage_in_place_of_http(serve: Serve, agent: MakeAgent, garbage: bytes) -> None:
    target = await serve(handler=handler(garbage, then="wait"))
    assert await failure_of(agent(), target.url) is Failure.BAD_RESPONSE


async def test_two_lengths_that_differ(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk")
    assert await failure_of(agent(), target.url) is Failure.BAD_RESPONSE


async def test_a_length_that_is_too_short_costs_the_connection_and_not_the_next_answer(
    serve: Serve, agent: MakeAgent
) -> None:
    target = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more", OK)
    one = agent()
    assert [(await fetched(one, target.url)).text for _ in range(3)] == ["ok", "ok", "ok"]
    assert target.connections == 2


async def test_headers_without_end(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(b"HTTP/1.1 200 OK\r\n" + b"X-More: xxxxxxxxxxxxxxxxxxxx\r\n" * 20_000 + b"\r\n")
    assert await failure_of(agent(), target.url) is Failure.HEADERS_TOO_LARGE


async def test_a_gigabyte_is_counted_and_not_kept(serve: Serve, agent: MakeAgent) -> None:
    piece, pieces = b"x" * MEBIBYTE, 1_024

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(piece) * pieces))
        for _ in range(pieces):
            writer.write(piece)
            await writer.drain()

    target = await serve(handler=pour)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    exchange = await fetched(agent(ClientOptions(body_limit=MEBIBYTE)), target.url)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert (exchange.error, exchange.status, exchange.body) == (Failure.BODY_TOO_LARGE, 200, b"")
    assert exchange.body_size == len(piece) * pieces
    assert grown < 32 * 1024  # KiB


async def test_a_bomb_of_gzip(serve: Serve, agent: MakeAgent) -> None:
    bomb = zlib.compress(b"\0" * 200 * MEBIBYTE, wbits=31)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    target = await serve(head + bomb)
    exchange = await fetched(agent(ClientOptions(body_limit=MEBIBYTE)), target.url)
    assert (exchange.error, exchange.body, exchange.body_size) == (Failure.BODY_TOO_LARGE, b"", len(bomb))


async def test_a_body_that_is_not_packed_as_it_says(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok")
    assert await failure_of(agent(), target.url) is Failure.BAD_ENCODING


async def test_closing_after_every_answer_without_saying_so_fails_nothing_that_may_be_asked_again(
    serve: Serve, agent: MakeAgent
) -> None:
    target = await serve(OK, closing=True)
    one = agent()
    exchanges = [await fetched(one, target.url) for _ in range(20)]
    assert {(each.status, each.error) for each in exchanges} == {(200, None)}


async def test_an_answer_that_nobody_asked_for_is_given_to_nobody(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(OK + OK.replace(b"ok", b"no"))
    one = agent()
    assert [(await fetched(one, target.url)).text for _ in range(5)] == ["ok"] * 5


async def test_a_hundred_thousand_addresses_leave_nothing_behind(client: MakeClient) -> None:
    prefixes = client().prefixes
    for number in range(MANY):
        prefixes.of(Request("GET", f"http://127.0.0.1/{number}"))
    assert prefixes._kept.cache_info().currsize < MANY / 10


async def test_hundreds_of_origins_leave_few_connections(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(OK)
    port = target.url.rpartition(":")[2]
    hosts = {f"host{number}.example": f"127.0.0.1:{port}" for number in range(300)}
    one = agent(ClientOptions(hosts=hosts))
    for host in hosts:
        assert (await fetched(one, f"http://{host}/")).status == 200
    assert len(one._lanes) <= 64
