"""Web vitals: a script for a page, what takes its beacon, and `web_vitals_seconds{name,page}` made of it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from plimsoll.instrument.registry import OTHER, Registry
from plimsoll.instrument.requests.asgi import Receive, Scope, Send

NAMES: Final = ("LCP", "INP", "CLS", "FCP", "TTFB")
"""Largest contentful paint, interaction to next paint, cumulative layout shift, first contentful paint, first byte."""
BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.5, 0.8, 1.0, 1.8, 2.5, 3.0, 4.0, 6.0, 10.0)
"""Seconds; of CLS the figure itself. They hold what counts as good and as poor (web.dev/articles/vitals): LCP 2.5 and
4, INP 0.2 and 0.5, CLS 0.1 and 0.25, FCP 1.8 and 3, TTFB 0.8 and 1.8."""
BODY_LIMIT: Final = 2_048  # bytes
MOST: Final = 600.0
"""Above this, in seconds, a figure is refused: a page that nobody waited for, or no page at all."""
_COMMENTS = re.compile(r"\s*//.*$", re.MULTILINE)
_INDENTS = re.compile(r"\n\s+")


class BadBeacon(ValueError):
    """A beacon that says nothing that can be counted, with the reason."""


@dataclass(frozen=True, slots=True)
class Beacon:
    """What a page tells when it is left.

    Attributes:
        page: Its path, or what the page calls itself.
        vitals: Figures by name, of `NAMES`: seconds, and of CLS the figure itself.
    """

    page: str
    vitals: Mapping[str, float]


def read_beacon(body: bytes) -> Beacon:
    """Read a beacon: `{"page": "/", "vitals": {"LCP": 1.2}}`.

    Raises:
        BadBeacon: It is none.
    """
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise BadBeacon("the body is not JSON") from None
    page, vitals = (said.get("page"), said.get("vitals")) if isinstance(said, dict) else (None, None)
    if not isinstance(page, str) or not isinstance(vitals, dict) or not vitals:
        raise BadBeacon('write {"page": "/", "vitals": {"LCP": 1.2}}')
    return Beacon(page, {name: _figure(name, value) for name, value in vitals.items()})


class WebVitals:
    """An ASGI application to be mounted in any other, at `/vitals` for instance.

    A page asks for it as a script, `<script src="/vitals" async></script>`, and sends its beacon to the same address:
    `script-src 'self'; connect-src 'self'` is all that it needs. A page with an id in its path says what it is called,
    `data-page="/user/{id}"`. Whoever can reach a page can make figures up: no promise to others hangs on them.

    Args:
        registry: Where the figures go.
        pages: What pages are called; all others are counted as `other`.
    """

    __slots__ = ("_pages", "_seconds")

    def __init__(self, registry: Registry, pages: Collection[str]) -> None:
        self._pages = frozenset(pages)
        self._seconds = registry.histogram(
            "web_vitals_seconds",
            "How pages felt: LCP, INP, FCP and TTFB in seconds, CLS without a unit.",
            *("name", "page"),
            buckets=BUCKETS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for the script, or take a beacon."""
        if scope["type"] != "http":
            return
        match scope["method"]:
            case "GET" | "HEAD":
                await _answer(send, 200, script() if scope["method"] == "GET" else b"", **_SCRIPT)
            case "POST":
                await self._take(receive, send)
            case _:
                await _answer(send, 405, b"GET the script, or POST a beacon\n", allow="GET, HEAD, POST")

    def observe(self, beacon: Beacon) -> None:
        """Count a beacon."""
        page = beacon.page if beacon.page in self._pages else OTHER
        for name, figure in beacon.vitals.items():
            self._seconds.at(name, page).observe(figure)

    async def _take(self, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            return  # it hung up
        if len(body) > BODY_LIMIT:
            await _answer(send, 413, b"a beacon is smaller\n")
            return
        try:
            self.observe(read_beacon(body))
        except BadBeacon as bad:
            await _answer(send, 400, f"{bad}\n".encode())
        else:
            await _answer(send, 204, b"")


@cache
def script() -> bytes:
    """Return the script without its comments: 1.7 kB, or 0.8 compressed."""
    text = resources.files("plimsoll.instrument.requests").joinpath("web_vitals.js").read_text(encoding="utf-8")
    return _INDENTS.sub("\n", _COMMENTS.sub("", text)).strip().encode()


_SCRIPT: Mapping[str, str] = {"content_type": "text/javascript; charset=utf-8", "cache_control": "max-age=3600"}


def _figure(name: str, value: object) -> float:
    if name not in NAMES:
        raise BadBeacon(f"a vital is one of {', '.join(NAMES)}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST:
        raise BadBeacon(f"{name} is a number of seconds from 0 to {MOST:g}")
    return float(value)


async def _body(receive: Receive) -> bytes | None:
    """Return the body, no more of it than tells that it is too long; None when it breaks off."""
    body = b""
    while len(body) <= BODY_LIMIT:
        message: Any = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return body


async def _answer(send: Send, status: int, body: bytes, **headers: str) -> None:
    named = {"content_type": "text/plain; charset=utf-8", **headers} if body or headers else {}
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
