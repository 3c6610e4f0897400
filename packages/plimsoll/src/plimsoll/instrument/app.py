"""One call that gives any ASGI application its metrics, request ids, lines of log, traces and reports of errors."""

from __future__ import annotations

import functools
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from plimsoll.errors import InvalidInput
from plimsoll.instrument import errors
from plimsoll.instrument.door import Instrumented
from plimsoll.instrument.logs import log_to
from plimsoll.instrument.process import watch_process
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.requests import lines as request_lines
from plimsoll.instrument.requests.asgi import LATENCY_BUCKETS, Application, HttpMetrics, InstrumentedApplication, Scope
from plimsoll.instrument.requests.ids import RequestIds
from plimsoll.instrument.requests.lines import LineOptions, LoggedApplication, RequestLines
from plimsoll.instrument.requests.routes import RouteTemplates
from plimsoll.instrument.requests.spans import TracedApplication
from plimsoll.instrument.traces import tracing

LOOPBACK: Final = "127.0.0.1"
_LARGEST_PORT: Final = 65535
SERVERS: Final = ("uvicorn", "uvicorn.access", "_granian", "granian.access", "hypercorn.error", "hypercorn.access")
"""Loggers that keep their lines from the root's handlers."""
SERVERS_REQUESTS: Final = ("uvicorn.access", "granian.access", "hypercorn.access")
"""Those of them that write a line for each request; silent where `LOG_REQUESTS` writes a better one."""


def instrument(
    app: Application,
    *,
    service: str,
    version: str = "",
    registry: Registry | None = None,
    metrics_path: str | None = "/metrics",
    buckets: Sequence[float] = LATENCY_BUCKETS,
    route_of: Callable[[Scope], str] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Instrumented:
    """Return an ASGI application that answers as `app` does, with an `X-Request-ID`, and tells what it does.

    Call it last: what it returns is what a server runs. What the environment does not ask for costs nothing.

    | variable | what it turns on |
    |---|---|
    | `METRICS_PORT` | `/metrics` and `/health` on a port of their own too; 9464 is usual |
    | `METRICS_HOST` | where that port listens; 127.0.0.1 without it |
    | `METRICS_DIR` | a folder that the processes of one service share, so that each tells what all did |
    | `LOG_FORMAT` | `json`: everything that is logged, as JSON by the names of ECS, with request and trace ids |
    | `LOG_REQUESTS` | `1`: a line for each request, in place of the server's; further words in `requests/lines.py` |
    | `LOG_SLOW_REQUESTS` | from how long on a request is slow, and its line a warning; `1s` without it |
    | `OTEL_EXPORTER_OTLP_ENDPOINT` | traces, sent there; by what else of OpenTelemetry's `traces/tracing.py` names |
    | `SENTRY_DSN` | errors that are logged or never caught, sent there; with what else `errors.py` names |

    Args:
        app: Starlette, FastAPI, Litestar, or any other.
        service: What it is called.
        version: What is running.
        registry: Where its metrics go together with your own; None for one of `METRICS_DIR`.
        metrics_path: Where the application itself answers scrapers; None for nowhere.
        buckets: Bounds of the latencies in seconds; every latency that is promised should be one.
        route_of: Finds the template of a route in the scope of an answered request, where nothing else does.
        environment: Read for the variables above.

    Raises:
        InvalidInput: A variable holds what it cannot.
    """
    port = _port(environment.get("METRICS_PORT", ""))
    collected = tracing.read_options(environment, service=service)
    reported = errors.read_options(environment, service=service, release=version)
    lines = request_lines.read_options(environment)
    _log(lines, service, as_json=_is_json(environment.get("LOG_FORMAT", "")))
    found = registry if registry is not None else open_registry(environment)
    watch_process(found, service=service, version=version)
    route = route_of or RouteTemplates(app).template
    inner: Application = InstrumentedApplication(app, HttpMetrics(found, buckets=buckets), route)
    if lines is not None:
        inner = LoggedApplication(inner, RequestLines(lines, route))
    if collected is not None or (reported is not None and reported.kept):
        inner = TracedApplication(inner, route)
    return Instrumented(
        RequestIds(inner),
        found,
        metrics_path=metrics_path,
        host=environment.get("METRICS_HOST") or LOOPBACK,
        port=port,
        during=[functools.partial(tracing.traced, collected), functools.partial(errors.reported, reported)],
    )


def open_registry(environment: Mapping[str, str] = os.environ) -> Registry:
    """Return a registry in `METRICS_DIR`, where it is set.

    Raises:
        InvalidInput: The folder cannot be written.
    """
    folder = environment.get("METRICS_DIR", "")
    try:
        return Registry(Path(folder) if folder else None)
    except OSError as error:
        problem = f"{folder} cannot be written ({error.strerror})"
        raise InvalidInput("METRICS_DIR", problem, "name a folder that this user may write to") from None


def _port(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or int(text) > _LARGEST_PORT:
        raise InvalidInput("METRICS_PORT", f"{text!r} is not a port", "give a number such as 9464, or leave it out")
    return int(text) or None


def _log(lines: LineOptions | None, service: str, *, as_json: bool) -> None:
    """Send to standard error what is asked for: everything as JSON, or lines of requests alone for people to read."""
    if as_json:
        log_to(sys.stderr, service=service, as_json=True, loggers=("", *SERVERS))
    elif lines is not None:
        log_to(sys.stderr, service=service, as_json=False, loggers=(request_lines.LOGGER,), others=())
    if lines is not None:
        for name in SERVERS_REQUESTS:
            logging.getLogger(name).setLevel(logging.WARNING)


def _is_json(text: str) -> bool:
    if text not in {"", "json", "text"}:
        raise InvalidInput("LOG_FORMAT", f"{text!r} is not known", "json, or text")
    return text == "json"
