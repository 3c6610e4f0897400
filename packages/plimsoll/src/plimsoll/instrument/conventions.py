"""Calls to others as spans, named as OpenTelemetry's stable semantic conventions have it.

Each costs some tens of nanoseconds while nothing is being recorded. Statements, keys and messages are left out: they
hold what a trace must not.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Final
from urllib.parse import urlsplit

from plimsoll.instrument.traces import NOTHING, Attribute, NoSpan, Span, SpanKind, context, current, past, span
from plimsoll.instrument.w3c import inject

POSTGRESQL: Final = "postgresql"
SQLITE: Final = "sqlite"
REDIS: Final = "redis"
RABBITMQ: Final = "rabbitmq"


def database_called(system: str, operation: str, table: str, seconds: float, *, fault: str = "") -> None:
    """Tell of a query that has just ended.

    Args:
        system: `db.system.name`: `POSTGRESQL`, `SQLITE`.
        operation: What it did: `select`, or what a layer of one's own calls it.
        table: To what.
        seconds: How long it took.
        fault: The class of the error it ended with.
    """
    if current() is not None:
        told = {"db.system.name": system, "db.operation.name": operation, "db.collection.name": table}
        past(f"{operation} {table}", SpanKind.CLIENT, told, seconds, fault)


def redis_called(operation: str, seconds: float, *, fault: str = "") -> None:
    """Tell of a command of Redis that has just ended."""
    if current() is not None:
        told = {"db.system.name": REDIS, "db.operation.name": operation}
        past(operation, SpanKind.CLIENT, told, seconds, fault)


def published(system: str, queue: str, count: int, seconds: float, *, fault: str = "") -> None:
    """Tell of messages that were just handed to a queue.

    Args:
        system: `messaging.system`: `RABBITMQ`.
        queue: Where to.
        count: How many.
        seconds: How long it took until they were safe.
        fault: The class of the error it ended with.
    """
    if current() is not None:
        told: dict[str, Attribute] = {
            "messaging.system": system,
            "messaging.operation.type": "send",
            "messaging.operation.name": "publish",
            "messaging.destination.name": queue,
            "messaging.batch.message_count": count,
        }
        past(f"publish {queue}", SpanKind.PRODUCER, told, seconds, fault)


def http_call(method: str, url: str, headers: MutableMapping[str, str]) -> Span | NoSpan:
    """Return a block around a call of another service, and put this trace into its headers.

    Args:
        method: In capitals.
        url: Whole; path and query stay out of the span, since they hold what others' services make of them.
        headers: Those of the call.
    """
    if current() is None:
        inject(context(), headers)
        return NOTHING
    parts = urlsplit(url)
    made = span(method, SpanKind.CLIENT, {"http.request.method": method, "server.address": parts.hostname or ""})
    if isinstance(made, Span):
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
        if port:
            made.set("server.port", port)
        inject(made.context, headers)
    return made
