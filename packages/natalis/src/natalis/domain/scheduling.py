"""What follows when a person arrives, moves, or changes a date: pure decisions about occasions and deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from natalis.domain.calendar import firing_in, first_firing
from natalis.domain.delivery import SUPERSEDED, Delivery, DeliveryKey
from natalis.domain.lifecycle import PENDING
from natalis.domain.occasion import BIRTHDAY, Firing, Occasion
from natalis.domain.person import Person, PersonChange
from natalis.domain.rulebook import Rulebook
from natalis.domain.user import Profile, User
from natalis.domain.yearly_date import LeapDay, YearlyDate


@dataclass(frozen=True, slots=True)
class Yearly:
    """A yearly date besides the birthday, with the user's own word on 29 February for this kind alone."""

    on: YearlyDate
    leap_day: LeapDay | None = None


def arrive(user: User, dates: Mapping[str, Yearly], book: Rulebook, *, now: datetime) -> tuple[Occasion, ...]:
    """Return the occasions of a new user: the birthday and the further `dates` by kind.

    Raises:
        UnknownZone: The user's zone is not in the database.
        InvalidInput: A kind is not configured.
    """
    every = {BIRTHDAY: Yearly(user.profile.birthday), **dates}
    return tuple(_scheduled(user, kind, yearly, book, now=now) for kind, yearly in every.items())


def amend(
    person: Person, profile: Profile, dates: Mapping[str, Yearly], book: Rulebook, *, now: datetime
) -> PersonChange:
    """Return what changes when `person` is to have this profile and these further dates.

    A pending delivery whose occasion date stands follows to its new instant; one whose date is gone is cancelled as
    superseded; one that may have arrived is left to end, and uses its year.

    Raises:
        UnknownZone: The new zone is not in the database.
        InvalidInput: A kind is not configured.
    """
    user = replace(person.user, profile=profile, updated_at=now, version=person.user.version + 1)
    every = {BIRTHDAY: Yearly(profile.birthday), **dates}
    occasions: dict[str, Occasion] = {}
    moved: dict[DeliveryKey, Firing] = {}
    for kind, yearly in every.items():
        if _stands(person, profile, kind, yearly):
            occasions[kind] = person.occasions[kind]
            continue
        of_kind = [delivery for delivery in person.deliveries if delivery.key.kind == kind]
        followers = _followers(user, kind, yearly, book, of_kind)
        moved |= followers
        used = {delivery.key.occasion_date.year for delivery in of_kind if delivery.uses_its_year}
        used |= {key.occasion_date.year for key in followers}
        occasions[kind] = _scheduled(user, kind, yearly, book, now=now, used_years=frozenset(used))
    standing = {kind for kind in occasions if occasions[kind] is person.occasions.get(kind)}
    cancelled = {
        delivery.key: SUPERSEDED
        for delivery in person.deliveries
        if _may_follow(delivery) and delivery.key.kind not in standing and delivery.key not in moved
    }
    return PersonChange(user, occasions, moved, cancelled)


def further_dates(person: Person) -> dict[str, Yearly]:
    """Return a person's yearly dates besides the birthday, as `amend` takes them."""
    return {
        kind: Yearly(occasion.on, occasion.leap_day) for kind, occasion in person.occasions.items() if kind != BIRTHDAY
    }


def _stands(person: Person, profile: Profile, kind: str, yearly: Yearly) -> bool:
    known = person.occasions.get(kind)
    return (
        known is not None
        and known.quarantined is None
        and (known.on, known.leap_day) == (yearly.on, yearly.leap_day)
        and (person.user.profile.timezone, person.user.profile.leap_day) == (profile.timezone, profile.leap_day)
    )


def _followers(
    user: User, kind: str, yearly: Yearly, book: Rulebook, deliveries: list[Delivery]
) -> dict[DeliveryKey, Firing]:
    occasion = _effective(user, kind, yearly)
    rule, zone = book.rule(kind), book.zone(user.profile.timezone)
    firings = {
        delivery.key: firing_in(occasion, rule, zone, year=delivery.key.occasion_date.year)
        for delivery in deliveries
        if _may_follow(delivery)
    }
    return {
        key: firing
        for key, firing in firings.items()
        if firing is not None and firing.occasion_date == key.occasion_date
    }


def _may_follow(delivery: Delivery) -> bool:
    return delivery.status in PENDING and not delivery.may_have_arrived


def _scheduled(
    user: User,
    kind: str,
    yearly: Yearly,
    book: Rulebook,
    *,
    now: datetime,
    used_years: frozenset[int] = frozenset(),
) -> Occasion:
    rule, zone = book.rule(kind), book.zone(user.profile.timezone)
    upcoming = first_firing(_effective(user, kind, yearly), rule, zone, now=now, used_years=used_years)
    return Occasion(user.id, kind, yearly.on, yearly.leap_day, upcoming)


def _effective(user: User, kind: str, yearly: Yearly) -> Occasion:
    return Occasion(user.id, kind, yearly.on, yearly.leap_day or user.profile.leap_day)
