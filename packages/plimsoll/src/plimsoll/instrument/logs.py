"""Log lines: JSON by the names of ECS for machines, one readable line for people; redacted either way."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import IO, Any, Final

import msgspec

from plimsoll.instrument import traces
from plimsoll.instrument.redaction import Redaction

ECS_VERSION: Final = "8.11.0"
FIELDS: Final = "ecs"
"""The attribute of a log record that holds its structured fields: `extra={"ecs": {"http.route": "/user"}}`."""
OTHERS: Final = ("aiohttp", "asyncio", "asyncpg", "opentelemetry", "pika", "redis", "sentry_sdk", "urllib3")
"""Libraries whose warnings are lines of a service's own too. Without a handler Python would write them bare between
its lines: several lines each, unredacted, and no line at all to a reader of JSON."""
request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The request that is being answered; every line within says so."""

_encode = msgspec.json.Encoder(enc_hook=str).encode
_LEVELS = {getattr(logging, name): name.lower() for name in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")}


class JsonLines(logging.Formatter):
    """One JSON object a line, by the field names of the Elastic Common Schema, which Loki indexes as well.

    Args:
        service: The value of `service.name`.
        redaction: Takes out what must not be told.
    """

    def __init__(self, service: str, redaction: Redaction) -> None:
        super().__init__()
        self._service = service
        self._redaction = redaction
        self._second = (-1, "")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        clean = self._redaction
        line: dict[str, Any] = {
            "@timestamp": self._written(record.created),
            "log.level": _LEVELS.get(record.levelno) or record.levelname.lower(),
            "message": clean.text(record.getMessage()),
            "log.logger": record.name,
            "service.name": self._service,
            "ecs.version": ECS_VERSION,
        }
        if request := request_id.get():
            line["http.request.id"] = request
        if (context := traces.context()) is not None:
            line["trace.id"], line["span.id"] = context.trace, context.span
        if told := getattr(record, FIELDS, None):
            line |= clean.fields(told)
        if record.exc_info is not None and record.exc_info[0] is not None:
            line["error.type"] = record.exc_info[0].__name__
            line["error.message"] = clean.text(str(record.exc_info[1]))
            line["error.stack_trace"] = clean.text(self.formatException(record.exc_info))
        try:
            return _encode(line).decode()
        except UnicodeEncodeError:  # half a character: JSON can say it by its number
            return json.dumps(line, default=str)

    def _written(self, created: float) -> str:
        """Return an instant as `2026-02-28T09:00:00.123Z`; all of one second have the same beginning."""
        whole = int(created)
        second, written = self._second
        if whole != second:
            written = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S.")
            self._second = (whole, written)
        return f"{written}{int((created - whole) * 1000):03d}Z"


class TerminalLines(logging.Formatter):
    """`09:00:01 INFO  what happened  field=value`, in UTC; control characters are shown, not obeyed.

    Args:
        redaction: Takes out what must not be told.
    """

    def __init__(self, redaction: Redaction) -> None:
        super().__init__()
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and a traceback below it when there is one."""
        clean = self._redaction
        told = clean.fields(_fields(record))
        fields = "".join(f"  {name.rpartition('.')[2]}={value}" for name, value in told.items())
        at = datetime.fromtimestamp(record.created, UTC)
        line = f"{at:%H:%M:%S} {record.levelname:<7} {clean.text(record.getMessage())}{fields}"
        line = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in line)
        if record.exc_info is not None and record.exc_info[0] is not None:
            return f"{line}\n{clean.text(self.formatException(record.exc_info))}"
        return line


def log_to(
    stream: IO[str],
    *,
    service: str,
    as_json: bool,
    loggers: Sequence[str] = ("",),
    others: Sequence[str] = OTHERS,
    level: int = logging.INFO,
    redaction: Redaction | None = None,
) -> logging.Handler:
    """Send what a service logs to a stream, in place of where it went before, and its libraries' warnings with it.

    Args:
        stream: Where to.
        service: The value of `service.name`.
        as_json: For machines rather than for people.
        loggers: Whose lines are the service's own; the empty name is everybody's.
        others: Libraries, of which warnings are enough.
        level: The least level that is logged.
        redaction: Takes out what must not be told; None for what every service keeps to itself.
    """
    clean = redaction or Redaction()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(service, clean) if as_json else TerminalLines(clean))
    for name in loggers:
        logger = logging.getLogger(name)
        _redirect(logger, handler)
        logger.setLevel(level)
    for name in others:
        logger = logging.getLogger(name)
        _redirect(logger, handler)
        logger.setLevel(max(logging.WARNING, logger.level))
    return handler


def _redirect(logger: logging.Logger, handler: logging.Handler) -> None:
    for other in list(logger.handlers):
        logger.removeHandler(other)
    logger.addHandler(handler)
    logger.propagate = False


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    found = getattr(record, FIELDS, None)
    return found if isinstance(found, Mapping) else {}
