"""Why: the one answer for every user, kind and year to what happened and why."""

from __future__ import annotations

from collections.abc import Sequence

from natalis.domain.ledger import Evidence, Explanation, explain
from natalis.domain.person import Person
from natalis.domain.rulebook import Rulebook
from natalis.domain.user import checked_email
from natalis.errors import NotFound
from natalis.ports.clock import Clock
from natalis.ports.ledger import History
from natalis.ports.people import People
from natalis.usecases.paging import check_range

FIRST_YEAR, LAST_YEAR = 1970, 2100


class ExplainYear:
    """Answers what happened to someone in a year, and why.

    Args:
        history: What the store knows, of the living and the deleted.
        people: The living, as they stand today.
        clock: Tells the time.
        book: The rules of every kind, and the zones.
    """

    def __init__(self, history: History, people: People, clock: Clock, book: Rulebook) -> None:
        self._history = history
        self._people = people
        self._clock = clock
        self._book = book

    async def of_email(self, email: str, year: int) -> Sequence[Explanation]:
        """Explain for everyone who has or had this address, the living one first, an answer for every kind.

        Raises:
            InvalidInput: The address or the year (1970 to 2100) cannot be right.
            NotFound: Nobody has or had this address, or whoever had it was erased.
        """
        address = checked_email(email)
        found = await self._history.find(address)
        if not found:
            raise NotFound("user", address)
        answers = [answer for user_id in found for answer in await self._of_one(user_id, year)]
        if not answers:
            raise NotFound("user", address)
        return answers

    async def of_user(self, user_id: str, year: int) -> Sequence[Explanation]:
        """Explain for a user, living or deleted, an answer for every kind.

        Raises:
            InvalidInput: The year (1970 to 2100) is out of range.
            NotFound: There never was such a user, or the user was erased.
        """
        answers = await self._of_one(user_id, year)
        if not answers:  # every user has a birthday: of one that was erased nothing is left to tell
            raise NotFound("user", user_id)
        return answers

    async def _of_one(self, user_id: str, year: int) -> Sequence[Explanation]:
        check_range(year, FIRST_YEAR, LAST_YEAR, field="year")
        records = await self._history.year(user_id, year)
        person = await self._living(user_id)
        now = self._clock.now()
        profile = None if person is None else person.user.profile
        return [
            explain(
                Evidence(
                    user_id,
                    record.kind,
                    year,
                    record.delivery,
                    record.attempts,
                    record.occasion,
                    None if profile is None else profile.timezone,
                    None if profile is None else profile.leap_day,
                    None if person is None else person.user.created_at,
                ),
                self._book,
                now=now,
            )
            for record in records
        ]

    async def _living(self, user_id: str) -> Person | None:
        try:
            return await self._people.get(user_id)
        except NotFound:
            return None
