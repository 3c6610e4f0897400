"""The bytes of a request: a prefix that is made once for a method, address and headers, and what changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from plimsoll.load.client.failures import Failed, Failure
from plimsoll.load.client.request import Request
from plimsoll.load.client.urls import Place, place_of

_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FORBIDDEN: Final = re.compile(r"[\x00\r\n]")
_OURS: Final = frozenset({"content-length", "transfer-encoding"})
_ALWAYS_LONG: Final = frozenset({"POST", "PUT", "PATCH"})
_NO_BODY: Final = b"Content-Length: 0\r\n\r\n"
_KEPT: Final = 4_096  # prefixes; a flow over more addresses makes each anew, and memory stays
_LONG: Final = 4_096  # characters of an address that is not kept

Pairs = tuple[tuple[str, str], ...]


class Prefix(msgspec.Struct, frozen=True):
    """All of a request's head that stays from one time to the next.

    Attributes:
        place: Where it goes.
        url: The address without credentials, as the next of `place`.
        origin: What connections belong to.
        head: From the request line on, each line ended, without cookies and `Content-Length`.
        plain: The whole head of a request without cookies and body.
        says_cookie: Whether a `Cookie` header was asked for by hand.
        expects: Whether it asks for leave to send the body (`Expect: 100-continue`).
        closes: Whether it is to be the connection's last.
    """

    place: Place
    url: str
    origin: str
    head: bytes
    plain: bytes
    says_cookie: bool = False
    expects: bool = False
    closes: bool = False


class Prefixes:
    """Prefixes by method, address and headers; the last few thousand are kept.

    Args:
        defaults: Headers for requests that do not set them.
        close: Whether each request is its connection's last.
    """

    def __init__(self, defaults: Mapping[str, str], *, close: bool) -> None:
        self._defaults = {name.lower(): (name, value) for name, value in defaults.items()}
        if close:
            self._defaults["connection"] = ("Connection", "close")
        self._kept = lru_cache(maxsize=_KEPT)(self._made)

    def of(self, request: Request) -> Prefix:
        """Return a request's prefix.

        Raises:
            Failed: It cannot be asked.
        """
        headers = tuple(request.headers.items()) if request.headers else ()
        make = self._kept if len(request.url) < _LONG else self._made
        return make(request.method, request.url, headers)

    def _made(self, method: str, url: str, headers: Pairs) -> Prefix:
        place = place_of(url)
        if not _TOKEN.fullmatch(method):
            raise Failed(Failure.BAD_REQUEST, f"{method!r} is no method")
        all_of_them = self._merged(place, headers)
        lines = [f"{method} {place.target} HTTP/1.1", *(_line(name, value) for name, value in all_of_them.values())]
        head = ("\r\n".join(lines) + "\r\n").encode("utf-8", "replace")
        return Prefix(
            place=place,
            url=place.url,
            origin=place.origin,
            head=head,
            plain=head + (_NO_BODY if method in _ALWAYS_LONG else b"\r\n"),
            says_cookie="cookie" in all_of_them,
            expects=_says(all_of_them, "expect", "100-continue"),
            closes=_says(all_of_them, "connection", "close"),
        )

    def _merged(self, place: Place, headers: Pairs) -> dict[str, tuple[str, str]]:
        merged = {"host": ("Host", place.host_header)} | self._defaults
        if place.authorization:
            merged["authorization"] = ("Authorization", place.authorization)
        given = {name.lower(): (name, value) for name, value in headers}
        return {name: pair for name, pair in (merged | given).items() if name not in _OURS}


def head_of(prefix: Prefix, request: Request, cookie: str) -> bytes:
    """Return the head of a request.

    Args:
        prefix: The request's.
        request: For the length of its body.
        cookie: The value of the `Cookie` header; empty for none.
    """
    if not cookie and not request.body:
        return prefix.plain
    head = prefix.head
    if cookie:
        head += f"Cookie: {cookie}\r\n".encode("latin-1", "replace")
    if request.body or request.method in _ALWAYS_LONG:
        head += b"Content-Length: %d\r\n" % len(request.body)
    return head + b"\r\n"


def _says(headers: Mapping[str, tuple[str, str]], name: str, value: str) -> bool:
    return headers.get(name, ("", ""))[1].strip().lower() == value


def _line(name: str, value: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise Failed(Failure.BAD_REQUEST, f"{name!r} is no name of a header")
    if _FORBIDDEN.search(value):
        raise Failed(Failure.BAD_REQUEST, f"the header {name} holds a line break")
    return f"{name}: {value}"
