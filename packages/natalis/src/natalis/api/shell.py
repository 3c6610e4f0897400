"""Around every request, matched or not: metrics, its id, headers that keep browsers careful, HEAD, refused bodies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from plimsoll.instrument.logs import request_id
from plimsoll.instrument.requests.asgi import NO_ANSWER, Application, Message, Receive, RequestWatch, Scope, Send
from plimsoll.instrument.requests.ids import HEADER

CLIENT_GONE = "natalis.client_gone"
_REFUSED = 400
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


class Shell:
    """An ASGI application around another one; everything but HTTP passes through untouched.

    An answer that names one of the security headers itself keeps its own. Requests are counted and named here and not
    by layers of their own, each of which would be up to a hundredth of what `POST /user` costs.

    Args:
        app: What answers.
        watch: Counts requests.
        id_of: Names a request.
    """

    __slots__ = ("_app", "_id_of", "_watch")

    def __init__(self, app: Application, watch: RequestWatch, id_of: Callable[[Scope], str]) -> None:
        self._app = app
        self._watch = watch
        self._id_of = id_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method: str = scope["method"]
        began, status, failure = self._watch.begin(method), NO_ANSWER, ""
        own_id = self._id_of(scope)
        before = request_id.set(own_id)
        head = method == "HEAD"
        if head:
            scope["method"] = "GET"
        incoming = _Incoming(receive, scope.setdefault("state", {}))

        def complete(message: Message) -> Awaitable[None]:  # no coroutine of its own, unless it has to wait
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _completed(message["headers"], own_id)
                if status >= _REFUSED and _has_body(scope):
                    return incoming.drained(send, message)
            elif head:
                message = {**message, "body": b""}
            return send(message)

        try:
            await self._app(scope, incoming.receive, complete)
        except BaseException as error:
            failure = type(error).__name__
            raise
        finally:
            if head:
                scope["method"] = "HEAD"
            request_id.reset(before)
            self._watch.end(began, method, scope, status, failure)


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

    async def drained(self, send: Send, message: Message) -> None:
        """Take in what the client still sends, up to `DRAINED`, throw it away, and then send a message."""
        left = DRAINED
        while not self._ended and left > 0:
            left -= len((await self.receive()).get("body", b""))
        await send(message)


def _has_body(scope: Scope) -> bool:
    """Return whether a body is on its way; one that waits to be asked for (`Expect: 100-continue`) is not."""
    names = {name for name, _ in scope["headers"]}
    return b"expect" not in names and bool(names & {b"content-length", b"transfer-encoding"})


def is_client_gone(scope: Scope) -> bool:
    """Return whether the client went away before it had sent its whole request."""
    return CLIENT_GONE in scope.get("state", {})


def _completed(headers: list[tuple[bytes, bytes]], own_id: str) -> list[tuple[bytes, bytes]]:
    named = {name for name, _ in headers}
    added = _SECURITY if _SECURITY_NAMES.isdisjoint(named) else [each for each in _SECURITY if each[0] not in named]
    return [*headers, *added, (HEADER, own_id.encode())]
