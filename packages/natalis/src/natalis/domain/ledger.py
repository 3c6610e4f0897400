"""The ledger: for one user, kind and year, the one answer to what happened and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo

from natalis.domain.calendar import firing_in
from natalis.domain.delivery import SUPERSEDED, Attempt, Delivery, Status
from natalis.domain.ledger_judgement import Answer, judge_delivery
from natalis.domain.ledger_rules import local_text, rules_of
from natalis.domain.occasion import Firing, KindRule, Occasion
from natalis.domain.rulebook import Rulebook
from natalis.domain.yearly_date import LeapDay
from natalis.errors import InvalidInput


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
    answer, summary = judge_delivery(delivery, evidence.attempts, rule, zone, now=now)
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
        firing = firing_in(occasion, rule, zone, year=evidence.year)
    except (InvalidInput, ValueError) as error:  # ValueError: a stored date that is none, such as 30 February
        why = occasion.quarantined or str(error)
        return replace(blank, answer=Answer.QUARANTINED, summary=f"Set aside, it cannot be planned: {why}.")
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
    at, upcoming, arrived = local_text(firing.fire_at, zone), occasion.upcoming, evidence.arrived_at
    passed_over = upcoming is not None and evidence.year < upcoming.occasion_date.year
    if arrived is not None and (firing.expires_at <= arrived or (passed_over and firing.fire_at <= arrived)):
        added = local_text(arrived, zone)
        return Answer.BEFORE_ARRIVAL, f"Its time, {at}, had passed when the user was added at {added}."
    if occasion.quarantined is not None or upcoming is None:
        why = occasion.quarantined or "it has no upcoming date"
        return Answer.QUARANTINED, f"Set aside, it cannot be planned: {why}."
    if passed_over:
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
