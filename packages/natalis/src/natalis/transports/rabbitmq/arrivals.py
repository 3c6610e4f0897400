"""Messages that carry a trace, from their arrival until they are acknowledged, as spans."""

from __future__ import annotations

from typing import Any

from natalis.ports.clock import Clock
from natalis.transports.rabbitmq.holding import Ack
from plimsoll.instrument import traces
from plimsoll.instrument.traces import Span, SpanKind, nanoseconds
from plimsoll.instrument.traces.w3c import SpanContext, extract, new_span_id


class Arrivals:
    """The spans of one channel's messages; a message whose trace is not kept has none.

    Args:
        queue: Where messages come from.
        clock: Tells when they came and went.
    """

    def __init__(self, queue: str, clock: Clock) -> None:
        self._queue = queue
        self._clock = clock
        self._open: dict[int, Span] = {}

    def begin(self, tag: int, headers: Any, keys: int) -> None:
        """Take in a message: its span is a part of its publication, and links to it."""
        if traces.listening() is None:
            return
        publication = extract(headers)
        if publication is None or not publication.is_sampled:
            return
        self._open[tag] = Span(
            f"receive {self._queue}",
            SpanKind.CONSUMER,
            SpanContext(publication.trace_id, new_span_id(), is_sampled=True, state=publication.state),
            parent=publication,
            attributes={
                "messaging.system": "rabbitmq",
                "messaging.operation.type": "receive",
                "messaging.destination.name": self._queue,
                "natalis.deliveries": keys,
            },
            links=[publication],
            began=nanoseconds(self._clock.now()),
        )

    def end(self, ack: Ack) -> None:
        """Tell of what an acknowledgement completes."""
        if not self._open:
            return
        now = nanoseconds(self._clock.now())
        for tag in [tag for tag in self._open if tag == ack.tag or (ack.multiple and tag < ack.tag)]:
            span = self._open.pop(tag)
            span.ended = max(span.began, now)
            traces.tell(span)
