"""Planning as a decision: from occasions whose time comes to deliveries, and from old fire times to new ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from natalis.domain.calendar import firing_in, next_firing
from natalis.domain.delivery import Delivery, DeliveryKey
from natalis.domain.occasion import Firing, Occasion
from natalis.domain.rulebook import Rulebook
from natalis.domain.yearly_date import LeapDay
from natalis.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Plannable:
    """An occasion with what its fire time depends on.

    Attributes:
        occasion: With `upcoming` set.
        timezone: The user's zone.
        leap_day: The user's word on 29 February.
        pending: Deliveries of it that were planned and have not begun; only `scan` fills this.
    """

    occasion: Occasion
    timezone: str
    leap_day: LeapDay | None
    pending: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Make a delivery of the occasion's `upcoming` firing, and move the occasion on to `following`."""

    plannable: Plannable
    following: Firing


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Set this occasion aside; the others go on."""

    plannable: Plannable
    reason: str


@dataclass(frozen=True, slots=True)
class Retime:
    """Move the occasion's upcoming firing, and its pending deliveries (the time-zone database changed)."""

    plannable: Plannable
    upcoming: Firing
    moved: Mapping[DeliveryKey, Firing]


Decision: TypeAlias = Plan | Quarantine


def decide_plans(plannables: Iterable[Plannable], book: Rulebook) -> list[Decision]:
    """Plan each occasion's upcoming firing; one that cannot be planned is set aside alone."""
    return [_decide(plannable, book) for plannable in plannables]


def decide_retime(plannable: Plannable, book: Rulebook) -> Retime | None:
    """Return where this occasion and its pending deliveries move under `book`'s zones; None when nothing does."""
    occasion, upcoming = plannable.occasion, plannable.occasion.upcoming
    if upcoming is None:
        return None
    firing = _firing_again(plannable, upcoming.occasion_date.year, book) or upcoming
    moved = {
        delivery.key: again
        for delivery in plannable.pending
        if not delivery.may_have_arrived
        and (again := _firing_again(plannable, delivery.key.occasion_date.year, book)) is not None
        and again.occasion_date == delivery.key.occasion_date
        and (again.fire_at, again.expires_at) != (delivery.fire_at, delivery.expires_at)
    }
    if firing == occasion.upcoming and not moved:
        return None
    return Retime(plannable, firing, moved)


def _decide(plannable: Plannable, book: Rulebook) -> Decision:
    upcoming = plannable.occasion.upcoming
    if upcoming is None:
        return Quarantine(plannable, "it has no upcoming date")
    try:
        rule, zone = book.rule(plannable.occasion.kind), book.zone(plannable.timezone)
        return Plan(plannable, next_firing(_with_own_leap_day(plannable), rule, zone, after=upcoming))
    except (InvalidInput, ValueError) as error:  # ValueError: a stored date that is none, such as 30 February
        return Quarantine(plannable, str(error))


def _firing_again(plannable: Plannable, year: int, book: Rulebook) -> Firing | None:
    try:
        rule, zone = book.rule(plannable.occasion.kind), book.zone(plannable.timezone)
        return firing_in(_with_own_leap_day(plannable), rule, zone, year=year)
    except (InvalidInput, ValueError):
        return None


def _with_own_leap_day(plannable: Plannable) -> Occasion:
    return replace(plannable.occasion, leap_day=plannable.occasion.leap_day or plannable.leap_day)
