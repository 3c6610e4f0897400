"""Requests of any ASGI application as metrics, with route templates as labels, never paths."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from time import perf_counter
from typing import Any, Final, TypeAlias

from plimsoll.instrument.cells.values import Counter, Gauge, Histogram
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.requests.routes import UNMATCHED, RouteTemplates, route_template
from plimsoll.instrument.traces import kept_trace

__all__ = [
    "LATENCY_BUCKETS",
    "UNMATCHED",
    "Application",
    "HttpMetrics",
    "InstrumentedApplication",
    "Message",
    "Receive",
    "Scope",
    "Send",
    "route_template",
]

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.3, 0.5, 1.0, 2.0, 5.0)
"""Seconds. They hold every latency bound that a budget names, so that no promise is judged by interpolation."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
SERIES: Final = 2_000
"""How many combinations of method, route, status and mark there may be: 28,000 lines at a scrape, 3 MB."""
Request: TypeAlias = tuple[str, str, int, bool]
"""The method, as it was asked; the template of its route; the status, or `NO_ANSWER`; and whether a load test made it.
Plain, for it is what the series of a request are found by."""
SYNTHETIC: Final = (b"x-synthetic", b"true")
"""The header, as ASGI has it, of requests that a load test makes: they do not burn the error budget."""
NO_ANSWER: Final = 0
"""The status of a request that was never answered."""
_FIRST_SERVER_ERROR = 500


class HttpMetrics:
    """The four families about requests, shared by every application that reports into one registry.

    The label `synthetic` is there for requests with `X-Synthetic: true` alone, and reads `true`.

    Args:
        registry: Where they go.
        buckets: Bounds of the latencies, in seconds: each bound that a budget names should be one.
    """

    __slots__ = ("_series", "_under_way", "duration", "errors", "in_flight", "requests")

    def __init__(self, registry: Registry, *, buckets: Sequence[float] = LATENCY_BUCKETS) -> None:
        each = ("method", "route", "status_code", "synthetic")
        self.requests = registry.counter("http_requests_total", "Requests answered.", *each, limit=SERIES)
        self.duration = registry.histogram(
            "http_request_duration_seconds",
            "From the request's head to the end of its answer.",
            *each,
            buckets=buckets,
            limit=SERIES,
        )
        self.errors = registry.counter(
            "http_request_errors_total",
            "Requests that failed on this side: by status of 500 and above, or by the exception that cut them short.",
            *("method", "route", "error_type", "synthetic"),
        )
        self.in_flight = registry.gauge("http_requests_in_flight", "Requests begun and not yet answered.", "method")
        self._under_way: dict[str, Gauge] = {}
        self._series: dict[Request, tuple[Counter, Histogram]] = {}

    @property
    def under_way(self) -> int:
        """How many requests this process is answering now."""
        return int(sum(gauge.cells[0] for _, gauge in self.in_flight.children()))

    def begin(self, method: str) -> None:
        """Count a request that begins.

        Args:
            method: As it was asked.
        """
        in_flight = self._under_way.get(method) or self._gauge(method)
        in_flight.cells[0] += 1.0

    def end(self, request: Request, seconds: float, failure: str = "") -> None:
        """Count a request that began and has ended.

        Args:
            request: What it was.
            seconds: How long it took.
            failure: The name of the exception that cut it short; empty without one.
        """
        self.count(request, seconds)
        method, route, status, is_synthetic = request
        in_flight = self._under_way.get(method) or self._gauge(method)
        in_flight.cells[0] -= 1.0
        if failure or status >= _FIRST_SERVER_ERROR or status == NO_ANSWER:
            said = failure or f"status_{status or _FIRST_SERVER_ERROR}"
            self.errors.at(_known(method), route, said, _mark(is_synthetic)).inc()

    def count(self, request: Request, seconds: float) -> None:
        """Count a request that nobody saw begin, and none of its failures.

        Args:
            request: What it was.
            seconds: How long it took.
        """
        requests, duration = self._series.get(request) or self._find(request)
        requests.cells[0] += 1.0
        duration.observe(seconds, kept_trace())

    def _gauge(self, method: str) -> Gauge:
        known = _known(method)
        gauge = self.in_flight.at(known)
        if known == method:
            self._under_way[method] = gauge
        return gauge

    def _find(self, request: Request) -> tuple[Counter, Histogram]:
        method, route, status, is_synthetic = request
        labels = (_known(method), route, str(status or _FIRST_SERVER_ERROR), _mark(is_synthetic))
        series = self.requests.at(*labels), self.duration.at(*labels)
        if labels[0] == method and len(self._series) < SERIES:  # a stranger's methods would take everybody's places
            self._series[request] = series
        return series


def _known(method: str) -> str:
    return method if method in METHODS else "OTHER"


def _mark(is_synthetic: bool) -> str:  # noqa: FBT001 - it is what is marked
    return "true" if is_synthetic else ""


class RequestWatch:
    """Counts and times the requests of one application, for whoever stands around them.

    Args:
        metrics: Where to count.
        route_of: Finds the route's template in the scope of a request that is answered.
    """

    __slots__ = ("_metrics", "_route_of")

    def __init__(self, metrics: HttpMetrics, route_of: Callable[[Scope], str]) -> None:
        self._metrics = metrics
        self._route_of = route_of

    def begin(self, method: str) -> float:
        """Count a request that begins, and return when that was; `end` wants to know.

        Args:
            method: As it was asked.
        """
        self._metrics.begin(method)
        return perf_counter()

    def end(self, began: float, method: str, scope: Scope, status: int, failure: str = "") -> None:
        """Count a request that has ended.

        Args:
            began: What `begin` returned.
            method: What `begin` was told.
            scope: Of the request, as its application left it.
            status: As it was answered; `NO_ANSWER` for not at all.
            failure: The name of the exception that cut it short; empty without one.
        """
        took = perf_counter() - began
        is_synthetic = SYNTHETIC in scope["headers"]
        try:
            route = self._route_of(scope)
        except Exception:  # whoever gave it hears of it, and the request has ended all the same
            self._metrics.end((method, UNMATCHED, status, is_synthetic), took, failure)
            raise
        self._metrics.end((method, route, status, is_synthetic), took, failure)


class InstrumentedApplication:
    """An ASGI application whose requests are counted and timed.

    Args:
        app: What answers.
        metrics: Where to count.
        route_of: Finds the route's template in the scope once `app` has answered; None for what Starlette, FastAPI and
            Litestar say.
    """

    __slots__ = ("_app", "_watch")

    def __init__(self, app: Application, metrics: HttpMetrics, route_of: Callable[[Scope], str] | None = None) -> None:
        self._app = app
        self._watch = RequestWatch(metrics, route_of or RouteTemplates(app).template)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; everything but HTTP passes through untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method: str = scope["method"]
        status, failure = NO_ANSWER, ""

        def seen(message: Message) -> Awaitable[None]:  # no coroutine of its own: it costs a tenth of all this
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            return send(message)

        began = self._watch.begin(method)
        try:
            await self._app(scope, receive, seen)
        except BaseException as error:
            failure = type(error).__name__
            raise
        finally:
            self._watch.end(began, method, scope, status, failure)
