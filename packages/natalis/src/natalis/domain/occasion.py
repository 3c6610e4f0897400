"""An occasion: a user's recurring yearly date of one kind, and the rules of that kind."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.errors import InvalidInput

BIRTHDAY = "birthday"
ANNIVERSARY = "anniversary"
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,31}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Within:
    """A message may be late by this much after its fire time; after that it is missed."""

    budget: timedelta


@dataclass(frozen=True, slots=True)
class Until:
    """A message may be late until this local time of its day; after that it is missed."""

    local: time


Lateness: TypeAlias = Within | Until


@dataclass(frozen=True, slots=True)
class KindRule:
    """What holds for every occasion of one kind.

    Attributes:
        kind: Its name: lower case, at most 32 characters.
        send_time: The local time at which the message goes out.
        lateness: How late it may still go out after downtime.
        leap_day: What 29 February becomes in a common year, unless the user says otherwise.
        spread: The window after `send_time` over which people are spread by hash; zero for none.
        tolerance: A message sent later than this after its fire time counts as late.
    """

    kind: str
    send_time: time = time(9)
    lateness: Lateness = field(default_factory=lambda: Within(timedelta(hours=24)))
    leap_day: LeapDay = LeapDay.BACKWARD
    spread: timedelta = timedelta(0)
    tolerance: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Firing:
    """One year's turn of an occasion.

    Attributes:
        occasion_date: Its date on the calendar; part of the delivery's identity.
        fire_at: When its message is due (UTC).
        expires_at: From when on it is missed instead of late (UTC).
    """

    occasion_date: date
    fire_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Occasion:
    """A user's yearly date of one kind, with its next turn.

    Attributes:
        user_id: Whose it is.
        kind: Which kind.
        on: The yearly date.
        leap_day: The user's own word on 29 February; None follows the kind.
        upcoming: Its next turn that has not been planned yet; None when it is quarantined.
        quarantined: Why it cannot be planned; None when all is well.
    """

    user_id: str
    kind: str
    on: YearlyDate
    leap_day: LeapDay | None = None
    upcoming: Firing | None = None
    quarantined: str | None = None


def check_kind(kind: str) -> str:
    """Return `kind` if it can name a kind of occasion.

    Raises:
        InvalidInput: It cannot.
    """
    if _KIND.fullmatch(kind) is None:
        raise InvalidInput(
            "kind",
            f"{kind[:40]!r} cannot name a kind",
            "use lower-case letters, digits, - or _, such as anniversary",
        )
    return kind
