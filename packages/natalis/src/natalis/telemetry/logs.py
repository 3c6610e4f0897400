"""Log lines: JSON by the names of ECS for machines, one readable line for people; redacted either way."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO, Any, assert_never

import msgspec

from natalis.domain.events import (
    AttemptEnded,
    BreakerMoved,
    Dispatched,
    Event,
    Fenced,
    Missed,
    Planned,
    Quarantined,
    Returned,
)
from natalis.telemetry.redaction import redacted, redacted_text

ROOT = "natalis"
ECS_VERSION = "8.11.0"
FIELDS = "ecs"
"""The attribute of a log record that holds its structured fields: `extra={"ecs": {"http.route": "/user"}}`."""
_LOG = logging.getLogger("natalis.events")


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
    """Send what Natalis logs to a stream, in place of where it went before; other libraries keep to themselves.

    Args:
        stream: Where to.
        as_json: For machines rather than for people.
        level: The least level that is logged.
        service: The value of `service.name`.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(service) if as_json else TerminalLines())
    logger = logging.getLogger(ROOT)
    for other in list(logger.handlers):
        logger.removeHandler(other)
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
    return handler


class EventLog:
    """A telemetry that logs: what a person should look at as a warning, the ordinary only at level debug."""

    def record(self, event: Event) -> None:
        """Log an event."""
        match event:
            case AttemptEnded():
                _log_attempt(event)
            case Missed(keys):
                _say(logging.WARNING, f"{len(keys)} deliveries missed their window", {"natalis.first": str(keys[0])})
            case Quarantined(user_id, kind, reason):
                fields = {"user.id": user_id, "natalis.kind": kind, "natalis.reason": reason}
                _say(logging.WARNING, "an occasion is set aside", fields)
            case BreakerMoved(provider, state):
                level = logging.INFO if state == "closed" else logging.WARNING
                _say(level, f"the breaker is {state}", {"natalis.provider": provider})
            case Fenced(key):
                _say(logging.WARNING, "a completion came after its lease", {"natalis.delivery": str(key)})
            case Returned(leases, lost):
                _say(logging.WARNING, "deliveries were given back", {"natalis.leases": leases, "natalis.lost": lost})
            case Planned(count):
                _say(logging.DEBUG, f"{count} deliveries planned", {})
            case Dispatched(count, late):
                _say(logging.DEBUG, f"{count} deliveries dispatched", {"natalis.late": late})
            case other:
                assert_never(other)


def _log_attempt(event: AttemptEnded) -> None:
    level = logging.WARNING if event.final and event.outcome not in {"delivered", "withheld"} else logging.DEBUG
    if _LOG.isEnabledFor(level):
        fields = {
            "natalis.delivery": str(event.key),
            "natalis.outcome": event.outcome,
            "natalis.final": event.final,
            "event.duration": round(event.took.total_seconds() * 1e9),
        }
        _say(level, f"an attempt ended {event.outcome}", fields)


def _say(level: int, message: str, fields: Mapping[str, Any]) -> None:
    if _LOG.isEnabledFor(level):
        _LOG.log(level, message, extra={FIELDS: fields})


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    found = getattr(record, FIELDS, None)
    return found if isinstance(found, Mapping) else {}


def _instant(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)
