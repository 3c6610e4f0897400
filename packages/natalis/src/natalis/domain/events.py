"""What happened, as values: metrics, logs and the terminal are made from these and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from natalis.domain.delivery import DeliveryKey


@dataclass(frozen=True, slots=True)
class Planned:
    """The planner made this many deliveries."""

    count: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One person's occasion could not be planned, or one message could not be written; it is set aside, visibly."""

    user_id: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dispatched:
    """The dispatcher handed this many deliveries to the queue, of which some were already late."""

    count: int
    late: int


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """An attempt was completed in the store.

    Attributes:
        key: Which delivery.
        outcome: `delivered`, `deferred`, `refused`, `unknown` or `withheld`.
        final: Whether the delivery has ended (sent, failed, missed or cancelled) rather than going to be retried.
        full_name: Who it was for.
        timezone: The recipient's zone.
        fire_at: When it was due by the calendar (UTC).
        finished_at: UTC.
        took: The duration of the provider's call.
        late: Whether it ended later than the kind's tolerance after `fire_at`.
    """

    key: DeliveryKey
    outcome: str
    final: bool
    full_name: str
    timezone: str
    fire_at: datetime
    finished_at: datetime
    took: timedelta
    late: bool


@dataclass(frozen=True, slots=True)
class Fenced:
    """A worker that had lost its lease tried to complete this delivery and was refused."""

    key: DeliveryKey


@dataclass(frozen=True, slots=True)
class Missed:
    """The catch-up window of these deliveries passed."""

    keys: tuple[DeliveryKey, ...]


@dataclass(frozen=True, slots=True)
class Returned:
    """The reaper gave back deliveries whose lease ran out, and queued ones that the broker lost."""

    leases: int
    lost: int


@dataclass(frozen=True, slots=True)
class BreakerMoved:
    """The breaker of a provider is now `closed`, `open` or `half-open`."""

    provider: str
    state: str


Event: TypeAlias = Planned | Quarantined | Dispatched | AttemptEnded | Fenced | Missed | Returned | BreakerMoved
