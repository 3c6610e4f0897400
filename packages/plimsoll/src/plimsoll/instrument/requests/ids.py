"""An id for every request: taken from `X-Request-ID` where it is fit, told in the answer and in every line of log."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable
from itertools import count
from typing import Final

from plimsoll.instrument.logs import request_id
from plimsoll.instrument.requests.asgi import Application, Message, Receive, Scope, Send

HEADER: Final = b"x-request-id"
_OFFERED = re.compile(rb"[A-Za-z0-9._-]{8,64}")


class Ids:
    """Names requests, for who answers them within a layer of its own; anybody else takes `RequestIds`."""

    __slots__ = ("_counted", "_series")

    def __init__(self) -> None:
        # random once, then counted: asking the system for random bytes each time costs more than all of this, and lets
        # go of the interpreter's lock, which is slow to come back beside a busy writer
        self._series = secrets.token_hex(8)
        self._counted = count(1)

    def of(self, scope: Scope) -> str:
        """Return the id of a request: the one that it came with, or a new one."""
        for name, value in scope["headers"]:
            if name == HEADER:
                if _OFFERED.fullmatch(value):
                    return bytes(value).decode("ascii")
                break
        return f"{self._series}{next(self._counted):016x}"


class RequestIds:
    """An ASGI application whose requests have ids; everything but HTTP passes through untouched.

    Args:
        app: What answers.
    """

    __slots__ = ("_app", "_ids")

    def __init__(self, app: Application) -> None:
        self._app = app
        self._ids = Ids()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        own = self._ids.of(scope)

        def tell(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                return send(_with_id(message, own))
            return send(message)

        before = request_id.set(own)
        try:
            await self._app(scope, receive, tell)
        finally:
            request_id.reset(before)


def _with_id(message: Message, own: str) -> Message:
    headers = [*message.get("headers", ())]
    for name, _ in headers:
        if name == HEADER:
            return message
    headers.append((HEADER, own.encode()))
    return {**message, "headers": headers}
