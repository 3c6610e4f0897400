"""Redirects are followed as far as one says, each an exchange of its own; secrets stay with their origin."""

from __future__ import annotations

import pytest
from tests.plimsoll.load.client.conftest import MakeAgent, Serve

from plimsoll.load.client.exchange import Exchange
from plimsoll.load.client.failures import Failed, Failure
from plimsoll.load.client.options import ClientOptions
from plimsoll.load.client.redirects import redirected
from plimsoll.load.client.request import Request

HERE = "http://here.example/a/b"
SECRETS = {"Authorization": "Bearer x", "cookie": "a=b", "Accept": "*/*"}


def led(status: int, location: str, request: Request) -> Request | None:
    head = f"HTTP/1.1 {status} X\r\nLocation: {location}".encode()
    return redirected(Exchange(request, url=HERE, status=status, head=head))


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "GET", "GET"),
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (302, "PUT", "PUT"),
        (303, "POST", "GET"),
        (303, "DELETE", "GET"),
        (303, "HEAD", "HEAD"),
        (307, "POST", "POST"),
        (308, "PUT", "PUT"),
    ],
)
def test_the_method_changes_as_browsers_change_it(status: int, method: str, then: str) -> None:
    body = b"" if method in {"GET", "HEAD"} else b"body"
    following = led(status, "/c", Request(method, HERE, {"Content-Type": "text/plain"}, body))
    assert following is not None
    assert (following.method, following.url) == (then, "http://here.example/c")
    kept = then == method
    assert (following.body, "Content-Type" in following.headers) == (body if kept else b"", kept)


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("c", "http://here.example/a/c"),
        ("?x", "http://here.example/a/b?x"),
        ("//there.example/", "http://there.example/"),
    ],
)
def test_a_location_may_be_relative(location: str, url: str) -> None:
    following = led(302, location, Request("GET", HERE))
    assert following is not None
    assert following.url == url


def test_credentials_stay_with_their_origin() -> None:
    for elsewhere in ("http://there.example/", "https://here.example/", "http://here.example:81/"):
        following = led(302, elsewhere, Request("GET", HERE, SECRETS))
        assert following is not None
        assert following.headers == {"Accept": "*/*"}
    same = led(302, "/c", Request("GET", HERE, SECRETS))
    assert same is not None
    assert same.headers == SECRETS


def test_credentials_of_the_address_go_along_to_the_same_origin_alone() -> None:
    request = Request("GET", HERE.replace("//", "//user:pass@"))
    same, other = led(302, "/c", request), led(302, "http://there.example/", request)
    assert same is not None
    assert other is not None
    assert (same.headers, other.headers) == ({"Authorization": "Basic dXNlcjpwYXNz"}, {})


@pytest.mark.parametrize("status", [200, 300, 304])
def test_other_answers_lead_nowhere(status: int) -> None:
    assert led(status, "/c", Request("GET", HERE)) is None


def test_a_redirect_to_something_else_than_http_is_a_failure() -> None:
    with pytest.raises(Failed) as refused:
        led(302, "ftp://here.example/", Request("GET", HERE))
    assert refused.value.failure is Failure.BAD_REQUEST


def to(path: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {path}\r\nContent-Length: 0\r\n\r\n".encode()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.network
async def test_redirects_are_not_followed_unless_one_says_so(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(to("/a"), OK)
    exchange = await agent().fetch(Request("GET", target.url))
    assert (exchange.status, exchange.error, exchange.hops) == (302, None, ())


@pytest.mark.network
async def test_each_redirect_is_an_exchange_of_its_own(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(to("/a"), to("/b"), OK)
    exchange = await agent(ClientOptions(redirects=2)).fetch(Request("GET", target.url))
    assert (exchange.status, exchange.url) == (200, f"{target.url}/b")
    assert [(hop.status, hop.url) for hop in exchange.hops] == [(302, f"{target.url}/"), (302, f"{target.url}/a")]
    ends = [hop.finished for hop in exchange.hops]
    assert ends == sorted(ends)
    assert exchange.started >= ends[-1]


@pytest.mark.network
async def test_one_redirect_too_many_is_a_failure(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(to("/round"))
    exchange = await agent().fetch(Request("GET", target.url, redirects=3))
    assert (exchange.error, exchange.status, len(exchange.hops)) == (Failure.TOO_MANY_REDIRECTS, 302, 3)


@pytest.mark.network
async def test_cookies_of_a_redirect_are_sent_to_where_it_leads(serve: Serve, agent: MakeAgent) -> None:
    target = await serve(to("/a").replace(b"Location", b"Set-Cookie: a=b\r\nLocation"), OK)
    await agent(ClientOptions(redirects=1)).fetch(Request("GET", target.url))
    assert b"\r\nCookie: a=b\r\n" in target.asked[1]
