"""Events as log lines: what an operator wants to read, and nothing for each message that went well."""

from __future__ import annotations

import logging
from typing import assert_never

from natalis.domain.delivery import DeliveryKey
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
from natalis.domain.trace import trace_of
from plimsoll.instrument import traces
from plimsoll.instrument.logs import FIELDS

_log = logging.getLogger("natalis.events")


class EventLog:
    """Writes events to the log. No line carries a name or an address: only user ids and delivery keys."""

    def record(self, event: Event) -> None:
        """Write a line, or none."""
        match event:
            case Planned(count):
                _log.info("planned %d deliveries", count)
            case Dispatched(count, late):
                _log.debug("dispatched %d deliveries, %d of them late", count, late)
            case AttemptEnded():
                self._attempt(event)
            case Quarantined(user_id, kind, reason):
                _log.warning("quarantined the %s of user %s: %s", kind, user_id, reason)
            case Missed(keys):
                _log.warning("missed %d deliveries, the first of them %s", len(keys), next(iter(keys), None))
            case Returned(leases, lost):
                _log.info("gave back %d deliveries whose lease ran out and %d that the queue lost", leases, lost)
            case Fenced(key):
                _log.warning("a worker that had lost its lease tried to complete %s", key, extra=_about(key))
            case BreakerMoved(provider, state):
                _log.warning("the breaker of %s is %s", provider, state)
            case other:
                assert_never(other)

    @staticmethod
    def _attempt(event: AttemptEnded) -> None:
        if event.outcome in {"refused", "unknown"}:
            end = ", and given up" if event.final else ""
            _log.warning("%s: %s%s", event.key, event.outcome, end, extra=_about(event.key))
        else:
            _log.debug("%s: %s", event.key, event.outcome)


def _about(key: DeliveryKey) -> dict[str, dict[str, str]] | None:
    """Say which trace a line about a delivery belongs to, while there are traces."""
    return None if traces.listening() is None else {FIELDS: {"trace.id": trace_of(key).written}}
