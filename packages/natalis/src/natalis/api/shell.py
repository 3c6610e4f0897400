"""Around every request, matched or not: its id, the headers that keep browsers careful, HEAD, and one line of log."""

from __future__ import annotations

import logging
import re
import secrets
import time
from itertools import count

from plimsoll.instrument.asgi import Application, Message, Receive, Scope, Send, route_template
from plimsoll.instrument.logs import FIELDS, request_id

CLIENT_GONE = "natalis.client_gone"
_REFUSED = 400
_OFFERED = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_SECURITY_NAMES = frozenset(name for name, _ in _SECURITY)
DRAINED = 64 * 1024 * 1024
"""Bytes of a refused body that are still taken in, so that the refusal arrives instead of a broken connection."""
_LOG = logging.getLogger("natalis.api")


class Shell:
    """An ASGI application around another one; everything but HTTP passes through untouched.

    An answer that names one of the security headers itself keeps its own.
    """

    __slots__ = ("_app", "_ids", "_series")

    def __init__(self, app: Application) -> None:
        self._app = app
        # random once, then counted: asking the system for random bytes lets go of the interpreter's lock, which is
        # slow to come back beside a busy writer
        self._series = secrets.token_hex(8)
        self._ids = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        own_id = _offered_id(scope) or f"{self._series}{next(self._ids):016x}"
        before = request_id.set(own_id)
        head = scope["method"] == "HEAD"
        if head:
            scope["method"] = "GET"
        began = time.perf_counter()
        status = 0
        incoming = _Incoming(receive, scope.setdefault("state", {}))

        async def complete(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if status >= _REFUSED and _has_body(scope):
                    await incoming.drain()
                message["headers"] = _completed(message["headers"], own_id)
            elif head:
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._app(scope, incoming.receive, complete)
        finally:
            if head:
                scope["method"] = "HEAD"
            _log(scope, status, time.perf_counter() - began)
            request_id.reset(before)


class _Incoming:
    """The body of a request as it comes in; notes in the request's state when the client goes away in its midst."""

    __slots__ = ("_ended", "_receive", "_state")

    def __init__(self, receive: Receive, state: Scope) -> None:
        self._receive = receive
        self._state = state
        self._ended = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect" and not self._ended:
            self._state[CLIENT_GONE] = True
        self._ended = not message.get("more_body", False)
        return message

    async def drain(self) -> None:
        """Take in what the client still sends, up to `DRAINED`, and throw it away."""
        left = DRAINED
        while not self._ended and left > 0:
            left -= len((await self.receive()).get("body", b""))


def _has_body(scope: Scope) -> bool:
    """Return whether a body is on its way; one that waits to be asked for (`Expect: 100-continue`) is not."""
    names = {name for name, _ in scope["headers"]}
    return b"expect" not in names and bool(names & {b"content-length", b"transfer-encoding"})


def is_client_gone(scope: Scope) -> bool:
    """Return whether the client went away before it had sent its whole request."""
    return CLIENT_GONE in scope.get("state", {})


def _offered_id(scope: Scope) -> str | None:
    offered = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return offered.decode("ascii") if _OFFERED.fullmatch(offered) else None


def _completed(headers: list[tuple[bytes, bytes]], own_id: str) -> list[tuple[bytes, bytes]]:
    named = {name for name, _ in headers}
    added = _SECURITY if _SECURITY_NAMES.isdisjoint(named) else [each for each in _SECURITY if each[0] not in named]
    return [*headers, *added, (b"x-request-id", own_id.encode())]


def _log(scope: Scope, status: int, seconds: float) -> None:
    if _LOG.isEnabledFor(logging.DEBUG):  # metrics count every request; a line each is for who looks for one
        # the path is left out: it can hold a recipient's token; the template cannot
        fields = {
            "http.request.method": scope["method"],
            "http.route": route_template(scope),
            "http.response.status_code": status,
            "event.duration": int(seconds * 1e9),
        }
        _LOG.debug("%s %s %s", scope["method"], fields["http.route"], status, extra={FIELDS: fields})
