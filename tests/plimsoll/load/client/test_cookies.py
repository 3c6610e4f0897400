"""Cookies are taken, kept, sent and forgotten as RFC 6265 has it."""

from __future__ import annotations

import pytest
from tests.plimsoll.load.client.conftest import MakeAgent, Serve

from plimsoll.load.client.cookies import Jar, read_cookie
from plimsoll.load.client.options import ClientOptions
from plimsoll.load.client.request import Request
from plimsoll.load.client.urls import place_of

NOW = 1_700_000_000.0
HERE = "https://www.shop.example/cart/items"


def sent(header: str, to: str, *, by: str = HERE, later: float = 0.0) -> str:
    """Return which cookie is sent somewhere, some seconds after a place has set it."""
    now = [NOW]
    jar = Jar(lambda: now[0])
    jar.take(place_of(by), header)
    now[0] += later
    return jar.header_for(place_of(to))


@pytest.mark.parametrize(
    ("header", "to"),
    [
        ("a=b", HERE),
        ("a=b", "https://www.shop.example/cart/other?x=y"),
        ("a=b; Path=/", "https://www.shop.example/"),
        ("a=b; Path=/cart", "https://www.shop.example/cart"),
        ("a=b; Path=/; Domain=shop.example", "https://api.shop.example/"),
        ("a=b; Path=/; Domain=.SHOP.example", "https://shop.example/"),
        ("a=b; Path=/", "http://www.shop.example:8080/"),
        ("a=b; Path=/; Secure; HttpOnly; SameSite=Lax", "https://www.shop.example/"),
        ("a=b; Path=nonsense", "https://www.shop.example/cart/"),
    ],
)
def test_a_cookie_is_sent_where_it_belongs(header: str, to: str) -> None:
    assert sent(header, to) == "a=b"


@pytest.mark.parametrize(
    ("header", "to"),
    [
        ("a=b", "https://www.shop.example/"),
        ("a=b; Path=/cart", "https://www.shop.example/cartoon"),
        ("a=b; Path=/", "https://shop.example/"),
        ("a=b; Path=/", "https://sub.www.shop.example/"),
        ("a=b; Path=/; Domain=shop.example", "https://workshop.example/"),
        ("a=b; Path=/; Secure", "http://www.shop.example/"),
    ],
)
def test_a_cookie_is_not_sent_elsewhere(header: str, to: str) -> None:
    assert sent(header, to) == ""


@pytest.mark.parametrize(
    "header", ["a=b; Domain=other.example", "a=b; Domain=example", "no pair", "=b", "", "a=" + "b" * 5_000]
)
def test_a_cookie_that_may_not_be_set_is_not_taken(header: str) -> None:
    assert read_cookie(header, place_of(HERE), NOW) is None


def test_an_address_has_no_domain_above_it() -> None:
    assert sent("a=b; Path=/; Domain=0.0.1", "http://127.0.0.1/", by="http://127.0.0.1/") == ""
    assert sent("a=b; Path=/; Domain=127.0.0.1", "http://127.0.0.1/", by="http://127.0.0.1/") == "a=b"


@pytest.mark.parametrize(
    "lasting",
    [
        "Max-Age=10",
        "Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "Expires=Tue, 14 Nov 2023 22:13:30 GMT",
        "Expires=Tue, 14-Nov-2023 22:13:30 GMT",
    ],
)
def test_a_cookie_lasts_as_long_as_it_says(lasting: str) -> None:
    assert sent(f"a=b; {lasting}", HERE, later=9) == "a=b"
    assert sent(f"a=b; {lasting}", HERE, later=11) == ""


@pytest.mark.parametrize("lasting", ["Max-Age=x", "Expires=some day", "Expires="])
def test_a_cookie_that_says_nonsense_lasts_as_long_as_the_user(lasting: str) -> None:
    assert sent(f"a=b; {lasting}", HERE, later=1e9) == "a=b"


@pytest.mark.parametrize("ending", ["Max-Age=0", "Max-Age=-1", "Expires=Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_cookie_is_ended_by_one_that_has_expired(ending: str) -> None:
    jar = Jar(lambda: NOW)
    jar.take(place_of(HERE), "a=b")
    assert jar.header_for(place_of(HERE)) == "a=b"
    jar.take(place_of(HERE), f"a=; {ending}")
    assert jar.header_for(place_of(HERE)) == ""


def test_a_cookie_replaces_the_one_of_its_name_domain_and_path() -> None:
    jar = Jar(lambda: NOW)
    for header in ("a=1", "b=2", "a=3"):
        jar.take(place_of(HERE), header)
    assert jar.header_for(place_of(HERE)) == "a=3; b=2"


def test_cookies_of_longer_paths_go_first() -> None:
    jar = Jar(lambda: NOW)
    for header in ("a=1; Path=/", "b=2; Path=/cart"):
        jar.take(place_of(HERE), header)
    assert jar.header_for(place_of(HERE)) == "b=2; a=1"


def test_a_jar_keeps_no_more_than_it_can() -> None:
    jar = Jar(lambda: NOW)
    for number in range(1_000):
        jar.take(place_of(HERE), f"name{number}=x")
    assert len(jar.all) == 300
    assert "name999=x" in jar.header_for(place_of(HERE))


SETS = b"HTTP/1.1 200 OK\r\nset-cookie: a=1; Path=/\r\nSet-Cookie: b=2; Path=/\r\nContent-Length: 0\r\n\r\n"
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.network
async def test_a_user_sends_back_what_was_set_and_another_does_not(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(SETS, EMPTY)
    one, other = agent(), agent()
    for each in (one, one, other):
        await each.fetch(Request("GET", target.url))
    assert [b"\r\nCookie: a=1; b=2\r\n" in asked for asked in target.asked] == [False, True, False]


@pytest.mark.network
async def test_a_cookie_header_of_ones_own_goes_before_the_jar(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(EMPTY)
    one = agent()
    one.cookies.set(target.url, "a", "jar")
    await one.fetch(Request("GET", target.url, {"Cookie": "a=own"}))
    await one.fetch(Request("GET", target.url))
    assert [asked.count(b"Cookie: a=own") for asked in target.asked] == [1, 0]
    assert [asked.count(b"Cookie: a=jar") for asked in target.asked] == [0, 1]


@pytest.mark.network
async def test_cookies_can_be_left_alone(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(SETS)
    one = agent(ClientOptions(cookies=False))
    for _ in range(2):
        await one.fetch(Request("GET", target.url))
    assert b"Cookie" not in target.asked[1]
