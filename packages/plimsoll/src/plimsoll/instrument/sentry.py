"""Errors and traces to Sentry by its own SDK: the only module that imports it, imported when asked for."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Any

import sentry_sdk
from sentry_sdk.consts import CompressionAlgo
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.logging import LoggingIntegration, ignore_logger
from sentry_sdk.integrations.threading import ThreadingIntegration

from plimsoll.instrument import logs, traces
from plimsoll.instrument.errors import LAST, ErrorOptions
from plimsoll.instrument.redaction import Redaction
from plimsoll.instrument.requests.lines import LOGGER as REQUESTS
from plimsoll.instrument.traces import Span, SpanKind
from plimsoll.instrument.traces.w3c import is_kept

_TRACES_AT_MOST = 1_000  # whose parts wait for their whole
_PARTS_AT_MOST = 200  # of one trace; more are left out
_WHOLES = frozenset({SpanKind.SERVER, SpanKind.CONSUMER})
_OPERATIONS = {SpanKind.SERVER: "http.server", SpanKind.CONSUMER: "queue.process", SpanKind.PRODUCER: "queue.publish"}


class Reporter:
    """Tells Sentry what went wrong, and of some requests and jobs how long each part took.

    Of the SDK's integrations only those are used that catch errors: none that hooks into other libraries, and none
    that reads a request. What a variable held is not sent.

    Args:
        options: Where to.
        redaction: Takes out of reports what must not be told.
    """

    def __init__(self, options: ErrorOptions, redaction: Redaction) -> None:
        self._clean = redaction
        self._ratio = options.kept
        self._parts: OrderedDict[int, list[dict[str, Any]]] = OrderedDict()
        sentry_sdk.init(
            dsn=options.dsn,
            environment=options.environment,
            release=f"{options.service}@{options.release}" if options.release else None,
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[
                AtexitIntegration(callback=_say_nothing),
                DedupeIntegration(),
                ExcepthookIntegration(),
                LoggingIntegration(),
                ThreadingIntegration(propagate_scope=False),
            ],
            send_default_pii=False,
            include_local_variables=False,
            max_request_body_size="never",
            shutdown_timeout=LAST.total_seconds(),
            _experiments={
                "transport_compression_algo": CompressionAlgo.GZIP
            },  # whatever else is installed: every relay reads it
            before_send=self._cleaned,
            before_send_transaction=self._cleaned,
            before_breadcrumb=self._cleaned,
        )
        ignore_logger(REQUESTS)  # what made a request fail is told of anyway, with its traceback
        sentry_sdk.get_global_scope().set_tag("service", options.service)

    def heard(self, span: Span) -> None:
        """Take a span in; with the last of a request or a job all of its parts here are sent as one transaction."""
        if not is_kept(span.context.trace_id, self._ratio):
            return
        if span.parent is None or span.kind in _WHOLES:
            parts = self._parts.pop(span.context.trace_id, [])
            sentry_sdk.capture_event(_transaction(span, parts))
            return
        parts = self._parts.setdefault(span.context.trace_id, [])
        if len(parts) < _PARTS_AT_MOST:
            parts.append(_part(span))
        if len(self._parts) > _TRACES_AT_MOST:
            self._parts.popitem(last=False)

    def close(self, last: timedelta) -> None:
        """Send what waits, for so long; what still waits then is lost."""
        sentry_sdk.get_client().close(timeout=last.total_seconds())
        sentry_sdk.get_global_scope().set_client(None)

    def _cleaned(self, event: Any, hint: dict[str, Any]) -> Any:
        del hint
        cleaned = self._clean.fields(event)
        if "release" in cleaned:
            cleaned["release"] = event["release"]  # `shop@1.2.0` has the looks of an address
        if "exception" in cleaned or "logentry" in cleaned:
            _say_where(cleaned)
        return cleaned


def _say_where(event: dict[str, Any]) -> None:
    """Add which request and which trace this happened in."""
    if request := logs.request_id.get():
        event.setdefault("tags", {})["http.request.id"] = request
    if (context := traces.context()) is not None:
        event.setdefault("contexts", {})["trace"] = {"trace_id": context.trace, "span_id": context.span}


def _transaction(span: Span, parts: list[dict[str, Any]]) -> Any:
    return {
        "type": "transaction",
        "transaction": span.name,
        "transaction_info": {"source": "route"},
        "start_timestamp": _instant(span.began),
        "timestamp": _instant(span.ended),
        "contexts": {"trace": _part(span)},
        "spans": parts,
    }


def _part(span: Span) -> dict[str, Any]:
    return {
        "trace_id": span.context.trace,
        "span_id": span.context.span,
        "parent_span_id": None if span.parent is None else span.parent.span,
        "op": "db" if "db.system.name" in span.attributes else _OPERATIONS.get(span.kind, "function"),
        "description": span.name,
        "status": "internal_error" if span.is_failed else "ok",
        "start_timestamp": _instant(span.began),
        "timestamp": _instant(span.ended),
        "data": dict(span.attributes),
    }


def _instant(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)


def _say_nothing(pending: int, timeout: float) -> None:
    """Stand in for what Sentry would write to the terminal when a process ends."""
