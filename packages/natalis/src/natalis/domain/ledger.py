"""The ledger: for one user, kind and year, the one answer to what happened and why."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from typing import assert_never

from natalis.domain.calendar import firing_in
from natalis.domain.delivery import SUPERSEDED, Attempt, Delivery, Status
from natalis.domain.ledger_rules import local_text, rules_of, span_text
from natalis.domain.occasion import Firing, KindRule, Occasion
from natalis.domain.rulebook import Rulebook
from natalis.domain.yearly_date import LeapDay
from natalis.errors import InvalidInput


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


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything known about one user, kind and year.

    Attributes:
        user_id: Whose.
        kind: Of occasion.
        year: Of the occasion date.
        delivery: That year's, if one was planned.
        attempts: Its attempts, first one first.
        occasion: As it stands today; None when the user or the occasion is gone.
        timezone: The user's zone today; None when the user is gone.
        leap_day: The user's own word on 29 February.
        arrived_at: When the user was created (UTC); None when the user is gone.
    """

    user_id: str
    kind: str
    year: int
    delivery: Delivery | None = None
    attempts: Sequence[Attempt] = ()
    occasion: Occasion | None = None
    timezone: str | None = None
    leap_day: LeapDay | None = None
    arrived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened, or will, at an instant: in UTC and on the user's wall clock."""

    at: datetime
    local: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer, and what led to it.

    Attributes:
        user_id: Whose.
        kind: Of occasion.
        year: Of the occasion date.
        answer: In a word.
        summary: In a sentence.
        rules: The rules that led to it, a sentence each.
        moments: What happened when, in order.
        occasion_date: The date celebrated; None when there is none that year.
        fire_at: When the message was or is due (UTC); None when it never was.
        expires_at: From when on it is missed (UTC).
        timezone: The zone of its fire time.
        delivery: The delivery it is about, if one was planned.
    """

    user_id: str
    kind: str
    year: int
    answer: Answer
    summary: str
    rules: tuple[str, ...] = ()
    moments: tuple[Moment, ...] = ()
    occasion_date: date | None = None
    fire_at: datetime | None = None
    expires_at: datetime | None = None
    timezone: str | None = None
    delivery: Delivery | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """The summary and the rules."""
        return (self.summary, *self.rules)


def explain(evidence: Evidence, book: Rulebook, *, now: datetime) -> Explanation:
    """Give the one answer for this user, kind and year; never raises for what the store may hold."""
    delivery = evidence.delivery
    if delivery is None or _is_replaced(delivery, evidence.occasion, evidence.year):
        return _without_delivery(evidence, book, now=now)
    return _with_delivery(evidence, delivery, book, now=now)


def _is_replaced(delivery: Delivery, occasion: Occasion | None, year: int) -> bool:
    """Say whether a change cancelled this delivery and the same year's turn of the new occasion is still to come."""
    upcoming = None if occasion is None else occasion.upcoming
    superseded = delivery.status is Status.CANCELLED and not delivery.uses_its_year
    return superseded and upcoming is not None and upcoming.occasion_date.year == year


# With a delivery: its status decides.


def _with_delivery(evidence: Evidence, delivery: Delivery, book: Rulebook, *, now: datetime) -> Explanation:
    rule = book.kinds.get(evidence.kind) or KindRule(evidence.kind)
    zone = _zone(delivery.timezone, book)
    answer, summary = _judge(delivery, evidence.attempts, rule, zone, now=now)
    firing = Firing(delivery.key.occasion_date, delivery.fire_at, delivery.expires_at)
    occasion = None if evidence.occasion is None else _dated(evidence.occasion, evidence.leap_day)
    return Explanation(
        evidence.user_id,
        evidence.kind,
        evidence.year,
        answer,
        summary,
        rules_of(firing, occasion, rule, zone, delivery.timezone, user_id=evidence.user_id),
        _moments(delivery, evidence.attempts, zone),
        firing.occasion_date,
        firing.fire_at,
        firing.expires_at,
        delivery.timezone,
        delivery,
    )


def _judge(
    delivery: Delivery, attempts: Sequence[Attempt], rule: KindRule, zone: tzinfo, *, now: datetime
) -> tuple[Answer, str]:
    match delivery.status:
        case Status.SENT:
            return _sent(delivery, rule, zone)
        case Status.MISSED:
            expired = local_text(delivery.expires_at, zone)
            return (
                Answer.MISSED,
                f"Missed: it was not sent by {expired}, when its lateness budget ended{_because(delivery)}.",
            )
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


def _cancelled(delivery: Delivery, attempts: Sequence[Attempt]) -> tuple[Answer, str]:
    withheld = attempts[-1].detail if attempts and attempts[-1].outcome == "withheld" else ""
    why = withheld or delivery.reason
    if "suppress" in why.casefold():
        return Answer.SUPPRESSED, f"Not sent, because the address must not be written to: {why}."
    return Answer.CANCELLED, f"Cancelled: {why or 'no reason is on record'}.{_doubt(delivery)}"


def _failed(delivery: Delivery, attempts: Sequence[Attempt]) -> tuple[Answer, str]:
    last = attempts[-1] if attempts else None
    why = (last.detail if last is not None else "") or delivery.reason or "no reason is on record"
    outcome = "" if last is None else last.outcome
    if outcome == "refused":
        return Answer.REFUSED, f"Refused for good: {why}."
    if outcome in {"unknown", "under way"}:
        return Answer.HELD, f"Held for a person to decide: an answer never came, so it may have arrived ({why})."
    times = "attempt" if delivery.attempts == 1 else "attempts"
    return Answer.GAVE_UP, f"Given up after {delivery.attempts} {times}: {why}.{_doubt(delivery)}"


