"""Rules of web vitals: a page gets its script, a good beacon is counted, and a bad one is refused with the reason."""

from __future__ import annotations

import json
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from plimsoll.instrument.registry import Registry
from plimsoll.instrument.requests.web_vitals import BODY_LIMIT, NAMES, BadBeacon, WebVitals, read_beacon


class Site:
    """An application that is asked as a server would."""

    def __init__(self) -> None:
        self._registry = Registry()
        self._vitals = WebVitals(self._registry, ["/", "/user/{id}"])
        self.body = b""
        self.headers: dict[bytes, bytes] = {}

    async def ask(self, method: str, *parts: bytes, hangs_up: bool = False) -> int | None:
        """Ask; return the status, None without an answer."""
        messages = self._messages(parts, hangs_up=hangs_up)
        answered: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return next(messages)

        async def send(message: MutableMapping[str, Any]) -> None:
            answered.append(message)

        await self._vitals({"type": "http", "method": method, "path": "/vitals"}, receive, send)
        if not answered:
            return None
        self.headers = dict(answered[0]["headers"])
        self.body = b"".join(each["body"] for each in answered[1:])
        return int(answered[0]["status"])

    async def tell(self, beacon: object) -> int | None:
        return await self.ask("POST", json.dumps(beacon).encode())

    def counted(self) -> dict[tuple[str, str], float]:
        families = text_string_to_metric_families(self._registry.exposition().decode())
        samples = [each for family in families for each in family.samples if each.name == "web_vitals_seconds_sum"]
        return {(each.labels["name"], each.labels["page"]): each.value for each in samples}

    @staticmethod
    def _messages(parts: tuple[bytes, ...], *, hangs_up: bool) -> Iterator[dict[str, Any]]:
        for number, part in enumerate(parts, 1):
            yield {"type": "http.request", "body": part, "more_body": hangs_up or number < len(parts)}
        yield {"type": "http.disconnect"}


@pytest.fixture
def site() -> Site:
    return Site()


async def test_a_page_gets_a_small_script(site: Site) -> None:
    assert await site.ask("GET") == 200

    assert site.headers[b"content-type"] == b"text/javascript; charset=utf-8"
    assert b"sendBeacon" in site.body
    assert b"//" not in site.body
    assert len(site.body) < 1_700


async def test_a_beacon_is_counted_by_vital_and_page(site: Site) -> None:
    assert await site.tell({"page": "/", "vitals": {"LCP": 2.5, "CLS": 0.1}}) == 204

    assert site.counted() == {("LCP", "/"): 2.5, ("CLS", "/"): 0.1}


async def test_a_page_that_nobody_named_is_other(site: Site) -> None:
    await site.tell({"page": "/user/1", "vitals": {"FCP": 1}})
    await site.tell({"page": "/user/{id}", "vitals": {"FCP": 1}})

    assert set(site.counted()) == {("FCP", "other"), ("FCP", "/user/{id}")}


@pytest.mark.parametrize(
    "beacon",
    [
        [],
        {"page": "/"},
        {"page": "/", "vitals": {}},
        {"page": 1, "vitals": {"LCP": 1}},
        {"page": "/", "vitals": {"FID": 1}},
        {"page": "/", "vitals": {"LCP": "1"}},
        {"page": "/", "vitals": {"LCP": True}},
        {"page": "/", "vitals": {"LCP": -1}},
        {"page": "/", "vitals": {"LCP": 1e9}},
        {"page": "/", "vitals": {"LCP": 10**400}},
        {"page": "/", "vitals": {"LCP": float("nan")}},
    ],
)
async def test_a_beacon_that_says_nothing_is_refused(site: Site, beacon: object) -> None:
    assert await site.tell(beacon) == 400
    assert site.counted() == {}
    assert site.body


async def test_one_bad_figure_refuses_the_whole_beacon(site: Site) -> None:
    assert await site.tell({"page": "/", "vitals": {"LCP": 1, "INP": -1}}) == 400
    assert site.counted() == {}


async def test_a_body_may_come_in_parts(site: Site) -> None:
    assert await site.ask("POST", b'{"page": "/", "vit', b'als": {"LCP": 1}}') == 204


async def test_a_body_that_is_too_long_is_not_read_to_its_end(site: Site) -> None:
    assert await site.ask("POST", b" " * BODY_LIMIT, b" ", hangs_up=True) == 413


async def test_who_hangs_up_gets_no_answer(site: Site) -> None:
    assert await site.ask("POST", b"{", hangs_up=True) is None


async def test_other_methods_are_refused(site: Site) -> None:
    assert await site.ask("DELETE") == 405
    assert site.headers[b"allow"] == b"GET, HEAD, POST"


@given(st.binary() | st.text(alphabet='[{"pagevitls:0.eE-,}]').map(str.encode))
def test_any_body_is_a_beacon_or_is_refused(body: bytes) -> None:
    try:
        beacon = read_beacon(body)
    except BadBeacon:
        return
    assert set(beacon.vitals) <= set(NAMES)


def test_nested_brackets_are_refused() -> None:
    with pytest.raises(BadBeacon):
        read_beacon(b"[" * BODY_LIMIT)
