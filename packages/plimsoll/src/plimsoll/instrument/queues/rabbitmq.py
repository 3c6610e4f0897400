"""RabbitMQ through pika as metrics and spans: what a channel publishes, and what a consumer works on."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, TypeVar

from plimsoll.instrument.queues.jobs import Jobs
from plimsoll.instrument.queues.metrics import QueueMetrics
from plimsoll.instrument.traces import SpanKind, context, span
from plimsoll.instrument.traces.w3c import inject

MESSAGE = "message"
"""The type of a job whose message says none (`properties.type`)."""
_ABOUT = {"messaging.system": "rabbitmq", "messaging.operation.type": "send"}


class Channel(Protocol):
    """What is used of pika's channels, blocking or not."""

    def basic_publish(self, exchange: str, routing_key: str, body: bytes, *rest: Any, **options: Any) -> Any:
        """Publish a message."""
        ...


AnyChannel = TypeVar("AnyChannel", bound=Channel)
OnMessage: TypeAlias = Callable[[Any, Any, Any, bytes], Any]
"""What pika's `basic_consume` calls: with the channel, the delivery, its properties and its body."""


def watch_channel(channel: AnyChannel, queues: QueueMetrics) -> AnyChannel:
    """Count what this channel publishes from now on, and return it.

    A message counts into `queue_jobs_total` of the queue that its routing key names, and of its `type`. Where a trace
    is being recorded the message carries it on, in the header `traceparent`, and publishing is a span of it.
    """
    publish = channel.basic_publish

    @functools.wraps(publish)
    def counted(
        exchange: str, routing_key: str, body: bytes, properties: Any = None, *rest: Any, **options: Any
    ) -> Any:
        with span(f"send {routing_key}", SpanKind.PRODUCER, {**_ABOUT, "messaging.destination.name": routing_key}):
            answer = publish(exchange, routing_key, body, carrying(properties), *rest, **options)
        queues.handed(routing_key, _type_of(properties))
        return answer

    hooked: Any = channel  # a method is replaced on this one object
    hooked.basic_publish = counted
    return channel


def watched_consumer(on_message: OnMessage, jobs: Jobs, queue: str) -> OnMessage:
    """Return what `basic_consume` takes: `on_message` as a job of this queue, until it returns.

    The trace that a message carries goes on. A consumer that hands messages on to tasks has nothing to time here:
    `jobs.working(queue, job_type, properties.headers)` belongs into the task.
    """

    def counted(channel: Any, method: Any, properties: Any, body: bytes) -> Any:
        with jobs.working(queue, _type_of(properties), getattr(properties, "headers", None)):
            return on_message(channel, method, properties, body)

    return counted


def carrying(properties: Any) -> Any:
    """Return properties of a message that carry the trace which is worked on; the same ones where there is none.

    Properties may be shared by many messages, so what is given stays as it is.
    """
    here = context()
    if here is None:
        return properties
    if properties is None:
        from pika import BasicProperties  # noqa: PLC0415 - who has a channel of pika's has pika; nobody else needs it

        properties = BasicProperties()
    own = copy.copy(properties)
    own.headers = {**(properties.headers or {})}
    inject(here, own.headers)
    return own


def _type_of(properties: Any) -> str:
    return getattr(properties, "type", None) or MESSAGE
