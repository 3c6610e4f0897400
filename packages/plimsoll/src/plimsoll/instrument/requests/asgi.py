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
SYNTHETIC: Final = (b"x-synthetic", b"true")
"""The header, as ASGI has it, of requests that a load test makes: they do not burn the error budget."""
_NO_ANSWER = 0
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
        self._series: dict[tuple[str, str, int, bool], tuple[Counter, Histogram]] = {}

    @property
    def under_way(self) -> int:
        """How many requests this process is answering now."""
        return int(sum(each.cells[0] for each in self._under_way.values()))

    def begin(self, method: str) -> Gauge:
        """Count a request that begins; whoever counts it takes it off what is returned when it ends."""
        gauge = self._under_way.get(method)
        if gauge is None:
            known = method if method in METHODS else "OTHER"
            gauge = self.in_flight.at(known)
            if known == method:
                self._under_way[method] = gauge
            else:
                self._under_way["OTHER"] = gauge
        gauge.cells[0] += 1.0
        return gauge

    def count(
        self,
        method: str,
        route: str,
        status: int,
        seconds: float,
        is_synthetic: bool,  # noqa: FBT001 - by position: this is on every request's way
    ) -> None:
        """Count a request that ended.

        Args:
            method: As it was asked.
            route: The template of its route.
            status: As it was answered; 0 for no answer.
            seconds: How long it took.
            is_synthetic: Whether a load test made it.
        """
        key = (method, route, status, is_synthetic)
        requests, duration = self._series.get(key) or self._find(key)
        requests.cells[0] += 1.0
        duration.observe(seconds, kept_trace())

    def fail(self, method: str, route: str, error_type: str, *, is_synthetic: bool) -> None:
        """Count what went wrong with a request, beside the request.

        Args:
            method: As it was asked.
            route: The template of its route.
            error_type: The name of the exception that cut it short, or `status_503`.
            is_synthetic: Whether a load test made it.
        """
        self.errors.at(_known(method), route, error_type, _mark(is_synthetic)).inc()

    def _find(self, key: tuple[str, str, int, bool]) -> tuple[Counter, Histogram]:
        method, route, status, is_synthetic = key
        labels = (_known(method), route, str(status or _FIRST_SERVER_ERROR), _mark(is_synthetic))
        series = self.requests.at(*labels), self.duration.at(*labels)
        if len(self._series) < SERIES:
            self._series[key] = series
        return series


def _known(method: str) -> str:
    return method if method in METHODS else "OTHER"


def _mark(is_synthetic: bool) -> str:  # noqa: FBT001 - it is what is marked
    return "true" if is_synthetic else ""


class InstrumentedApplication:
    """An ASGI application whose requests are counted and timed.

    Args:
        app: What answers.
        metrics: Where to count.
        route_of: Finds the route's template in the scope once `app` has answered; None for what Starlette, FastAPI and
            Litestar say.
    """

    __slots__ = ("_app", "_metrics", "_route_of")

    def __init__(self, app: Application, metrics: HttpMetrics, route_of: Callable[[Scope], str] | None = None) -> None:
        self._app = app
        self._metrics = metrics
        self._route_of = route_of or RouteTemplates(app).template

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; everything but HTTP passes through untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method: str = scope["method"]
        status = _NO_ANSWER

        def watch(message: Message) -> Awaitable[None]:  # no coroutine of its own: it costs a tenth of all this
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            return send(message)

        in_flight = self._metrics.begin(method)
        failure = ""
        began = perf_counter()
        try:
            await self._app(scope, receive, watch)
        except BaseException as error:
            failure = type(error).__name__
            raise
        finally:
            took = perf_counter() - began
            in_flight.cells[0] -= 1.0
            route, is_synthetic = self._route_of(scope), SYNTHETIC in scope["headers"]
            self._metrics.count(method, route, status, took, is_synthetic)
            if failure or status >= _FIRST_SERVER_ERROR or status == _NO_ANSWER:
                said = failure or f"status_{status or _FIRST_SERVER_ERROR}"
                self._metrics.fail(method, route, said, is_synthetic=is_synthetic)
