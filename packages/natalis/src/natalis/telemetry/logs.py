"""Log lines: JSON by the names of ECS for machines, one readable line for people; redacted either way."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO, Any

import msgspec

from natalis.telemetry.redaction import redacted, redacted_text

ROOT = "natalis"
ECS_VERSION = "8.11.0"
OTHERS = ("aiohttp", "asyncio", "asyncpg", "pika", "redis")
"""Libraries whose warnings are lines of ours too. Without a handler Python would write them bare between our own:
several lines each, unredacted, and no line at all to a reader of JSON."""
FIELDS = "ecs"
"""The attribute of a log record that holds its structured fields: `extra={"ecs": {"http.route": "/user"}}`."""


class JsonLines(logging.Formatter):
    """One JSON object a line, by the field names of the Elastic Common Schema, which Loki indexes as well.

    Args:
        service: The value of `service.name`.
    """

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "@timestamp": _instant(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "log.level": record.levelname.lower(),
            "message": redacted_text(record.getMessage()),
            "log.logger": record.name,
            "service.name": self._service,
            "ecs.version": ECS_VERSION,
            **redacted(_fields(record)),
        }
        if record.exc_info is not None and record.exc_info[0] is not None:
            line["error.type"] = record.exc_info[0].__name__
            line["error.message"] = redacted_text(str(record.exc_info[1]))
            line["error.stack_trace"] = redacted_text(self.formatException(record.exc_info))
        return msgspec.json.encode(line, enc_hook=str).decode()


class TerminalLines(logging.Formatter):
    """`09:00:01 INFO  what happened  field=value`, in UTC; control characters are shown, not obeyed."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and a traceback below it when there is one."""
        told = redacted(_fields(record))
        fields = "".join(f"  {name.rpartition('.')[2]}={value}" for name, value in told.items())
        line = f"{_instant(record):%H:%M:%S} {record.levelname:<7} {redacted_text(record.getMessage())}{fields}"
        line = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in line)
        if record.exc_info is not None and record.exc_info[0] is not None:
            return f"{line}\n{redacted_text(self.formatException(record.exc_info))}"
        return line


def log_to(stream: IO[str], *, as_json: bool, level: int = logging.INFO, service: str = ROOT) -> logging.Handler:
    """Send what Natalis logs to a stream, in place of where it went before, and the warnings of `OTHERS` with it.

    Args:
        stream: Where to.
        as_json: For machines rather than for people.
        level: The least level that is logged.
        service: The value of `service.name`.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(service) if as_json else TerminalLines())
    _redirect(logging.getLogger(ROOT), handler, level)
    for name in OTHERS:
        _redirect(logging.getLogger(name), handler, logging.WARNING)
    return handler


def _redirect(logger: logging.Logger, handler: logging.Handler, level: int) -> None:
    for other in list(logger.handlers):
        logger.removeHandler(other)
    logger.addHandler(handler)
    logger.setLevel(max(level, logger.level) if logger.name in OTHERS else level)
    logger.propagate = False


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    found = getattr(record, FIELDS, None)
    return found if isinstance(found, Mapping) else {}


def _instant(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)
