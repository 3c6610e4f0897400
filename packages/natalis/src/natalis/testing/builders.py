"""Builders: a valid thing in one call, of which a test names only what matters to its rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from types import MappingProxyType
from uuid import UUID

from natalis.domain.occasion import ANNIVERSARY, BIRTHDAY, KindRule
from natalis.domain.rulebook import Rulebook
from natalis.domain.scheduling import Yearly, arrive
from natalis.domain.user import Profile, User
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.ports.people import Arrival
from natalis.zones.pinned import TzdataZones

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ZONES = TzdataZones()
_numbers = count(1)


def a_rulebook(*rules: KindRule) -> Rulebook:
    """Return the default rules of birthday and anniversary, with `rules` in place of or beside them."""
    kinds = {rule.kind: rule for rule in (KindRule(BIRTHDAY), KindRule(ANNIVERSARY), *rules)}
    return Rulebook(MappingProxyType(kinds), ZONES.get)


def a_profile(
    *,
    name: str = "Ada Lovelace",
    email: str | None = None,
    birthday: str = "1985-12-10",
    timezone: str = "Europe/London",
    locale: str | None = None,
    leap_day: LeapDay | None = None,
) -> Profile:
    """Return a profile; without `email` the address is one that no other profile has."""
    first, _, last = name.partition(" ")
    year, month, day = birthday.rsplit("-", 2)
    on = YearlyDate(int(month), int(day), int(year) if year.strip("-") else None)
    return Profile(first, last, email or f"person{next(_numbers)}@example.org", on, timezone, locale, leap_day)


def a_user(profile: Profile | None = None, *, now: datetime = NOON) -> User:
    """Return a user with an id that no other has; ids sort in the order of making."""
    number = next(_numbers)
    return User(str(UUID(int=(0x0190 << 112) + (7 << 76) + (8 << 60) + number)), profile or a_profile(), now, now)


def an_arrival(
    profile: Profile | None = None,
    *,
    now: datetime = NOON,
    book: Rulebook | None = None,
    dates: dict[str, Yearly] | None = None,
) -> Arrival:
    """Return a user with occasions, ready for `People.add`."""
    user = a_user(profile, now=now)
    return Arrival(user, arrive(user, dates or {}, book or a_rulebook(), now=now))


def renamed(profile: Profile, first_name: str) -> Profile:
    """Return the same profile under another first name."""
    return replace(profile, first_name=first_name)
