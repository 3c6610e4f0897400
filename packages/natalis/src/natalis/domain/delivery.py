"""A delivery: one message of one occasion in one year, its states and its attempts."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from natalis.errors import InvalidInput

SUPERSEDED = "superseded: the date, the zone or the occasion changed"
"""Why a user's own change cancels a delivery; only such a one may be scheduled again by a later change."""


class Status(enum.StrEnum):
    """The states; `domain/lifecycle.py` holds the table of moves between them."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    RETRYING = "retrying"
    FAILED = "failed"
    MISSED = "missed"
    CANCELLED = "cancelled"


class DeliveryKey(NamedTuple):
    """What makes a delivery itself, and the idempotency key that its provider sees.

    Written `user id:kind:occasion date`, as in `0190…:birthday:2026-02-28`.
    """

    user_id: str
    kind: str
    occasion_date: date

    def __str__(self) -> str:
        """Write it in the one form used in the store, the API and the header."""
        return f"{self.user_id}:{self.kind}:{self.occasion_date.isoformat()}"

    @classmethod
    def parse(cls, text: str) -> DeliveryKey:
        """Read the written form.

        Raises:
            InvalidInput: It is not one.
        """
        try:
            user_id, kind, day = text.split(":")
            return cls(user_id, kind, date.fromisoformat(day))
        except ValueError:
            remedy = "use an id as listed, such as 0190c3f2-…:birthday:2026-02-28"
            raise InvalidInput("id", f"{text[:80]!r} is not a delivery", remedy) from None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of one occasion in one year; the row that must end `sent` exactly once.

    Attributes:
        key: Its identity.
        status: Where it stands.
        fire_at: When it is due by the calendar (UTC).
        due_at: When it is due next: `fire_at`, or later after a retry (UTC).
        expires_at: From when on it is missed (UTC).
        timezone: The zone that `fire_at` was computed in.
        attempts: How many attempts were begun.
        may_have_arrived: Whether an attempt ended without an answer, so that the recipient may have the message.
        sent_at: When the provider accepted it (UTC).
        provider_id: The provider's own id of the message.
        reason: Why it is where it is, in a sentence; empty while all is ordinary.
        planned_at: When the planner made it (UTC).
    """

    key: DeliveryKey
    status: Status
    fire_at: datetime
    due_at: datetime
    expires_at: datetime
    timezone: str
    attempts: int = 0
    may_have_arrived: bool = False
    sent_at: datetime | None = None
    provider_id: str | None = None
    reason: str = ""
    planned_at: datetime | None = None

    @property
    def uses_its_year(self) -> bool:
        """Whether no other message of this user and kind may go out for the same year."""
        match self.status:
            case Status.SENT | Status.SENDING:
                return True
            case Status.CANCELLED:
                return self.may_have_arrived or self.reason != SUPERSEDED
            case _:
                return self.may_have_arrived


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of the provider for one delivery.

    Attributes:
        number: Counts from 1 within the delivery.
        attempt_id: The fence: only the holder of the newest one may complete the delivery.
        worker_id: Who made it.
        started_at: UTC.
        finished_at: UTC; None while under way or when the worker died.
        outcome: `delivered`, `deferred`, `refused`, `unknown`, `withheld` or `under way`.
        detail: The provider's answer, or what happened instead.
    """

    number: int
    attempt_id: str
    worker_id: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    detail: str
