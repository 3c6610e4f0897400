"""Requests of any ASGI application as metrics, with route templates as labels, never paths."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from plimsoll.instrument.registry import Registry

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.3, 0.5, 1.0, 2.0, 5.0)
"""Seconds. They hold every latency bound that a budget names, so that no promise is judged by interpolation."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
UNMATCHED = "unmatched"
"""The route of a request that no route matches: a scanner's paths must not become labels."""
_NO_ANSWER = 0
_FIRST_SERVER_ERROR = 500


def route_template(scope: Scope) -> str:
    """Return the template of the matched route, such as `/user/{user_id}`, or `unmatched`.

    Reads what Litestar (`path_template`) and Starlette or FastAPI (`route.path`) leave in the scope.
    """
    template = scope.get("path_template")
    if isinstance(template, str):
        return template
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else UNMATCHED


class HttpMetrics:
    """The four families about requests, shared by every application that reports into one registry.

    Attributes:
        under_way: How many requests are being answered now.
    """

    __slots__ = ("duration", "errors", "in_flight", "requests", "under_way")

    def __init__(self, registry: Registry) -> None:
        each = ("method", "route", "status_code")
        self.requests = registry.counter("http_requests_total", "Requests answered.", *each)
        self.duration = registry.histogram(
            "http_request_duration_seconds",
            "From the request's head to the end of its answer.",
            *each,
            buckets=LATENCY_BUCKETS,
        )
        self.errors = registry.counter(
            "http_request_errors_total",
            "Requests that failed on this side: by status of 500 and above, or by the exception that cut them short.",
            "method",
            "route",
            "error_type",
        )
        self.under_way = 0
        self.in_flight = registry.gauge("http_requests_in_flight", "Requests begun and not yet answered.", "method")


class InstrumentedApplication:
    """An ASGI application whose requests are counted and timed.

    Args:
        app: What answers.
        metrics: Where to count.
        route_of: Finds the route's template in the scope once `app` has answered.
    """

    __slots__ = ("_app", "_metrics", "_route_of")

    def __init__(
        self, app: Application, metrics: HttpMetrics, route_of: Callable[[Scope], str] = route_template
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._route_of = route_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; everything but HTTP passes through untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        status = _NO_ANSWER

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        in_flight = self._metrics.in_flight.at(method)
        in_flight.inc()
        self._metrics.under_way += 1
        began = time.perf_counter()
        failure = ""
        try:
            await self._app(scope, receive, watch)
        except BaseException as error:
            failure = type(error).__name__
            raise
        finally:
            in_flight.dec()
            self._metrics.under_way -= 1
            self._count(method, self._route_of(scope), status, failure, time.perf_counter() - began)

    def _count(self, method: str, route: str, status: int, failure: str, seconds: float) -> None:
        code = str(status or _FIRST_SERVER_ERROR)
        self._metrics.requests.at(method, route, code).inc()
        self._metrics.duration.at(method, route, code).observe(seconds)
        if failure or status >= _FIRST_SERVER_ERROR or status == _NO_ANSWER:
            self._metrics.errors.at(method, route, failure or f"status_{code}").inc()
