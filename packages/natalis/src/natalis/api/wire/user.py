"""Users and their yearly dates on the wire."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from natalis.api.wire.words import (
    Cursor,
    CursorQuery,
    Email,
    FirstName,
    Instant,
    Kind,
    LastName,
    LeapRule,
    Limit,
    Locale,
    UserId,
    YearlyText,
    Zone,
)
from natalis.usecases.paging import DEFAULT_LIMIT


class UserFields(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Fields of a user: all of the first five to create one, any subset to change one."""

    first_name: FirstName | UnsetType = UNSET
    last_name: LastName | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    birthday_date: YearlyText | UnsetType = UNSET
    birthday: YearlyText | UnsetType = UNSET
    timezone: Zone | UnsetType = UNSET
    location: Zone | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    leap_day: LeapRule | UnsetType = UNSET


class User(Struct, frozen=True, rename="camel"):
    """A person who gets messages."""

    id: UserId
    first_name: FirstName
    last_name: LastName
    email: Email
    birthday_date: YearlyText
    timezone: Zone
    locale: Locale
    leap_day: LeapRule
    version: Annotated[int, Meta(description="Counts changes from 1; `ETag` is made of it.", examples=[1])]
    created_at: Instant
    updated_at: Instant


class Turn(Struct, frozen=True, rename="camel"):
    """The next time an occasion comes round."""

    occasion_date: Annotated[date, Meta(description="Its date on the calendar.", examples=["2026-12-10"])]
    fire_at: Instant
    expires_at: Instant


class Occasion(Struct, frozen=True, rename="camel"):
    """A yearly date of one kind."""

    kind: Kind
    date: YearlyText
    leap_day: LeapRule
    upcoming: Annotated[Turn | None, Meta(description="Its next turn not planned yet; null when set aside.")]
    quarantined: Annotated[
        str | None, Meta(description="Why it cannot be planned; null when all is well.", examples=[None])
    ]


class Person(User, frozen=True, rename="camel", kw_only=True):
    """A user with every yearly date."""

    occasions: Annotated[list[Occasion], Meta(description="The birthday and the further dates, by kind.")]


class UserPage(Struct, frozen=True, rename="camel"):
    """Users by id."""

    items: Annotated[list[User], Meta(description="The users of this page.")]
    cursor: Cursor


class OccasionFields(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A yearly date besides the birthday."""

    date: YearlyText
    leap_day: LeapRule | UnsetType = UNSET


class UserQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which users to list."""

    email: Annotated[str | UnsetType, Meta(description="The one with this address.", examples=["ada@example.org"])] = (
        UNSET
    )
    limit: Limit = DEFAULT_LIMIT
    cursor: CursorQuery = UNSET


class DeleteQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """How to delete a user."""

    erase: Annotated[
        bool,
        Meta(description="Whether to remove every personal datum for good (scope `admin`).", examples=[False]),
    ] = False
