"""Messages as metrics: what was processed and how late, and what was sent as e-mail."""

from __future__ import annotations

from typing import Final

from plimsoll.instrument.queues.metrics import JOB_BUCKETS
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.traces import kept_trace

LATENESS_BUCKETS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 4.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0)
"""Seconds, up to a day: 250 ms and 4 s are what a fleet may promise, 60 s what a person notices."""


class MessageMetrics:
    """The families about messages, whatever carries them.

    Attributes:
        processed: Messages by how they ended.
        seconds: How long each took.
        lateness: How long after its time each went out, by kind.
    """

    __slots__ = ("lateness", "processed", "seconds")

    def __init__(self, registry: Registry) -> None:
        self.processed = registry.counter(
            "messages_processed_total", "Attempts to process a message by how they ended.", "status"
        )
        self.seconds = registry.histogram(
            "message_processing_duration_seconds", "An attempt's duration.", "status", buckets=JOB_BUCKETS
        )
        self.lateness = registry.histogram(
            "message_lateness_seconds",
            "Call of the provider minus the time it was due.",
            "kind",
            buckets=LATENESS_BUCKETS,
        )

    def ended(self, status: str, seconds: float) -> None:
        """Count an attempt that ended."""
        self.processed.at(status).inc()
        self.seconds.at(status).observe(seconds, kept_trace())


class EmailMetrics:
    """The families about e-mail, or whatever a provider carries out.

    Attributes:
        sent: Calls of the provider by what it answered.
        seconds: How long each took.
    """

    __slots__ = ("seconds", "sent")

    def __init__(self, registry: Registry) -> None:
        self.sent = registry.counter("email_send_total", "Calls of the provider by their answer.", "status")
        self.seconds = registry.histogram(
            "email_send_duration_seconds", "A provider call's duration.", "status", buckets=JOB_BUCKETS
        )

    def ended(self, status: str, seconds: float) -> None:
        """Count a call that was answered, or was not."""
        self.sent.at(status).inc()
        self.seconds.at(status).observe(seconds, kept_trace())
