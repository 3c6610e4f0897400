"""The RabbitMQ transport's numbers and names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from natalis.domain.retry import RetryPolicy


@dataclass(frozen=True, slots=True)
class RabbitMQOptions:
    """Which broker, and how it is spoken to.

    Queue, dead-letter queue, `keep_dead_letters` and `delivery_limit` are written into the queues when they are first
    declared; a process that comes with others is refused by the broker.

    Attributes:
        addresses: One for each node (`read_addresses`); any of them will do.
        queue: Where keys wait.
        dead_letter_queue: Where messages go that cannot be read, or that come back too often.
        keep_dead_letters: For how long.
        delivery_limit: How often a message may come back before it is a dead letter. RabbitMQ 3 knows no limit unless
            told, 4 has 20.
        keys_per_message: At most; a small lot is sent a key at a time (see `lots.py`).
        prefetch: Messages that one receiver holds unacknowledged; of about `2 * concurrency / keys_per_message`, so
            that one lot is at hand while the last is worked on.
        name: What the broker's own tools call the connection.
        connect_timeout: For one node to accept a connection and to declare the queues.
        answer_timeout: For the broker to confirm what was published, or to answer a question.
        heartbeat: The broker gives up on us when it hears nothing for twice this long, and says something itself every
            half of it.
        silence: A line that has been silent for this long is dead: longer than a heartbeat, or nothing ever would be.
        starving: How long a receiver waits for a message before it asks whether there are any.
        idle: After this long without a `receive` what waits for one goes back, so that others may have it.
        backoff: How long to wait once every node was tried in vain.
    """

    addresses: tuple[str, ...]
    queue: str = "birthday-messages"
    dead_letter_queue: str = "birthday-messages.dead-letter"
    keep_dead_letters: timedelta = timedelta(days=7)
    delivery_limit: int = 20
    keys_per_message: int = 25
    prefetch: int = 16
    name: str = "natalis"
    connect_timeout: timedelta = timedelta(seconds=3)
    answer_timeout: timedelta = timedelta(seconds=5)
    heartbeat: timedelta = timedelta(seconds=6)
    silence: timedelta = timedelta(seconds=8)
    starving: timedelta = timedelta(seconds=5)
    idle: timedelta = timedelta(seconds=1)
    backoff: RetryPolicy = field(
        default_factory=lambda: RetryPolicy(base=timedelta(milliseconds=100), cap=timedelta(seconds=2))
    )
