"""What follows when a person arrives, moves, or changes a date: pure decisions about occasions and deliveries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from natalis.domain.calendar import firing_in, first_firing
from natalis.domain.civil_time import local_date
from natalis.domain.delivery import SUPERSEDED, Delivery, DeliveryKey, Status
from natalis.domain.lifecycle import PENDING
from natalis.domain.occasion import BIRTHDAY, Firing, KindRule, Occasion
from natalis.domain.person import Person, PersonChange
from natalis.domain.rulebook import Rulebook
from natalis.domain.user import Profile, User
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.errors import InvalidInput


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
    turns = (_followed(_Terms.of(user, kind, yearly, book), None, (), now) for kind, yearly in every.items())
    return tuple(turn.occasion for turn in turns)


def amend(
    person: Person, profile: Profile, dates: Mapping[str, Yearly], book: Rulebook, *, now: datetime
) -> PersonChange:
    """Return what changes when `person` is to have this profile and these further dates.

    A pending delivery whose occasion date stands follows to its new instant; one whose date is gone is cancelled as
    superseded; one that may have arrived is left to end, and uses its year. A missed one is scheduled again when the
    change makes it their day once more with time left. What the planner has not reached yet follows like a delivery.

    An occasion that cannot be planned any more (its kind is no longer configured, its zone has left the database)
    does not hold up a change of other things: it is set aside, visibly.

    Raises:
        UnknownZone: The new zone is not in the database.
        InvalidInput: A kind whose date is new or changed is not configured.
    """
    if profile.timezone != person.user.profile.timezone:
        book.zone(profile.timezone)
    user = replace(person.user, profile=profile, updated_at=now, version=person.user.version + 1)
    every = {BIRTHDAY: Yearly(profile.birthday), **dates}
    turns = {kind: _turn(person, user, kind, yearly, book, now=now) for kind, yearly in every.items()}
    standing = {key for turn in turns.values() for key in turn.standing}
    return PersonChange(
        user,
        {kind: turn.occasion for kind, turn in turns.items()},
        {key: firing for turn in turns.values() for key, firing in turn.moved.items()},
        {
            delivery.key: SUPERSEDED
            for delivery in person.deliveries
            if _is_open(delivery) and delivery.key not in standing
        },
    )


def further_dates(person: Person) -> dict[str, Yearly]:
    """Return a person's yearly dates besides the birthday, as `amend` takes them."""
    return {
        kind: Yearly(occasion.on, occasion.leap_day) for kind, occasion in person.occasions.items() if kind != BIRTHDAY
    }


@dataclass(frozen=True, slots=True)
class _Turn:
    """What a change makes of one kind: the occasion, the deliveries that still hold, and where some of them move."""

    occasion: Occasion
    standing: Collection[DeliveryKey]
    moved: Mapping[DeliveryKey, Firing]


@dataclass(frozen=True, slots=True)
class _Terms:
    """All that the fire times of one occasion depend on; `dated` carries the leap day that counts for this person."""

    occasion: Occasion
    dated: Occasion
    rule: KindRule
    zone: tzinfo

    @classmethod
    def of(cls, user: User, kind: str, yearly: Yearly, book: Rulebook) -> _Terms:
        occasion = Occasion(user.id, kind, yearly.on, yearly.leap_day)
        dated = replace(occasion, leap_day=yearly.leap_day or user.profile.leap_day)
        return cls(occasion, dated, book.rule(kind), book.zone(user.profile.timezone))

    def firing_on(self, key: DeliveryKey) -> Firing | None:
        """Return the firing under the same key; None when the occasion no longer falls on its date."""
        firing = firing_in(self.dated, self.rule, self.zone, year=key.occasion_date.year)
        return firing if firing is not None and firing.occasion_date == key.occasion_date else None


def _turn(person: Person, user: User, kind: str, yearly: Yearly, book: Rulebook, *, now: datetime) -> _Turn:
    known = person.occasions.get(kind)
    deliveries = tuple(delivery for delivery in person.deliveries if delivery.key.kind == kind)
    if known is None or (known.on, known.leap_day) != (yearly.on, yearly.leap_day):
        return _followed(_Terms.of(user, kind, yearly, book), known, deliveries, now)
    keys = frozenset(delivery.key for delivery in deliveries)
    if known.quarantined is None and _wall_terms(person.user) == _wall_terms(user):
        return _Turn(known, keys, {})
    try:
        terms = _Terms.of(user, kind, yearly, book)
    except InvalidInput as error:
        return _Turn(replace(known, upcoming=None, quarantined=known.quarantined or str(error)), keys, {})
    return _followed(terms, known, deliveries, now)


def _wall_terms(user: User) -> tuple[str, LeapDay | None]:
    return user.profile.timezone, user.profile.leap_day


def _followed(terms: _Terms, known: Occasion | None, deliveries: tuple[Delivery, ...], now: datetime) -> _Turn:
    used = {delivery.key.occasion_date.year for delivery in deliveries if delivery.uses_its_year}
    again = {
        delivery.key: firing
        for delivery in deliveries
        if delivery.key.occasion_date.year not in used
        and (firing := terms.firing_on(delivery.key)) is not None
        and (_is_open(delivery) or _comes_again(delivery, firing, terms.zone, now))
    }
    used |= {key.occasion_date.year for key in again}
    upcoming = first_firing(terms.dated, terms.rule, terms.zone, now=now, used_years=used)
    unplanned = _unplanned(terms, known, used)
    if unplanned is not None and unplanned.fire_at < upcoming.fire_at:
        upcoming = unplanned
    moved = {delivery.key: again[delivery.key] for delivery in deliveries if _moves(delivery, again)}
    return _Turn(replace(terms.occasion, upcoming=upcoming), again.keys(), moved)


def _is_open(delivery: Delivery) -> bool:
    return delivery.status in PENDING and not delivery.may_have_arrived


def _comes_again(delivery: Delivery, firing: Firing, zone: tzinfo, now: datetime) -> bool:
    """Whether a missed delivery has another chance: in the new zone it is their day, with time left."""
    return (
        delivery.status is Status.MISSED
        and now < firing.expires_at
        and local_date(firing.fire_at, zone) >= local_date(now, zone)
    )


def _moves(delivery: Delivery, again: Mapping[DeliveryKey, Firing]) -> bool:
    firing = again.get(delivery.key)
    if firing is None:
        return False
    return delivery.status is Status.MISSED or (firing.fire_at, firing.expires_at) != (
        delivery.fire_at,
        delivery.expires_at,
    )


def _unplanned(terms: _Terms, known: Occasion | None, used_years: Collection[int]) -> Firing | None:
    """Return where the firing moves that was next but not planned yet: overtaken or not, it must end in the ledger."""
    if known is None or known.upcoming is None or known.upcoming.occasion_date.year in used_years:
        return None
    return terms.firing_on(DeliveryKey(known.user_id, known.kind, known.upcoming.occasion_date))
