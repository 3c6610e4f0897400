"""What happened, as values: metrics, logs and the terminal are made from these and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from natalis.domain.delivery import DeliveryKey
from natalis.domain.planning import Plan


class Handed(Protocol):
    """A delivery that was handed to the queue."""

    @property
    def key(self) -> DeliveryKey:
        """Which."""
        ...

    @property
    def due_at(self) -> datetime:
        """When it was due, this time (UTC)."""
        ...


@dataclass(frozen=True, slots=True)
class Planned:
    """The planner made this many deliveries.

    Attributes:
        count: How many.
        plans: Of which occasions; traces are made from them.
        began: When the planner set about it (UTC).
    """

    count: int
    plans: Sequence[Plan] = field(default=(), compare=False)
    began: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One person's occasion could not be planned, or one message could not be written; it is set aside, visibly."""

    user_id: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dispatched:
    """The dispatcher handed this many deliveries to the queue, of which some were already late.

    Attributes:
        count: How many.
        late: How many of them were late.
        handed: Which; traces are made from them.
        began: When the dispatcher set about it (UTC).
    """

    count: int
    late: int
    handed: Sequence[Handed] = field(default=(), compare=False)
    began: datetime | None = field(default=None, compare=False)


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
        due_at: When it was due, this time (UTC).
        number: Counts the attempts that were charged to the delivery, from 1.
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
    due_at: datetime | None = field(default=None, compare=False)
    number: int = field(default=0, compare=False)


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
