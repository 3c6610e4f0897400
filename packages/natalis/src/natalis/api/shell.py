"""Around every request, matched or not: its id, the headers that keep browsers careful, HEAD, and one line of log."""

from __future__ import annotations

import logging
import re
import secrets
import time

from plimsoll.instrument.asgi import Application, Message, Receive, Scope, Send, route_template

REQUEST_ID = "natalis.request_id"
_OFFERED = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_LOG = logging.getLogger("natalis.api")


class Shell:
    """An ASGI application around another one; everything but HTTP passes through untouched.

    An answer that names one of the security headers itself keeps its own.
    """

    __slots__ = ("_app",)

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _id_of(scope)
        scope.setdefault("state", {})[REQUEST_ID] = request_id
        head = scope["method"] == "HEAD"
        if head:
            scope["method"] = "GET"
        began = time.perf_counter()
        status = 0

        async def complete(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _completed(message["headers"], request_id)
            elif head:
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._app(scope, receive, complete)
        finally:
            if head:
                scope["method"] = "HEAD"
            _log(scope, request_id, status, time.perf_counter() - began)


def request_id_of(scope: Scope) -> str:
    """Return what the log calls a request."""
    found = scope.get("state", {}).get(REQUEST_ID, "")
    return found if isinstance(found, str) else ""


def _id_of(scope: Scope) -> str:
    offered = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return offered.decode("ascii") if _OFFERED.fullmatch(offered) else secrets.token_hex(16)


def _completed(headers: list[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
    named = {name.lower() for name, _ in headers}
    added = [header for header in _SECURITY if header[0] not in named]
    kept = headers if b"allow" not in named else [_with_head(*header) for header in headers]
    return [*kept, *added, (b"x-request-id", request_id.encode())]


def _with_head(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Where GET is allowed HEAD is, though Litestar does not know it."""
    if name.lower() != b"allow" or b"HEAD" in value:
        return name, value
    return name, value.replace(b"GET", b"GET, HEAD")


def _log(scope: Scope, request_id: str, status: int, seconds: float) -> None:
    if _LOG.isEnabledFor(logging.INFO):
        # the path is left out: it can hold a recipient's token; the template cannot
        fields = {
            "http.request.id": request_id,
            "http.request.method": scope["method"],
            "http.route": route_template(scope),
            "http.response.status_code": status,
            "event.duration": int(seconds * 1e9),
        }
        _LOG.info("%s %s %s", scope["method"], fields["http.route"], status, extra={"ecs": fields})
