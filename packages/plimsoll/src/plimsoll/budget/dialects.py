"""What the metrics of requests are called, by whom they are exported: a budget is the same in every dialect."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from plimsoll.instrument.requests.asgi import LATENCY_BUCKETS


@dataclass(frozen=True, slots=True)
class Dialect:
    """One exporter's words.

    Attributes:
        requests: The counter of requests.
        duration: The histogram of their durations in seconds, without `_bucket`; None where there is none.
        method: The label of the method; None where there is none, as for the next two.
        route: The label of the route's template.
        status: The label of the status.
        classes: Whether a status reads `5xx` rather than `503`.
        errors: The counter of errors with the label `error_type`; None where there is none.
        in_flight: The gauge of requests being answered; None where there is none.
        synthetic: The label that marks the traffic of load tests; None where there is none.
        buckets: The upper bounds of the histogram in seconds, unless the service says that it has others.
    """

    requests: str
    duration: str | None = None
    method: str | None = None
    route: str | None = None
    status: str | None = None
    classes: bool = False
    errors: str | None = None
    in_flight: str | None = None
    synthetic: str | None = None
    buckets: tuple[float, ...] = ()


DIALECTS: Final = MappingProxyType(
    {
        "plimsoll": Dialect(
            "http_requests_total",
            "http_request_duration_seconds",
            *("method", "route", "status_code"),
            errors="http_request_errors_total",
            in_flight="http_requests_in_flight",
            synthetic="synthetic",
            buckets=LATENCY_BUCKETS,
        ),
        # https://opentelemetry.io/docs/specs/semconv/http/http-metrics/ through Prometheus' naming of OTLP metrics
        "opentelemetry": Dialect(
            "http_server_request_duration_seconds_count",
            "http_server_request_duration_seconds",
            *("http_request_method", "http_route", "http_response_status_code"),
            in_flight="http_server_active_requests",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10),
        ),
        # https://github.com/stephenhillier/starlette_exporter
        "starlette-exporter": Dialect(
            "starlette_requests_total",
            "starlette_request_duration_seconds",
            *("method", "path", "status_code"),
            in_flight="starlette_requests_in_progress",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10),
        ),
        # https://github.com/trallnag/prometheus-fastapi-instrumentator, with its default metrics
        "fastapi-instrumentator": Dialect(
            "http_requests_total",
            "http_request_duration_seconds",
            *("method", "handler", "status"),
            classes=True,
            buckets=(0.1, 0.5, 1),
        ),
        # https://github.com/nginx/nginx-prometheus-exporter of open-source nginx: one counter of all requests
        "nginx": Dialect("nginx_http_requests_total"),
    }
)
