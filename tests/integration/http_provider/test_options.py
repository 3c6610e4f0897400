"""Rules: how the service may be called, and what is refused before any call."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from natalis.domain.delivery import DeliveryKey
from natalis.domain.message import Message
from natalis.errors import InvalidInput
from natalis.providers.call_template import DEFAULT_CALL, compile_call
from natalis.providers.http1.dialing import Place
from natalis.providers.http1.request import compile_request
from natalis.providers.http_options import HttpOptions

MESSAGE = Message(DeliveryKey("u1", "birthday", date(2026, 12, 10)), "ada@example.org", 'Hi "Ada"', "Hey\nAda")


@pytest.mark.parametrize(
    "url",
    [
        "https://mail.example.org",
        "https://mail.example.org/v1/",
        "http://127.0.0.1:3030",
        "http://[::1]:3030",
        "http://localhost",
        "http://10.1.2.3",
        "http://mock-provider:3030",
        "http://mail.default.svc",
    ],
)
def test_a_service_nearby_or_over_tls_may_be_called(url: str) -> None:
    assert HttpOptions(url).target == f"{url.rstrip('/')}/send-email"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://mail.example.org", "without TLS"),
        ("http://8.8.8.8", "without TLS"),
        ("ftp://mail.example.org", "http or https"),
        ("mail.example.org", "http or https"),
        ("https://", "http or https"),
        ("https://user:secret@mail.example.org", "user name"),
        ("https://mail.example.org?key=1", "query"),
        ("https://mail.example.org:0x1", "web address"),
        ("https://mail.example.org:99999", "web address"),
        ("https://mail.example.org\r\nX: y", "http or https"),
        ("https://[::1", "web address"),
    ],
)
def test_an_address_that_will_not_do_is_refused(url: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        HttpOptions(url)


def test_headers_are_named_once_however_they_are_spelled() -> None:
    options = HttpOptions("http://localhost:3030", headers={"content-type": "text/json", "Host": "mail.test"})
    head = compile_request(options, Place.of(options.target))("k1", b"{}", "").partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0].lower() for line in head.splitlines()[1:]]
    assert len(names) == len(set(names))
    assert b"content-type: text/json" in head
    assert b"Host: mail.test" in head


@pytest.mark.parametrize(
    ("url", "host", "port", "authority"),
    [
        ("https://mail.example.org/v1", "mail.example.org", 443, "mail.example.org"),
        ("http://[::1]:3030", "::1", 3030, "[::1]:3030"),
        ("http://localhost", "localhost", 80, "localhost"),
    ],
)
def test_a_place_is_read_from_its_url(url: str, host: str, port: int, authority: str) -> None:
    place = Place.of(HttpOptions(url, path="/send?a=b").target)
    assert (place.host, place.port, place.authority) == (host, port, authority)
    assert place.target == ("/v1/send?a=b" if "v1" in url else "/send?a=b")


def test_plain_http_to_the_world_can_be_allowed() -> None:
    assert HttpOptions("http://mail.example.org", allow_plain_http=True).url == "http://mail.example.org"


@pytest.mark.parametrize(
    "wrong",
    [
        {"headers": {"X-Api-Key": "a\r\nX: y"}},
        {"headers": {"X Api": "a"}},
        {"headers": {"X:": "a"}},
        {"headers": {"content-length": "5"}},
        {"headers": {"Transfer-Encoding": "chunked"}},
        {"key_header": "Idempotency\n"},
        {"path": "send"},
        {"path": "/a b"},
        {"method": "PO ST"},
        {"connections": 0},
        {"timeout": timedelta(0)},
    ],
)
def test_a_header_path_or_limit_that_will_not_do_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="PROVIDER_"):
        HttpOptions("https://mail.example.org", **wrong)


def body_of(template: str, message: Message = MESSAGE) -> Any:
    return json.loads(compile_call(template)(message))


def test_the_default_call_is_address_and_text() -> None:
    assert body_of(DEFAULT_CALL) == {"email": "ada@example.org", "message": "Hey\nAda"}


def test_a_call_may_have_any_shape() -> None:
    template = (
        '{"to": [{"email": "{email}"}], "s": "[{key}] {subject}", "n": 1, "b": "{{}}", "h": "{headers}", "x": null}'
    )
    assert body_of(template, replace(MESSAGE, headers={"List-Unsubscribe": "<x>"})) == {
        "to": [{"email": "ada@example.org"}],
        "s": '[u1:birthday:2026-12-10] Hi "Ada"',
        "n": 1,
        "b": "{}",
        "h": {"List-Unsubscribe": "<x>"},
        "x": None,
    }


def test_html_is_null_in_a_text_only_message() -> None:
    assert body_of('{"html": "{html}"}') == {"html": None}
    assert body_of('{"html": "{html}"}', replace(MESSAGE, html="<p>")) == {"html": "<p>"}


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("email={email}", "not JSON"),
        ('{"a": "{emial}"}', r"write \{email\}"),
        ('{"a": "{email"}', "brace"),
        ('{"a": "x {headers}"}', "inside a text"),
        ('{"a": "{subject.__class__}"}', "not a placeholder"),
    ],
)
def test_a_call_that_cannot_be_made_is_refused(template: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        compile_call(template)
