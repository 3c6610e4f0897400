"""Quarantine: the occasions that were set aside because they could not be planned; see them, and let them go."""

from __future__ import annotations

from dataclasses import replace

from natalis.domain.calendar import first_firing
from natalis.domain.lifecycle import PENDING
from natalis.domain.occasion import Firing
from natalis.domain.person import Person
from natalis.domain.planning import Plannable
from natalis.domain.rulebook import Rulebook
from natalis.errors import InvalidInput, NotFound
from natalis.ports.clock import Clock
from natalis.ports.page import Page
from natalis.ports.people import People
from natalis.ports.plans import Plans
from natalis.usecases.paging import DEFAULT_LIMIT, check_limit


class ManageQuarantine:
    """Lists what is set aside, and lets it go once its cause is gone.

    Args:
        plans: Where occasions are set aside.
        people: Where their users are read.
        clock: Tells the time.
        book: The rules of every kind, and the zones.
    """

    def __init__(self, plans: Plans, people: People, clock: Clock, book: Rulebook) -> None:
        self._plans = plans
        self._people = people
        self._clock = clock
        self._book = book

    async def list(self, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[Plannable]:
        """List what is set aside; `occasion.quarantined` says why.

        Raises:
            InvalidInput: The limit (1 to 500) or the cursor cannot be right.
        """
        items, following = await self._plans.quarantined(limit=check_limit(limit), cursor=cursor)
        return Page(items, following)

    async def release(self, user_id: str, kind: str) -> Firing:
        """Schedule an occasion again, and return when it fires.

        Raises:
            NotFound: No living user has this id, or nothing of theirs of this kind is set aside.
            InvalidInput: The cause is still there: the kind is not configured, the zone is unknown, or there is no such
                date.
        """
        person = await self._people.get(user_id)
        occasion = person.occasions.get(kind)
        if occasion is None or occasion.quarantined is None:
            raise NotFound("quarantined occasion", f"{user_id}:{kind}")
        profile = person.user.profile
        rule, zone = self._book.rule(kind), self._book.zone(profile.timezone)
        dated = replace(occasion, leap_day=occasion.leap_day or profile.leap_day)
        try:
            firing = first_firing(dated, rule, zone, now=self._clock.now(), used_years=_used_years(person, kind))
        except ValueError:  # a stored date that is none, such as 30 February
            problem, remedy = f"{occasion.on} does not exist in the calendar", "give the user a date that exists"
            raise InvalidInput(kind, problem, remedy) from None
        await self._plans.release(user_id, kind, firing)
        return firing


def _used_years(person: Person, kind: str) -> frozenset[int]:
    return frozenset(
        delivery.key.occasion_date.year
        for delivery in person.deliveries
        if delivery.key.kind == kind and (delivery.uses_its_year or delivery.status in PENDING)
    )
