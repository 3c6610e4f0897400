"""What a delivery's state says about its year: one answer, in a word and a sentence."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import assert_never

from natalis.domain.delivery import Attempt, Delivery, Status
from natalis.domain.ledger_rules import local_text, span_text
from natalis.domain.occasion import KindRule

_GAVE_UP = "gave up"  # how `retry.judge` begins the detail of the attempt that was one too many


class Answer(enum.StrEnum):
    """What happened, or will."""

    SENT = "sent"
    LATE = "late"  # sent, but later than the kind's tolerance
    MISSED = "missed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    GAVE_UP = "gave up"  # it failed without being refused
    HELD = "held"  # an answer never came: a person must decide
    WAITING = "waiting"  # due, and on its way
    PLANNED = "planned"  # its delivery is made, and due later
    NOT_YET_PLANNED = "not yet planned"
    BEFORE_ARRIVAL = "before arrival"
    OMITTED = "omitted"  # 29 February in a common year
    QUARANTINED = "quarantined"
    NOT_OWED = "not owed"  # the occasion took its present form only after that day
    NO_OCCASION = "no occasion"


def judge_delivery(
    delivery: Delivery, attempts: Sequence[Attempt], rule: KindRule, zone: tzinfo, *, now: datetime
) -> tuple[Answer, str]:
    """Return the answer that a delivery's state gives, and why in a sentence.

    Args:
        delivery: The delivery.
        attempts: Its attempts, first one first.
        rule: The rules of its kind.
        zone: The zone of its fire time.
        now: The present instant (UTC).
    """
    match delivery.status:
        case Status.SENT:
            return _sent(delivery, rule, zone)
        case Status.MISSED:
            return _missed(delivery, attempts, zone)
        case Status.CANCELLED:
            return _cancelled(delivery, attempts)
        case Status.FAILED:
            return _failed(delivery, attempts)
        case Status.SCHEDULED | Status.QUEUED | Status.SENDING | Status.RETRYING:
            return _pending(delivery, attempts, zone, now=now)
        case other:
            assert_never(other)


def _sent(delivery: Delivery, rule: KindRule, zone: tzinfo) -> tuple[Answer, str]:
    if delivery.sent_at is None:
        return Answer.SENT, "Sent; the instant is not on record."
    delay = delivery.sent_at - delivery.fire_at
    when = f"at {local_text(delivery.sent_at, zone)}, {span_text(delay)} after its fire time"
    if delay > rule.tolerance:
        return Answer.LATE, f"Sent late {when}."
    return Answer.SENT, f"Sent {when}."


def _missed(delivery: Delivery, attempts: Sequence[Attempt], zone: tzinfo) -> tuple[Answer, str]:
    expired, doubt = local_text(delivery.expires_at, zone), _doubt(delivery)
    why = f" ({_last_word(delivery, attempts)[1]})" if attempts or delivery.reason else ""
    return Answer.MISSED, f"Missed: it was not sent by {expired}, when its lateness budget ended{why}.{doubt}"


def _cancelled(delivery: Delivery, attempts: Sequence[Attempt]) -> tuple[Answer, str]:
    outcome, detail = _last_word(delivery, attempts)
    why = detail if outcome == "withheld" else _clause(delivery.reason)
    if "suppress" in why.casefold():
        return Answer.SUPPRESSED, f"Not sent, because the address must not be written to: {why}."
    return Answer.CANCELLED, f"Cancelled: {why}.{_doubt(delivery)}"


def _failed(delivery: Delivery, attempts: Sequence[Attempt]) -> tuple[Answer, str]:
    outcome, why = _last_word(delivery, attempts)
    if outcome == "refused":
        return Answer.REFUSED, f"Refused for good: {why}."
    if outcome == "withheld":
        return Answer.QUARANTINED, f"Set aside before any call was made: {why}."
    if why.startswith(_GAVE_UP):
        return Answer.GAVE_UP, f"{why[0].upper()}{why[1:]}.{_doubt(delivery)}"
    if outcome in {"unknown", "under way"}:
        return Answer.HELD, f"Held for a person to decide, because an answer never came: {why}."
    return Answer.GAVE_UP, f"Given up: {why}.{_doubt(delivery)}"


def _last_word(delivery: Delivery, attempts: Sequence[Attempt]) -> tuple[str, str]:
    """Return the last attempt's outcome (empty without one) and the best reason on record."""
    if not attempts:
        return "", _clause(delivery.reason)
    return attempts[-1].outcome, _clause(attempts[-1].detail or delivery.reason)


def _clause(reason: str) -> str:
    return reason.rstrip(". ") or "no reason is on record"


def _pending(delivery: Delivery, attempts: Sequence[Attempt], zone: tzinfo, *, now: datetime) -> tuple[Answer, str]:
    due = local_text(delivery.due_at, zone)
    match delivery.status:
        case Status.SENDING:
            return Answer.WAITING, f"Being sent: attempt {delivery.attempts} is under way."
        case Status.QUEUED:
            return Answer.WAITING, f"In the queue, due since {due}."
        case Status.RETRYING:
            _, why = _last_word(delivery, attempts)
            return Answer.WAITING, f"To be tried again at {due}, after attempt {delivery.attempts}: {why}."
        case _ if delivery.due_at > now:
            return Answer.PLANNED, f"Planned: it goes out at {due}."
        case _ if delivery.expires_at <= now:
            return Answer.WAITING, f"Due since {due}, and about to be marked missed: its lateness budget is spent."
        case _:
            return Answer.WAITING, f"Due since {due}, and about to be handed to the queue."


def _doubt(delivery: Delivery) -> str:
    return " An attempt ended without an answer, so it may have arrived." if delivery.may_have_arrived else ""
