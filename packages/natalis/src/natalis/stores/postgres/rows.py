"""The shapes of rows, and the way between them and the domain's values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from natalis.domain.delivery import Delivery, DeliveryKey, Status
from natalis.domain.occasion import Firing, Occasion
from natalis.domain.planning import Plannable
from natalis.domain.user import Profile, User
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.stores.postgres.session import Row, columns

_CANONICAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class UserRow(Row):
    """A user that was not erased."""

    id: UUID
    first_name: str
    last_name: str
    email: str
    month: int
    day: int
    year: int | None
    timezone: str
    locale: str | None
    leap_day: str | None
    created_at: datetime
    updated_at: datetime
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
        return User(str(self.id), self.profile(), self.created_at, self.updated_at, self.version)


class OccasionRow(Row):
    """An occasion, with what its fire time depends on and the latest year it was planned for."""

    user_id: UUID
    kind: str
    month: int
    day: int
    year: int | None
    leap_day: str | None
    timezone: str
    user_leap_day: str | None
    occasion_date: date | None
    fire_at: datetime | None
    expires_at: datetime | None
    quarantined: str | None
    last_year: int | None

    def occasion(self) -> Occasion:
        """Return the occasion."""
        on = YearlyDate(self.month, self.day, self.year)
        upcoming = self._upcoming()
        return Occasion(str(self.user_id), self.kind, on, leap_day(self.leap_day), upcoming, self.quarantined)

    def plannable(self, pending: tuple[Delivery, ...] = ()) -> Plannable:
        """Return the occasion with what its fire time depends on."""
        return Plannable(self.occasion(), self.timezone, leap_day(self.user_leap_day), pending)

    def _upcoming(self) -> Firing | None:
        if self.occasion_date is None or self.fire_at is None or self.expires_at is None:
            return None
        return Firing(self.occasion_date, self.fire_at, self.expires_at)


class KeyRow(Row):
    """What makes a delivery itself."""

    user_id: UUID
    kind: str
    occasion_date: date

    def key(self) -> DeliveryKey:
        """Return the key."""
        return DeliveryKey(str(self.user_id), self.kind, self.occasion_date)


class DeliveryRow(KeyRow):
    """A delivery."""

    status: str
    fire_at: datetime
    due_at: datetime
    expires_at: datetime
    timezone: str
    attempts: int
    may_have_arrived: bool
    sent_at: datetime | None
    provider_id: str | None
    reason: str
    planned_at: datetime | None

    def delivery(self) -> Delivery:
        """Return the delivery."""
        return Delivery(
            self.key(),
            Status(self.status),
            self.fire_at,
            self.due_at,
            self.expires_at,
            self.timezone,
            self.attempts,
            self.may_have_arrived,
            self.sent_at,
            self.provider_id,
            self.reason,
            self.planned_at,
        )


class IdRow(Row):
    """A user's id."""

    id: UUID


def leap_day(text: str | None) -> LeapDay | None:
    """Return the word on 29 February."""
    return None if text is None else LeapDay(text)


def is_id(text: str) -> bool:
    """Say whether a text is the usual form of a UUID; no user has an id of any other form."""
    return _CANONICAL.fullmatch(text) is not None


def key_columns(keys: Iterable[DeliveryKey]) -> dict[str, list[object]]:
    """Return keys as the columns that every query names alike."""
    return columns(keys, "user_ids", "kinds", "dates")


def in_one_order(keys: Iterable[DeliveryKey]) -> list[DeliveryKey]:
    """Return the keys that can exist, each once, in the order in which every statement locks them.

    Two statements that lock the same rows in different orders can each hold what the other waits for.
    """
    return sorted({key for key in keys if is_id(key.user_id)})


def user_columns(user: User, key: str) -> tuple[object, ...]:
    """Return a user in the order of `USER_VALUES` and `USER_COLUMNS`; `key` is the `email_key` of the address."""
    profile = user.profile
    return (
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
        user.created_at,
        user.updated_at,
        user.version,
    )


def occasion_columns(occasion: Occasion, profile: Profile) -> tuple[object, ...]:
    """Return an occasion in the order of `OCCASION_VALUES` and `OCCASION_COLUMNS`."""
    firing = occasion.upcoming
    return (
        occasion.user_id,
        occasion.kind,
        occasion.on.month,
        occasion.on.day,
        occasion.on.year,
        occasion.leap_day,
        profile.timezone,
        profile.leap_day,
        *((None, None, None) if firing is None else (firing.occasion_date, firing.fire_at, firing.expires_at)),
        occasion.quarantined,
    )


USER_VALUES: Sequence[str] = (
    "id",
    "first_name",
    "last_name",
    "email",
    "email_key",
    "month",
    "day",
    "year",
    "timezone",
    "locale",
    "leap_day",
    "created_at",
    "updated_at",
    "version",
)
"""What the queries that take one user call what `user_columns` returns."""
OCCASION_VALUES: Sequence[str] = (
    "user_id",
    "kind",
    "on_month",
    "on_day",
    "on_year",
    "on_leap_day",
    "on_timezone",
    "user_leap_day",
    "occasion_date",
    "fire_at",
    "expires_at",
    "quarantined",
)
"""What the query that takes one occasion calls what `occasion_columns` returns."""
USER_COLUMNS: Sequence[str] = (
    "ids",
    "first_names",
    "last_names",
    "emails",
    "email_keys",
    "months",
    "days",
    "years",
    "timezones",
    "locales",
    "leap_days",
    "created",
    "updated",
    "versions",
)
OCCASION_COLUMNS: Sequence[str] = (
    "user_ids",
    "kinds",
    "on_months",
    "on_days",
    "on_years",
    "on_leap_days",
    "on_timezones",
    "user_leap_days",
    "occasion_dates",
    "fires",
    "expiries",
    "quarantines",
)