def _pending(delivery: Delivery, attempts: Sequence[Attempt], zone: tzinfo, *, now: datetime) -> tuple[Answer, str]:
    due, last = local_text(delivery.due_at, zone), attempts[-1].detail if attempts else ""
    match delivery.status:
        case Status.SENDING:
            return Answer.WAITING, f"Being sent: attempt {delivery.attempts} is under way."
        case Status.QUEUED:
            return Answer.WAITING, f"In the queue, due since {due}."
        case Status.RETRYING:
            return (
                Answer.WAITING,
                f"To be tried again at {due}, after attempt {delivery.attempts}: {last or 'no answer'}.",
            )
        case _ if delivery.due_at > now:
            return Answer.PLANNED, f"Planned: it goes out at {due}."
        case _ if delivery.expires_at <= now:
            return Answer.WAITING, f"Due since {due}, and about to be marked missed: its lateness budget is spent."
        case _:
            return Answer.WAITING, f"Due since {due}, and about to be handed to the queue."


def _because(delivery: Delivery) -> str:
    return f" ({delivery.reason})" if delivery.reason else ""


def _doubt(delivery: Delivery) -> str:
    return " An attempt ended without an answer, so it may have arrived." if delivery.may_have_arrived else ""


def _moments(delivery: Delivery, attempts: Sequence[Attempt], zone: tzinfo) -> tuple[Moment, ...]:
    found = [(delivery.fire_at, "fire time"), (delivery.expires_at, "end of its lateness budget")]
    if delivery.planned_at is not None:
        found.append((delivery.planned_at, "planned"))
    if delivery.sent_at is not None:
        found.append((delivery.sent_at, "accepted by the provider"))
    if delivery.status is Status.RETRYING:
        found.append((delivery.due_at, "next attempt"))
    for attempt in attempts:
        found.append((attempt.started_at, f"attempt {attempt.number} began on {attempt.worker_id}"))
        if attempt.finished_at is not None:
            found.append((attempt.finished_at, f"attempt {attempt.number} ended {attempt.outcome}: {attempt.detail}"))
    return tuple(Moment(at, at.astimezone(zone), what) for at, what in sorted(found, key=lambda one: one[0]))


# Without a delivery: the calendar decides.


def _without_delivery(evidence: Evidence, book: Rulebook, *, now: datetime) -> Explanation:
    blank = Explanation(evidence.user_id, evidence.kind, evidence.year, Answer.NO_OCCASION, "")
    if evidence.occasion is None or evidence.timezone is None:
        gone = "the user was deleted" if evidence.arrived_at is None else f"there is no {evidence.kind} any more"
        return replace(blank, summary=f"Nothing was planned in {evidence.year}, and {gone}.")
    occasion = _dated(evidence.occasion, evidence.leap_day)
    try:
        rule, zone = book.rule(evidence.kind), book.zone(evidence.timezone)
    except InvalidInput as error:
        why = occasion.quarantined or str(error)
        return replace(blank, answer=Answer.QUARANTINED, summary=f"Set aside, it cannot be planned: {why}.")
    firing = firing_in(occasion, rule, zone, year=evidence.year)
    if firing is None:
        summary = f"Omitted: {evidence.year} has no 29 February, and the rule for that is 'omit'."
        return replace(blank, answer=Answer.OMITTED, summary=summary, timezone=evidence.timezone)
    answer, summary = _expected(evidence, occasion, firing, zone, now=now)
    moments = ((firing.fire_at, "fire time"), (firing.expires_at, "end of its lateness budget"))
    return replace(
        blank,
        answer=answer,
        summary=summary + _superseded(evidence.delivery),
        rules=rules_of(firing, occasion, rule, zone, evidence.timezone, user_id=evidence.user_id),
        moments=tuple(Moment(at, at.astimezone(zone), what) for at, what in moments),
        occasion_date=firing.occasion_date,
        fire_at=firing.fire_at,
        expires_at=firing.expires_at,
        timezone=evidence.timezone,
    )


def _expected(
    evidence: Evidence, occasion: Occasion, firing: Firing, zone: tzinfo, *, now: datetime
) -> tuple[Answer, str]:
    at = local_text(firing.fire_at, zone)
    if evidence.arrived_at is not None and firing.expires_at <= evidence.arrived_at:
        arrived = local_text(evidence.arrived_at, zone)
        return Answer.BEFORE_ARRIVAL, f"Its time, {at}, had passed when the user was added at {arrived}."
    upcoming = occasion.upcoming
    if occasion.quarantined is not None or upcoming is None:
        why = occasion.quarantined or "it has no upcoming date"
        return Answer.QUARANTINED, f"Set aside, it cannot be planned: {why}."
    if evidence.year < upcoming.occasion_date.year:
        return Answer.NOT_OWED, (
            f"Nothing was planned for {at}: the date, the zone or the occasion took its present form only "
            "afterwards, another message of that year had gone out, or the record has been cleared since."
        )
    if firing.fire_at > now:
        return Answer.NOT_YET_PLANNED, f"Not yet planned: it will be, shortly before {at}."
    return Answer.WAITING, f"Due since {at}, and the planner has not come to it yet."


def _superseded(delivery: Delivery | None) -> str:
    return "" if delivery is None else f" An earlier plan for {delivery.key.occasion_date} was {SUPERSEDED}."


def _dated(occasion: Occasion, leap_day: LeapDay | None) -> Occasion:
    return replace(occasion, leap_day=occasion.leap_day or leap_day)


def _zone(name: str, book: Rulebook) -> tzinfo:
    try:
        return book.zone(name)
    except InvalidInput:
        return UTC
