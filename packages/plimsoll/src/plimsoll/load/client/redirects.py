"""Where a redirect leads, and what is asked there. Pure."""

from __future__ import annotations

from typing import Final
from urllib.parse import urljoin

import msgspec

from plimsoll.load.client.exchange import Exchange
from plimsoll.load.client.request import Request
from plimsoll.load.client.urls import place_of

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SEE_OTHER: Final = 303
_REPEATED: Final = frozenset({307, 308})
_SECRETS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
_OF_A_BODY: Final = frozenset({"content-type", "content-encoding", "content-language", "content-location", "expect"})


def redirected(exchange: Exchange) -> Request | None:
    """Return what to ask next; None where the answer leads nowhere else.

    As browsers do it (Fetch standard, HTTP-redirect fetch): 303 becomes GET, and so do 301 and 302 of POST; credentials
    and cookies set by hand are not carried to another origin.

    Raises:
        Failed: It leads to no address of HTTP.
    """
    location = exchange.headers.get("location") if exchange.status in _REDIRECTS else None
    if location is None:
        return None
    request = exchange.request
    url = urljoin(exchange.url, location)
    same = place_of(url).origin == place_of(exchange.url).origin
    left_out: frozenset[str] = frozenset() if same else _SECRETS
    method, body = request.method, request.body
    if _becomes_get(exchange.status, method):
        method, body, left_out = "GET", b"", left_out | _OF_A_BODY
    headers = {name: value for name, value in request.headers.items() if name.lower() not in left_out}
    if (
        same
        and "authorization" not in {name.lower() for name in headers}
        and (own := place_of(request.url).authorization)
    ):
        headers["Authorization"] = own
    return msgspec.structs.replace(request, method=method, url=url, headers=headers, body=body)


def _becomes_get(status: int, method: str) -> bool:
    if status == _SEE_OTHER:
        return method not in {"GET", "HEAD"}
    return status not in _REPEATED and method == "POST"
