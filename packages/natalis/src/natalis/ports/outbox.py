"""The dispatcher's view of the store: deliveries that are due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from natalis.domain.delivery import DeliveryKey


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that is due.

    Attributes:
        key: Which.
        fire_at: When it was due by the calendar (UTC).
        due_at: When it was due, this time (UTC): its fire time, or later after a retry.
        domain: The receiving domain of its address, lower case; empty when the user is gone.
    """

    key: DeliveryKey
    fire_at: datetime
    due_at: datetime
    domain: str


@dataclass(frozen=True, slots=True)
class Queued:
    """It was published and confirmed: mark it `queued`."""

    key: DeliveryKey


@dataclass(frozen=True, slots=True)
class Postponed:
    """Not yet (a rate says so): leave its status and make it due at `until`."""

    key: DeliveryKey
    until: datetime


Disposal: TypeAlias = Queued | Postponed


@dataclass(frozen=True, slots=True)
class DueWindow:
    """Which deliveries to claim.

    Attributes:
        now: Due at or before this instant.
        limit: At most this many in all.
        late_before: Those that fired before this instant are late.
        late_limit: At most this many late ones (a capped catch-up rate); on-time ones come first.
    """

    now: datetime
    limit: int
    late_before: datetime
    late_limit: int


class Outbox(Protocol):
    """Due deliveries; any number of dispatchers may call at once and never get the same one."""

    async def dispatch(
        self, window: DueWindow, publish: Callable[[Sequence[Due]], Awaitable[Sequence[Disposal]]]
    ) -> Sequence[Disposal]:
        """Claim due deliveries, publish them, mark what `publish` returns; what it leaves out stays due.

        When `publish` raises nothing is marked, and a crash in between publishes again: workers deduplicate.
        Expired deliveries are not claimed. Returns what was marked (empty when nothing is due).
        """
        ...

    async def expire(self, *, now: datetime, limit: int) -> Sequence[DeliveryKey]:
        """Mark deliveries whose catch-up window has passed `missed`, and return their keys."""
        ...

    async def next_due(self) -> datetime | None:
        """Return the earliest instant at which anything is due; None when nothing waits."""
        ...
