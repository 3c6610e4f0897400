"""The shapes of rows, and the way between them and the domain's values."""

from __future__ import annotations

from datetime import date

from natalis.domain.delivery import Delivery, DeliveryKey, Status
from natalis.domain.occasion import Firing, Occasion
from natalis.domain.planning import Plannable
from natalis.domain.user import Profile, User
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.stores.sqlite.instants import read, read_if_any, stored
from natalis.stores.sqlite.session import Row, Scalar

_LEAP_DAYS = frozenset(LeapDay)


class UserRow(Row):
    """A user that was not erased."""

    id: str
    first_name: str
    last_name: str
    email: str
    month: int
    day: int
    year: int | None
    timezone: str
    locale: str | None
    leap_day: str | None
    created_at: int
    updated_at: int
    version: int

    def profile(self) -> Profile:
        """Return what is known about the person."""
        return Profile(
            self.first_name,
            self.last_name,
            self.email,
            YearlyDate(self.month, self.day, self.year),
            self.timezone,
            self.locale,
            leap_day(self.leap_day),
        )

    def user(self) -> User:
        """Return the user."""
        return User(self.id, self.profile(), read(self.created_at), read(self.updated_at), self.version)


class OccasionRow(Row):
    """An occasion, with its own number in the file and what its fire time depends on."""

    id: int
    user_id: str
    kind: str
    month: int
    day: int
    year: int | None
    leap_day: str | None
    timezone: str
    user_leap_day: str | None
    occasion_date: str | None
    fire_at: int | None
    expires_at: int | None
    quarantined: str | None

    def occasion(self) -> Occasion:
        """Return the occasion."""
        on = YearlyDate(self.month, self.day, self.year)
        return Occasion(self.user_id, self.kind, on, leap_day(self.leap_day), self._upcoming(), self.quarantined)

    def plannable(self, pending: tuple[Delivery, ...] = ()) -> Plannable:
        """Return the occasion with what its fire time depends on."""
        return Plannable(self.occasion(), self.timezone, leap_day(self.user_leap_day), pending)

    def _upcoming(self) -> Firing | None:
        day = None if self.occasion_date is None else _date(self.occasion_date)
        if day is None or self.fire_at is None or self.expires_at is None:
            return None
        return Firing(day, read(self.fire_at), read(self.expires_at))


class DeliveryRow(Row):
    """A delivery, with its own number in the file."""

    id: int
    key: str
    status: str
    fire_at: int
    due_at: int
    expires_at: int
    timezone: str
    attempts: int
    may_have_arrived: int
    sent_at: int | None
    provider_id: str | None
    reason: str
    planned_at: int | None

    def delivery(self) -> Delivery:
        """Return the delivery."""
        return Delivery(
            DeliveryKey.parse(self.key),
            Status(self.status),
            read(self.fire_at),
            read(self.due_at),
            read(self.expires_at),
            self.timezone,
            self.attempts,
            bool(self.may_have_arrived),
            read_if_any(self.sent_at),
            self.provider_id,
            self.reason,
            read_if_any(self.planned_at),
        )


class KeyRow(Row):
    """A delivery's number in the file, and its key."""

    id: int
    key: str


# What another hand than ours put into the file must not keep a whole batch from being planned: a word that is none
# counts as none, and an occasion whose date is none is set aside by the planner, visibly.


def leap_day(text: str | None) -> LeapDay | None:
    """Return the word on 29 February."""
    return LeapDay(text) if text in _LEAP_DAYS else None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def user_columns(user: User, key: str) -> list[Scalar]:
    """Return a user as `add_users` and `change_user` take it; `key` is the `email_key` of the address."""
    profile = user.profile
    return [
        user.id,
        profile.first_name,
        profile.last_name,
        profile.email,
        key,
        profile.birthday.month,
        profile.birthday.day,
        profile.birthday.year,
        profile.timezone,
        profile.locale,
        profile.leap_day,
        stored(user.created_at),
        stored(user.updated_at),
        user.version,
    ]


def occasion_columns(occasion: Occasion, profile: Profile) -> list[Scalar]:
    """Return an occasion as `put_occasions` takes it."""
    return [
        occasion.user_id,
        occasion.kind,
        occasion.on.month,
        occasion.on.day,
        occasion.on.year,
        occasion.leap_day,
        profile.timezone,
        profile.leap_day,
        *(firing_columns(occasion.upcoming) if occasion.upcoming is not None else (None, None, None)),
        occasion.quarantined,
    ]


def firing_columns(firing: Firing) -> tuple[str, int, int]:
    """Return a firing as every query takes it: occasion date, fire time, end of its catch-up window."""
    return (firing.occasion_date.isoformat(), stored(firing.fire_at), stored(firing.expires_at))
