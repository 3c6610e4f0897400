"""Things as JSON records, with the API's names: instants end in Z, days are dates, keys are camelCase."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from natalis.domain.delivery import Attempt, Delivery
from natalis.domain.trace import trace_of
from natalis.domain.user import User
from natalis.ports.ledger import Upcoming
from natalis.ports.suppressions import Suppression
from natalis.ports.tokens import Token

Record: TypeAlias = dict[str, Any]


def instant(at: datetime | None) -> str | None:
    """Write an instant as `2026-02-28T14:00:00Z`."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def user_record(user: User) -> Record:
    """Return a user."""
    profile = user.profile
    return {
        "id": user.id,
        "firstName": profile.first_name,
        "lastName": profile.last_name,
        "email": profile.email,
        "birthdayDate": str(profile.birthday),
        "timezone": profile.timezone,
        "locale": profile.locale,
        "leapDay": profile.leap_day,
        "createdAt": instant(user.created_at),
        "updatedAt": instant(user.updated_at),
    }


def delivery_record(delivery: Delivery, attempts: Sequence[Attempt] | None = None) -> Record:
    """Return a delivery, with its trace and its attempts where they are known."""
    record: Record = {
        "id": str(delivery.key),
        "userId": delivery.key.user_id,
        "kind": delivery.key.kind,
        "occasionDate": delivery.key.occasion_date.isoformat(),
        "status": str(delivery.status),
        "fireAt": instant(delivery.fire_at),
        "dueAt": instant(delivery.due_at),
        "expiresAt": instant(delivery.expires_at),
        "timezone": delivery.timezone,
        "attemptCount": delivery.attempts,
        "sentAt": instant(delivery.sent_at),
        "providerId": delivery.provider_id,
        "reason": delivery.reason or None,
    }
    if attempts is not None:
        record["traceId"] = trace_of(delivery.key).written
        record["attempts"] = [attempt_record(attempt) for attempt in attempts]
    return record


def attempt_record(attempt: Attempt) -> Record:
    """Return an attempt."""
    return {
        "number": attempt.number,
        "workerId": attempt.worker_id,
        "startedAt": instant(attempt.started_at),
        "finishedAt": instant(attempt.finished_at),
        "outcome": attempt.outcome,
        "detail": attempt.detail,
    }


def upcoming_record(upcoming: Upcoming) -> Record:
    """Return a message that will be sent."""
    return {
        "userId": upcoming.user_id,
        "fullName": upcoming.full_name,
        "email": upcoming.email,
        "kind": upcoming.kind,
        "occasionDate": upcoming.occasion_date,
        "fireAt": instant(upcoming.fire_at),
        "timezone": upcoming.timezone,
        "planned": upcoming.planned,
    }


def token_record(token: Token) -> Record:
    """Return a token; never its secret or its hash."""
    return {"name": token.name, "scope": str(token.scope), "createdAt": instant(token.created_at)}


def suppression_record(suppression: Suppression) -> Record:
    """Return a suppressed address."""
    return {"email": suppression.email, "reason": suppression.reason, "since": instant(suppression.since)}
