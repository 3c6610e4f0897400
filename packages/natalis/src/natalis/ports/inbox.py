"""The worker's view of the store: claim with a lease, renew it, complete behind its fence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from natalis.domain.delivery import Delivery, DeliveryKey, Status
from natalis.domain.user import Profile


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery this worker may attempt until its lease runs out.

    Attributes:
        delivery: As claimed: `sending`, with this attempt counted.
        attempt_id: The fence of this attempt.
        profile: The recipient, read now from the primary; None when the user is gone.
        withheld: Why no message may be sent after all (suppressed, user gone); None when all is well.
        since: The year in which the occasion began, where it is known.
    """

    delivery: Delivery
    attempt_id: str
    profile: Profile | None
    withheld: str | None
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """How an attempt ended, and where its delivery goes.

    Attributes:
        key: The delivery.
        attempt_id: The fence.
        status: `sent`, `retrying`, `failed`, `missed` or `cancelled`.
        finished_at: UTC.
        outcome: `delivered`, `deferred`, `refused`, `unknown` or `withheld`.
        detail: The provider's answer, for the ledger.
        due_at: When to try again; only with `retrying`.
        provider_id: The provider's id of the message; only with `sent`.
        counts: False when the attempt must not be charged to the delivery (an outage pauses, it does not burn
        attempts).
    """

    key: DeliveryKey
    attempt_id: str
    status: Status
    finished_at: datetime
    outcome: str
    detail: str
    due_at: datetime | None = None
    provider_id: str | None = None
    counts: bool = True


class Inbox(Protocol):
    """Claims and completions, always on the primary, always in batches."""

    async def claim(
        self, keys: Sequence[DeliveryKey], *, worker_id: str, now: datetime, lease_until: datetime
    ) -> Sequence[Claimed]:
        """Move `queued` deliveries to `sending` and begin an attempt of each, durably, before any call is made.

        Keys that are not `queued` (a duplicate from the broker, cancelled, returned) are left out. So are expired ones.
        """
        ...

    async def renew(self, attempt_ids: Collection[str], *, lease_until: datetime) -> Collection[str]:
        """Extend leases; return the attempts that still hold theirs."""
        ...

    async def complete(self, completions: Sequence[Completion]) -> Collection[DeliveryKey]:
        """Write ends of attempts, durably; return the keys that were fenced off because another attempt holds them.

        An `unknown` outcome sets the delivery's `may_have_arrived`.
        """
        ...

    async def release(self, keys: Collection[DeliveryKey], *, worker_id: str, now: datetime) -> None:
        """End the attempts of these deliveries that `worker_id` began and never heard of: a claim's answer was lost.

        They end as `deferred`, are due at once and not charged. Only that worker may ask, and only for keys that it
        does not hold: it alone knows that no call was made.
        """
        ...
