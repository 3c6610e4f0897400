"""From what the core returns to what goes over the wire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import asdict

from natalis.api.wire import delivery, recipient, system, timeline, user
from natalis.domain.delivery import Attempt, Delivery
from natalis.domain.forecast import Backlog, DayForecast
from natalis.domain.ledger import Explanation
from natalis.domain.occasion import Occasion
from natalis.domain.person import Person
from natalis.domain.trace import trace_of
from natalis.domain.user import User
from natalis.ports.ledger import Upcoming
from natalis.ports.suppressions import Suppression
from natalis.usecases.readiness import Dependency, Readiness

MILLISECOND = timedelta(milliseconds=1)


def user_shape(known: User) -> user.User:
    """Render a user."""
    profile = known.profile
    return user.User(
        known.id,
        profile.first_name,
        profile.last_name,
        profile.email,
        str(profile.birthday),
        profile.timezone,
        profile.locale,
        None if profile.leap_day is None else profile.leap_day.value,
        known.version,
        known.created_at,
        known.updated_at,
    )


def person_shape(person: Person) -> user.Person:
    """Render a user with every yearly date."""
    base = user_shape(person.user)
    occasions = [occasion_shape(person.occasions[kind]) for kind in sorted(person.occasions)]
    return user.Person(**asdict(base), occasions=occasions)


def occasion_shape(occasion: Occasion) -> user.Occasion:
    """Render a yearly date."""
    turn = occasion.upcoming
    return user.Occasion(
        occasion.kind,
        str(occasion.on),
        None if occasion.leap_day is None else occasion.leap_day.value,
        None if turn is None else user.Turn(turn.occasion_date, turn.fire_at, turn.expires_at),
        occasion.quarantined,
    )


def delivery_shape(known: Delivery) -> delivery.Delivery:
    """Render a delivery."""
    return delivery.Delivery(
        str(known.key),
        known.key.user_id,
        known.key.kind,
        known.key.occasion_date,
        known.status,
        known.fire_at,
        known.due_at,
        known.expires_at,
        known.timezone,
        known.attempts,
        known.may_have_arrived,
        known.sent_at,
        known.provider_id,
        known.reason,
        known.planned_at,
    )


def detail_shape(known: Delivery, attempts: Sequence[Attempt]) -> delivery.DeliveryDetail:
    """Render a delivery with every attempt."""
    base = delivery_shape(known)
    history = [
        delivery.Attempt(
            attempt.number,
            attempt.attempt_id,
            attempt.worker_id,
            attempt.started_at,
            attempt.finished_at,
            attempt.outcome,
            attempt.detail,
        )
        for attempt in attempts
    ]
    return delivery.DeliveryDetail(**asdict(base), trace_id=trace_of(known.key).written, history=history)


def upcoming_shape(item: Upcoming) -> timeline.Upcoming:
    """Render a message that will be sent."""
    return timeline.Upcoming(
        item.user_id,
        item.full_name,
        item.email,
        item.kind,
        item.occasion_date,
        item.fire_at,
        item.timezone,
        item.planned,
    )


def forecast_shape(day: DayForecast) -> timeline.Forecast:
    """Render a forecast."""
    return timeline.Forecast(
        day.on,
        day.total,
        None if day.peak is None else timeline.Minute(*day.peak),
        day.peak_rate,
        [timeline.Minute(at, count) for at, count in day.minutes],
        [timeline.ZoneShare(zone, count) for zone, count in day.zones.items()],
        day.unplaced,
        day.limit,
        [_backlog_shape(backlog) for backlog in day.backlogs],
    )


def explanation_shape(found: Explanation) -> timeline.Explanation:
    """Render what happened and why."""
    return timeline.Explanation(
        found.kind,
        found.year,
        found.answer.value,
        found.summary,
        list(found.rules),
        [timeline.Moment(moment.at, moment.local, moment.what) for moment in found.moments],
        found.occasion_date,
        found.fire_at,
        found.expires_at,
        found.timezone,
        None if found.delivery is None else str(found.delivery.key),
    )


def suppression_shape(known: Suppression) -> recipient.Suppression:
    """Render a suppressed address."""
    return recipient.Suppression(known.email, known.reason, known.since)


def readiness_shape(readiness: Readiness) -> system.Readiness:
    """Render the state of every dependency."""
    return system.Readiness(readiness.ready, [_dependency_shape(each) for each in readiness.dependencies])


def _dependency_shape(known: Dependency) -> system.Dependency:
    latency = round(known.latency / MILLISECOND, 3)
    return system.Dependency(known.name, known.state.value, latency, known.detail)


def _backlog_shape(known: Backlog) -> timeline.Backlog:
    wait = known.longest_wait / timedelta(seconds=1)
    return timeline.Backlog(known.begins, known.ends, known.delayed, known.largest, wait)
