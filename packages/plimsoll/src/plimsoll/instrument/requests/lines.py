"""A line of log for each answered request, by the names of ECS; off unless it is asked for."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from plimsoll.errors import InvalidInput
from plimsoll.instrument.logs import FIELDS
from plimsoll.instrument.requests.asgi import SYNTHETIC, Application, Message, Receive, Scope, Send
from plimsoll.instrument.requests.routes import UNMATCHED, route_template, told_path

LOGGER: Final = "plimsoll.requests"
"""Whose lines they are. `LineOptions.level` decides what it writes, whatever level it or others above it have."""
SLOW: Final = timedelta(seconds=1)
"""From how long on a request is slow where nobody says otherwise: the usual bound of the 95th percentile."""
PROBES: Final = frozenset(
    {"health", "healthcheck", "healthz", "live", "liveness", "livez", "metrics", "ping"}
    | {"readiness", "ready", "readyz", "startup", "startupz"}
)
"""How routes end that are asked every few seconds by machines; while all is well they have lines at DEBUG alone."""
LONGEST: Final = 1_024
"""Letters of what a client may choose at will, its path and the name of its program: Elastic indexes no more."""
LEVELS: Final[Mapping[str, int | None]] = {
    "": None,
    "0": None,
    "false": None,
    "off": None,
    "1": logging.INFO,
    "true": logging.INFO,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
"""The words of `LOG_REQUESTS`, and the least level that each of them asks for; None for no lines."""
_SPAN: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s)", re.ASCII)
_ASKING: Final = frozenset({"GET", "HEAD"})
_REFUSED, _FAILED = 400, 500


@dataclass(frozen=True, slots=True)
class LineOptions:
    """Which requests have a line.

    Attributes:
        level: The least level that is written. A request that failed on this side (a status of 500 and above, or an
            exception) is an ERROR, a slow one a WARNING, a probe that was answered well DEBUG, any other INFO.
        slow: From how long on a request is slow.
    """

    level: int = logging.INFO
    slow: timedelta = SLOW


def read_options(environ: Mapping[str, str]) -> LineOptions | None:
    """Return what `LOG_REQUESTS` and `LOG_SLOW_REQUESTS` ask for; None for no lines.

    Raises:
        InvalidInput: A variable holds what it cannot.
    """
    asked, slow = environ.get("LOG_REQUESTS", "").strip(), environ.get("LOG_SLOW_REQUESTS", "").strip()
    if asked.casefold() not in LEVELS:
        known = "1 or info for every request, warning for slow and failed ones, error, debug, or 0 for none"
        raise InvalidInput("LOG_REQUESTS", f"{asked!r} is not known", known)
    found = _SPAN.fullmatch(slow or "1s")
    if found is None:
        raise InvalidInput("LOG_SLOW_REQUESTS", f"{slow!r} is no span of time", "write it as 500ms or 2s")
    level = LEVELS[asked.casefold()]
    unit = timedelta(milliseconds=1) if found[2] == "ms" else timedelta(seconds=1)
    return None if level is None else LineOptions(level, float(found[1]) * unit)


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that ended.

    Attributes:
        scope: As the application left it: it knows the route.
        method: As it was asked.
        path: As it was asked.
        status: As it was answered; 500 where no answer began, as servers say then.
        nanoseconds: From the request's head to the end of its answer.
        failure: The name of the exception that cut it short; empty without one.
    """

    scope: Scope
    method: str
    path: str
    status: int
    nanoseconds: int
    failure: str = ""

    @property
    def is_failed(self) -> bool:
        """Whether it failed on this side."""
        return bool(self.failure) or self.status >= _FAILED


class RequestLines:
    """Writes the lines.

    Args:
        options: Which.
        route_of: Finds the route's template in the scope of an answered request.
        tells_unmatched: Whether the path is told of a request that no route matches; not where a path that is nearly a
            route's may hold what must not be told.
    """

    __slots__ = ("_level", "_logger", "_route_of", "_slow", "_tells_unmatched")

    def __init__(
        self,
        options: LineOptions,
        route_of: Callable[[Scope], str] = route_template,
        *,
        tells_unmatched: bool = True,
    ) -> None:
        self._level = options.level
        self._slow = options.slow // timedelta(microseconds=1) * 1_000
        self._route_of = route_of
        self._tells_unmatched = tells_unmatched
        self._logger = logging.getLogger(LOGGER)

    def tell(self, answered: Answered) -> None:
        """Write the line of a request, if it is to have one."""
        route = self._route_of(answered.scope)
        level = self._level_of(answered, route)
        if level < self._level:
            return
        # made by hand: `Logger.log` would go up the stack first, to find who called it
        arguments = (answered.method, route, answered.status)
        record = self._logger.makeRecord(LOGGER, level, __file__, 0, "%s %s %d", arguments, None, "tell")
        setattr(record, FIELDS, self._fields(answered, route))
        self._logger.handle(record)

    def _level_of(self, answered: Answered, route: str) -> int:
        if answered.is_failed:
            return logging.ERROR
        if answered.nanoseconds >= self._slow:
            return logging.WARNING
        if answered.status < _REFUSED and answered.method in _ASKING and _is_probe(answered.path, route):
            return logging.DEBUG
        return logging.INFO

    def _fields(self, answered: Answered, route: str) -> dict[str, Any]:
        scope, is_matched = answered.scope, route != UNMATCHED
        fields: dict[str, Any] = {"http.request.method": answered.method}
        if is_matched or self._tells_unmatched:
            fields["url.path"] = told_path(answered.path, scope)[:LONGEST]
        if is_matched:
            fields["http.route"] = route
        fields["http.response.status_code"] = answered.status
        fields["event.duration"] = answered.nanoseconds
        fields["event.outcome"] = "failure" if answered.is_failed else "success"
        if answered.failure:
            fields["error.type"] = answered.failure
        client = scope.get("client")
        if client:
            fields["client.address"] = client[0]
        for header in scope["headers"]:
            if header[0] == b"user-agent":
                fields["user_agent.original"] = bytes(header[1][:LONGEST]).decode("latin-1")
            elif header == SYNTHETIC:
                fields["labels.synthetic"] = "true"
        return fields


class LoggedApplication:
    """An ASGI application whose requests have lines; it stands where their ids and traces are known.

    Args:
        app: What answers.
        lines: Are told.
    """

    __slots__ = ("_app", "_lines")

    def __init__(self, app: Application, lines: RequestLines) -> None:
        self._app = app
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; everything but HTTP passes through untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, path = scope["method"][:LONGEST], scope["path"]  # before anybody changes them
        status, failure = _FAILED, ""

        def watch(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            return send(message)

        began = time.perf_counter_ns()
        try:
            await self._app(scope, receive, watch)
        except BaseException as error:
            failure = type(error).__name__
            raise
        finally:
            took = time.perf_counter_ns() - began
            self._lines.tell(Answered(scope, method, path, status, took, failure))


def _is_probe(path: str, route: str) -> bool:
    # only a route makes a probe of a request, or its whole path where there is none: not how a caller ends it at will
    return (path[1:] if route == UNMATCHED else route.rpartition("/")[2]) in PROBES
