"""Manage occasions: give a user a further yearly date, change it, take it away."""

from __future__ import annotations

from collections.abc import Collection

from natalis.domain.intake import check_date, check_leap_day, latest_date
from natalis.domain.occasion import BIRTHDAY, check_kind
from natalis.domain.person import Person, PersonChange
from natalis.domain.rulebook import Rulebook
from natalis.domain.scheduling import Yearly, amend, further_dates
from natalis.errors import InvalidInput, NotFound
from natalis.ports.cache import Cache
from natalis.ports.clock import Clock
from natalis.ports.people import People
from natalis.usecases import freshness
from natalis.usecases.manage_users import check_version


class ManageOccasions:
    """What a caller may do with the yearly dates of a user besides the birthday.

    Args:
        people: Where users are stored.
        cache: Forgets the user on every change.
        clock: Tells the time.
        book: The rules of every kind, and the zones.
    """

    def __init__(self, people: People, cache: Cache, clock: Clock, book: Rulebook) -> None:
        self._people = people
        self._cache = cache
        self._clock = clock
        self._book = book

    async def put(
        self,
        user_id: str,
        kind: str,
        date: str | None,
        leap_day: str | None = None,
        *,
        versions: Collection[int] | None = None,
    ) -> Person:
        """Set the yearly date of a kind; its pending delivery follows.

        Args:
            user_id: Whose.
            kind: A kind that is configured, but `birthday`.
            date: `2015-06-20`, or `--06-20` without a year.
            leap_day: `backward`, `forward` or `omit`; None or empty for the user's own or the kind's rule.
            versions: Refuse when the user is at none of these (`If-Match`); None for any.

        Raises:
            NotFound: No living user has this id.
            PreconditionFailed: The user changed in between.
            InvalidInput: The kind, the date or the rule cannot be right.
        """
        self._book.rule(_further(kind))
        now = self._clock.now()
        yearly = Yearly(check_date(date, latest_date(now), field="date"), check_leap_day(leap_day))

        def decide(person: Person) -> PersonChange:
            check_version(person.user, versions)
            dates = {**further_dates(person), kind: yearly}
            return amend(person, person.user.profile, dates, self._book, now=now)

        person = await self._people.change(user_id, decide)
        await freshness.forget_user(self._cache, user_id)
        return person

    async def remove(self, user_id: str, kind: str, *, versions: Collection[int] | None = None) -> Person:
        """Take the yearly date of a kind away; its pending delivery is cancelled.

        Args:
            user_id: Whose.
            kind: Which.
            versions: Refuse when the user is at none of these (`If-Match`); None for any.

        Raises:
            NotFound: No living user has this id, or the user has no such occasion.
            PreconditionFailed: The user changed in between.
            InvalidInput: It is the birthday.
        """
        _further(kind)
        now = self._clock.now()

        def decide(person: Person) -> PersonChange:
            check_version(person.user, versions)
            dates = further_dates(person)
            if dates.pop(kind, None) is None:
                raise NotFound("occasion", kind)
            return amend(person, person.user.profile, dates, self._book, now=now)

        person = await self._people.change(user_id, decide)
        await freshness.forget_user(self._cache, user_id)
        return person


def _further(kind: str) -> str:
    if kind == BIRTHDAY:
        raise InvalidInput("kind", "every user has a birthday", "change the user's birthdayDate, or delete the user")
    return check_kind(kind)
