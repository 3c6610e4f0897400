"""The queues: what is declared, alike for RabbitMQ 3.10 and 4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from natalis.transports.rabbitmq.options import RabbitMQOptions

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable queue to be declared; declaring it again with the same arguments changes nothing."""

    name: str
    arguments: Mapping[str, object]


def queues(options: RabbitMQOptions) -> tuple[Queue, ...]:
    """Return the queues in the order in which to declare them: dead letters first, so that there is a place to go.

    `at-least-once` keeps a dead letter until the other queue has it; it needs `reject-publish`, which without a length
    limit rejects nothing.
    """
    return (
        Queue(
            options.dead_letter_queue,
            {"x-queue-type": "quorum", "x-message-ttl": options.keep_dead_letters // _MILLISECOND},
        ),
        Queue(
            options.queue,
            {
                "x-queue-type": "quorum",
                "x-delivery-limit": options.delivery_limit,
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": options.dead_letter_queue,
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            },
        ),
    )
