"""What is sent, what came of it, and when what happened."""

from __future__ import annotations

import asyncio
import zlib
from contextlib import suppress
from datetime import timedelta

import pytest
from tests.plimsoll.load.client.conftest import MakeAgent, Serve, read_request

from plimsoll.load.client.failures import Failure
from plimsoll.load.client.options import ClientOptions
from plimsoll.load.client.request import Request

pytestmark = pytest.mark.network
OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"a": 1}'
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


async def test_an_answer_is_there_in_full(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(OK)
    exchange = await agent().fetch(Request("GET", f"{target.url}/a?b=c#d"))
    assert (exchange.status, exchange.error, exchange.protocol) == (200, None, "HTTP/1.1")
    assert (exchange.json(), exchange.body_size, exchange.received) == ({"a": 1}, 8, len(OK))
    assert exchange.headers["content-TYPE"] == "application/json"
    assert exchange.url == f"{target.url}/a?b=c"
    assert f"http://{exchange.address}" == target.url
    assert exchange.sent == len(target.asked[0])


async def test_instants_follow_one_another_and_durations_add_up(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(OK)
    one = agent()
    for exchange in [await one.fetch(Request("GET", target.url)) for _ in range(2)]:
        assert exchange.started <= exchange.ready <= exchange.sent_at <= exchange.first_at <= exchange.finished
        assert exchange.sending + exchange.waiting + exchange.receiving == exchange.duration
        assert exchange.blocked + exchange.duration == exchange.finished - exchange.started
        assert exchange.blocked >= exchange.looking_up + exchange.connecting


async def test_only_the_first_request_of_a_connection_connects(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(OK)
    one = agent()
    first, second = [await one.fetch(Request("GET", target.url)) for _ in range(2)]
    assert (first.reused, second.reused, target.connections) == (False, True, 1)
    assert first.connecting > 0
    assert second.connecting == second.looking_up == 0


async def test_each_user_has_a_connection_of_its_own(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(OK)
    for one in (agent(), agent()):
        await one.fetch(Request("GET", target.url))
    assert target.connections == 2


async def test_the_request_is_what_was_asked_for(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(OK)
    options = ClientOptions(headers={"Accept": "*/*", "X-Team": "a"}, user_agent="tester")
    await agent(options).fetch(Request("PUT", f"{target.url}/ü?q=a b", {"x-team": "b"}, b"body"))
    host = target.url.removeprefix("http://")
    assert target.asked[0].decode() == (
        f"PUT /%C3%BC?q=a%20b HTTP/1.1\r\nHost: {host}\r\nUser-Agent: tester\r\nAccept: */*\r\nx-team: b\r\n"
        "Content-Length: 4\r\n\r\nbody"
    )


async def test_credentials_in_the_address_become_a_header_and_are_not_shown(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(OK)
    exchange = await agent().fetch(Request("GET", target.url.replace("//", "//user:p%40ss@")))
    assert b"\r\nAuthorization: Basic dXNlcjpwQHNz\r\n" in target.asked[0]
    assert exchange.url == f"{target.url}/"


@pytest.mark.parametrize(("method", "says"), [("POST", True), ("PUT", True), ("PATCH", True), ("GET", False)])
async def test_an_empty_body_has_a_length_where_a_body_is_expected(
    serve: Serve, agent: MakeAgent, method: str, says: bool
) -> None:
    target = await serve(EMPTY)
    await agent().fetch(Request(method, target.url))
    assert (b"Content-Length: 0" in target.asked[0]) is says


async def test_a_large_body_is_sent_whole_and_sending_takes_until_it_is(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(EMPTY)
    body = bytes(range(256)) * 40_000
    exchange = await agent().fetch(Request("POST", target.url, body=body))
    assert target.asked[0].endswith(b"\r\n\r\n" + body)
    assert (exchange.status, exchange.sent) == (200, len(target.asked[0]))
    assert exchange.sending > 0


async def test_leave_to_send_a_body_is_waited_for(serve: Serve, agent: MakeAgent) -> None:
    seen: list[bytes] = []

    async def ask_for_it(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        seen.append(await reader.readexactly(4))
        writer.write(EMPTY)

    target = await serve(handler=ask_for_it)
    exchange = await agent().fetch(Request("POST", target.url, {"Expect": "100-continue"}, b"body"))
    assert (exchange.status, exchange.sent, seen[1]) == (200, len(seen[0]) + 4, b"body")


async def test_a_body_is_not_sent_where_leave_is_refused(serve: Serve, agent: MakeAgent) -> None:
    seen: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n")
        seen.append(await reader.read())

    target = await serve(handler=refuse)
    one = agent()
    exchange = await one.fetch(Request("POST", target.url, {"Expect": "100-continue"}, b"body"))
    assert exchange.status == 417
    assert target.connections == 1
    await one.fetch(Request("GET", target.url, timeout=timedelta(milliseconds=50)))
    assert (seen[0], target.connections) == (b"", 2)


async def test_a_stale_connection_is_tried_once_more_on_a_fresh_one(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(handler=_answers_once_and_hangs_up_on_the_next)
    one = agent()
    exchanges = [await one.fetch(Request("GET", target.url)) for _ in range(3)]
    assert [(each.status, each.retried) for each in exchanges] == [(200, False), (200, True), (200, True)]
    assert target.connections == 3


async def test_what_may_not_be_done_twice_is_not_tried_again(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(handler=_answers_once_and_hangs_up_on_the_next)
    one = agent()
    first, second = [await one.fetch(Request("POST", target.url, body=b"x")) for _ in range(2)]
    assert (first.status, second.error, target.connections) == (200, Failure.CONNECTION_CLOSED, 1)


async def test_a_fresh_connection_that_is_closed_is_not_tried_again(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(handler=_hangs_up)
    exchange = await agent().fetch(Request("GET", target.url))
    assert (exchange.error, exchange.retried, target.connections) == (Failure.CONNECTION_CLOSED, False, 1)


async def test_without_reuse_each_request_has_a_connection(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(OK)
    one = agent(ClientOptions(reuse_connections=False))
    for _ in range(3):
        assert (await one.fetch(Request("GET", target.url))).status == 200
    assert target.connections == 3
    assert b"\r\nConnection: close\r\n" in target.asked[0]


async def test_bodies_can_be_discarded(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(OK)
    exchange = await agent(ClientOptions(discard_bodies=True)).fetch(Request("GET", target.url))
    assert (exchange.status, exchange.error, exchange.body, exchange.body_size) == (200, None, b"", 8)


async def test_a_request_may_have_a_timeout_of_its_own_and_others_are_not_ended_by_it(
    serve: Serve, agent: MakeAgent
) -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while b"/slow" in await read_request(reader):
            await asyncio.sleep(0.2)  # noqa: TID251 - the target's slowness is what is tested
            writer.write(OK)

    target = await serve(handler=slow)
    one = agent()
    patient = asyncio.ensure_future(one.fetch(Request("GET", f"{target.url}/slow")))
    short = await one.fetch(Request("GET", f"{target.url}/slow", timeout=timedelta(milliseconds=30)))
    assert (short.error, (await patient).status) == (Failure.TIMEOUT, 200)


async def test_a_request_that_is_cancelled_closes_its_connection(serve: Serve, agent: MakeAgent) -> None:
    waiting = _Waiting()
    target = await serve(handler=waiting)
    asked = asyncio.ensure_future(agent().fetch(Request("GET", target.url)))
    await waiting.asked.wait()
    asked.cancel()
    await asyncio.wait_for(waiting.hung_up.wait(), 10)
    assert asked.cancelled()


async def test_an_answer_that_looks_like_the_last_one_is_unpacked_like_it(serve: Serve, agent: MakeAgent) -> None:
    packed = zlib.compress(b"plain", wbits=31)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    target = await serve(OK, OK, head + packed)
    one = agent()
    texts = [(await one.fetch(Request("GET", target.url))).text for _ in range(5)]
    assert texts == ['{"a": 1}'] * 2 + ["plain"] * 3


async def test_a_user_that_goes_ends_what_is_in_flight(serve: Serve, agent: MakeAgent) -> None:
    waiting = _Waiting()
    target = await serve(handler=waiting)
    one = agent()
    asked = asyncio.ensure_future(one.fetch(Request("GET", target.url)))
    await waiting.asked.wait()
    one.close()
    assert (await asyncio.wait_for(asked, 10)).error is Failure.CONNECTION_CLOSED
    await asyncio.wait_for(waiting.hung_up.wait(), 10)


async def test_a_user_that_goes_while_connecting_leaves_no_connection(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(OK)
    one = agent()
    asked = asyncio.ensure_future(one.fetch(Request("GET", target.url)))
    await asyncio.sleep(0)  # noqa: TID251 - no time passes: it starts
    one.close()
    assert (await asyncio.wait_for(asked, 10)).error is Failure.CONNECTION_CLOSED


class _Waiting:
    """Reads and never answers; says when it was asked and when the other side hung up."""

    def __init__(self) -> None:
        self.asked, self.hung_up = asyncio.Event(), asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while await reader.read(1024):
                self.asked.set()
        self.hung_up.set()


async def _answers_once_and_hangs_up_on_the_next(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(OK)
    await read_request(reader)


async def _hangs_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await read_request(reader)
