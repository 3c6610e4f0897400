"""Requests of any ASGI application as spans, by the stable semantic conventions of HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from plimsoll.instrument import traces
from plimsoll.instrument.requests.asgi import METHODS, Application, Message, Receive, Scope, Send
from plimsoll.instrument.requests.routes import UNMATCHED, route_template, told_path
from plimsoll.instrument.traces import Span, SpanKind
from plimsoll.instrument.traces.w3c import SpanContext, read_traceparent

OTHER_METHOD: Final = "_OTHER"
"""`http.request.method` of a method that nobody knows, as the conventions have it."""
_FIRST_SERVER_ERROR = 500


class TracedApplication:
    """An ASGI application whose requests are spans, as parts of their callers' traces; the outermost of all.

    While tracing is off a request passes through untouched; of a trace that is not kept, nothing is put together.

    Args:
        app: What answers.
        route_of: Finds the route's template in the scope once `app` has answered.
    """

    __slots__ = ("_app", "_route_of")

    def __init__(self, app: Application, route_of: Callable[[Scope], str] = route_template) -> None:
        self._app = app
        self._route_of = route_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; everything but HTTP passes through untouched."""
        if traces.listening() is None or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with traces.begun("", SpanKind.SERVER, parent=_caller(scope)) as span:
            if isinstance(span, Span):
                await self._record(span, scope, receive, send)
            else:
                await self._app(scope, receive, send)

    async def _record(self, span: Span, scope: Scope, receive: Receive, send: Send) -> None:
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method: str = scope["method"]
        try:
            await self._app(scope, receive, watch)
        finally:
            self._describe(span, scope, method, status)

    def _describe(self, span: Span, scope: Scope, method: str, status: int) -> None:
        known = method if method in METHODS else OTHER_METHOD
        route = self._route_of(scope)
        is_matched = route != UNMATCHED
        span.name = " ".join([known if known != OTHER_METHOD else "HTTP", *([route] if is_matched else [])])
        span.attributes.update(
            {
                "http.request.method": known,
                "url.scheme": scope.get("scheme", "http"),
                "url.path": told_path(scope["path"], scope),
                "network.protocol.version": scope.get("http_version", "1.1"),
            }
        )
        if is_matched:
            span.set("http.route", route)
        if known != method:
            span.set("http.request.method_original", method)
        if status:
            span.set("http.response.status_code", status)
        if status >= _FIRST_SERVER_ERROR:
            span.fail(str(status))


def _caller(scope: Scope) -> SpanContext | None:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            state = next((each for other, each in scope["headers"] if other == b"tracestate"), b"")
            return read_traceparent(value.decode("latin-1"), state.decode("latin-1"))
    return None
