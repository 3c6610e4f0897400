"""Names are looked up once and their addresses taken in turn; connections are limited, and who waits gets one."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from typing import Any

import pytest
from tests.plimsoll.load.client.conftest import MakeAgent, MakeClient, Serve, read_request

from plimsoll.errors import InvalidInput
from plimsoll.load.client.agent import Agent
from plimsoll.load.client.failures import Failed, Failure
from plimsoll.load.client.names import Address, Names, chosen
from plimsoll.load.client.options import ClientOptions, Family
from plimsoll.load.client.request import Request

FOUR, SIX = (socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    ("family", "found", "called"),
    [
        (Family.PREFER_IPV4, [SIX, FOUR], ([FOUR], [SIX])),
        (Family.PREFER_IPV4, [SIX], ([SIX], [])),
        (Family.PREFER_IPV6, [FOUR, SIX], ([SIX], [FOUR])),
        (Family.PREFER_IPV6, [FOUR], ([FOUR], [])),
        (Family.ONLY_IPV4, [SIX], ([], [])),
        (Family.ONLY_IPV6, [FOUR, SIX], ([SIX], [])),
        (Family.ANY, [SIX, FOUR, SIX], ([SIX, FOUR], [])),
    ],
)
def test_the_family_says_which_addresses_are_called_and_which_when_those_refuse(
    family: Family, found: list[Address], called: tuple[list[Address], list[Address]]
) -> None:
    assert chosen(found, family) == called


class Book:
    """A loop's `getaddrinfo` that knows what it was told, and counts."""

    def __init__(self, **known: list[str]) -> None:
        self.known = known
        self.asked = 0
        self.create_task = asyncio.get_running_loop().create_task

    async def getaddrinfo(self, host: str, _: object, **__: object) -> list[object]:
        self.asked += 1
        await asyncio.sleep(0)  # noqa: TID251 - no time passes
        if host not in self.known:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in self.known[host]]


def names(book: Book, options: ClientOptions | None = None) -> Names:
    return Names(book, options or ClientOptions())  # type: ignore[arg-type]  # as much of a loop as is needed


async def test_a_name_is_looked_up_once_for_all_who_ask() -> None:
    book = Book(host=["192.0.2.1"])
    them = names(book)
    await asyncio.gather(*(them.addresses_of("host", 80) for _ in range(50)))
    await them.addresses_of("host", 81)
    assert book.asked == 1


async def test_a_name_is_looked_up_again_after_its_time() -> None:
    book = Book(host=["192.0.2.1"])
    them = names(book, ClientOptions(names_last=timedelta(0)))
    for _ in range(3):
        await them.addresses_of("host", 80)
    assert book.asked == 3


async def test_addresses_are_taken_in_turn() -> None:
    them = names(Book(host=["192.0.2.1", "192.0.2.2"]))
    taken = [[address for _, address in (await them.addresses_of("host", 80))[0]] for _ in range(3)]
    first, second = "192.0.2.1", "192.0.2.2"
    assert taken == [[first, second], [second, first], [first, second]]


async def test_a_name_that_was_not_found_is_asked_for_again() -> None:
    book = Book()
    them = names(book)
    for _ in range(2):
        with pytest.raises(Failed) as refused:
            await them.addresses_of("host", 80)
        assert refused.value.failure is Failure.DNS
    assert book.asked == 2


async def test_who_gives_up_takes_the_answer_from_nobody() -> None:
    them = names(Book(host=["192.0.2.1"]))
    first, second = [asyncio.ensure_future(them.addresses_of("host", 80)) for _ in range(2)]
    await asyncio.sleep(0)  # noqa: TID251 - no time passes: both ask
    first.cancel()
    assert (await second)[0][0][1] == "192.0.2.1"


@pytest.mark.parametrize(
    ("said", "called"),
    [
        ({"host": "192.0.2.9"}, ("192.0.2.9", 80)),
        ({"host": "192.0.2.9:8080"}, ("192.0.2.9", 8080)),
        ({"host:80": "192.0.2.9:8080", "host": "192.0.2.1"}, ("192.0.2.9", 8080)),
        ({"host:81": "192.0.2.9"}, ("192.0.2.1", 80)),
        ({"HOST": "2001:db8::1"}, ("2001:db8::1", 80)),
        ({"host": "[2001:db8::1]:8080"}, ("2001:db8::1", 8080)),
    ],
)
async def test_an_override_goes_before_the_lookup(said: dict[str, str], called: tuple[str, int]) -> None:
    book = Book(**{"host": ["192.0.2.1"], "192.0.2.9": ["192.0.2.9"], "2001:db8::1": ["2001:db8::1"]})
    addresses, port = await names(book, ClientOptions(hosts=said)).addresses_of("host", 80)
    assert [(address, port) for _, address in addresses] == [called]


class Several:
    """Names of several addresses."""

    def __init__(self, port: int, *addresses: str) -> None:
        self._addresses = [(socket.AF_INET, each) for each in addresses]
        self._port = port

    async def addresses_of(self, *_: object) -> tuple[list[Address], int]:
        return self._addresses, self._port


@pytest.mark.network
@pytest.mark.parametrize(("falls_back", "error"), [(True, None), (False, Failure.CONNECTION_REFUSED)])
async def test_a_further_address_is_called_when_the_first_refuses_and_it_is_said(
    serve: Serve, client: MakeClient, *, falls_back: bool, error: Failure | None
) -> None:
    target = await serve(OK)
    shared = client(ClientOptions(fall_back=falls_back))
    port = int(target.url.rpartition(":")[2])
    shared.dialler._names = Several(port, "127.0.0.2", "127.0.0.1")  # type: ignore[assignment]  # as much as is needed
    one = Agent(shared)

    exchange = await one.fetch(Request("GET", "http://service.example/"))

    assert exchange.error is error
    assert shared.dialler.passed_over == ({f"127.0.0.2:{port} (connection_refused)"} if falls_back else set())
    assert exchange.address == (f"127.0.0.1:{port}" if falls_back else "")
    one.close()


@pytest.mark.network
async def test_when_all_addresses_refuse_the_first_says_why(client: MakeClient, unused_port: int) -> None:
    shared = client()
    shared.dialler._names = Several(unused_port, "127.0.0.2", "127.0.0.1")  # type: ignore[assignment]  # as above
    exchange = await Agent(shared).fetch(Request("GET", "http://service.example/"))
    assert exchange.error is Failure.CONNECTION_REFUSED
    assert not shared.dialler.passed_over


class Crowded:
    """Answers when it is told to, and knows how many it holds at once."""

    def __init__(self) -> None:
        self.open = self.most = self.answered = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            while True:
                await read_request(reader)
                self.answered += 1
                writer.write(OK)
        finally:
            self.open -= 1


@pytest.mark.network
async def test_a_user_has_no_more_connections_to_an_origin_than_allowed_and_nobody_is_forgotten(
    serve: Serve, agent: MakeAgent
) -> None:
    crowded = Crowded()
    target = await serve(handler=crowded)
    one = agent(ClientOptions(connections_per_origin=3))
    exchanges = await asyncio.gather(*(one.fetch(Request("GET", target.url)) for _ in range(50)))
    assert {each.status for each in exchanges} == {200}
    assert (target.connections, crowded.answered) == (3, 50)


@pytest.mark.network
async def test_a_process_has_no_more_connections_than_allowed_and_nobody_is_forgotten(
    serve: Serve, client: MakeClient
) -> None:
    crowded = Crowded()
    target = await serve(handler=crowded)
    shared = client(ClientOptions(connections=4))
    agents = [Agent(shared) for _ in range(20)]
    for _ in range(3):
        exchanges = await asyncio.gather(*(each.fetch(Request("GET", target.url)) for each in agents))
        assert {each.status for each in exchanges} == {200}
    assert (crowded.most <= 4, crowded.answered) == (True, 60)
    for each in agents:
        each.close()


@pytest.mark.network
async def test_waiting_for_a_connection_is_blocked_time_and_ends(serve: Serve, client: MakeClient) -> None:
    asked = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await read_request(reader)
        asked.set()
        await reader.read()

    target = await serve(handler=say_nothing)
    shared = client(ClientOptions(connections=1, connect_timeout=timedelta(milliseconds=80)))
    first, second = Agent(shared), Agent(shared)
    holding = asyncio.ensure_future(first.fetch(Request("GET", target.url)))
    await asked.wait()
    exchange = await second.fetch(Request("GET", target.url))
    assert (exchange.error, exchange.duration) == (Failure.CONNECT_TIMEOUT, 0)
    assert exchange.blocked >= 80_000_000
    holding.cancel()
    await asyncio.wait([holding])


@pytest.mark.parametrize(
    "wrong",
    [
        {"connections": 0},
        {"connections_per_origin": 0},
        {"body_limit": 0},
        {"timeout": timedelta(0)},
        {"connect_timeout": timedelta(seconds=-1)},
        {"redirects": -1},
    ],
)
def test_an_option_that_makes_no_sense_is_refused_by_its_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        ClientOptions(**wrong)
