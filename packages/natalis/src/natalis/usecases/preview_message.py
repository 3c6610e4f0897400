"""Preview: what a message of a kind, in a language, would say to a sample person or to a user."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from natalis.domain.delivery import DeliveryKey
from natalis.domain.message import Message
from natalis.domain.occasion import BIRTHDAY
from natalis.domain.rulebook import Rulebook
from natalis.domain.user import Profile, checked_email, checked_locale
from natalis.domain.writing import Writer
from natalis.domain.yearly_date import YearlyDate
from natalis.ports.clock import Clock
from natalis.ports.people import People

NOBODY = "00000000-0000-7000-8000-000000000000"
"""The user id in the links of a preview: they are signed like any other and lead to no one."""
SAMPLE_ADDRESS = "ada@example.org"
_ADA = Profile("Ada", "Lovelace", SAMPLE_ADDRESS, YearlyDate(12, 10, 1985), "Europe/London")


def sample_profile(email: str = SAMPLE_ADDRESS, locale: str | None = None) -> Profile:
    """Return Ada Lovelace, born in 1985, with this address and language.

    Raises:
        InvalidInput: The address or the language tag is not one.
    """
    return replace(_ADA, email=checked_email(email), locale=checked_locale(locale))


class PreviewMessage:
    """Writes messages that nobody sends.

    Args:
        writer: Writes as the worker does.
        people: Where users are read.
        clock: Tells the time.
        book: Knows the kinds.
    """

    def __init__(self, writer: Writer, people: People, clock: Clock, book: Rulebook) -> None:
        self._writer = writer
        self._people = people
        self._clock = clock
        self._book = book

    async def show(self, kind: str = BIRTHDAY, *, locale: str | None = None, user_id: str | None = None) -> Message:
        """Write the message of this kind as it would go out next.

        Args:
            kind: A kind that is configured.
            locale: A language tag; None for the user's own, or the default.
            user_id: Whose; None for a sample person whose day is today.

        Raises:
            InvalidInput: The kind or the language tag cannot be right.
            NotFound: No living user has this id.
        """
        self._book.rule(kind)
        today = self._clock.now().date()
        if user_id is None:
            return self._write(kind, today, sample_profile(locale=locale), since=None)
        person = await self._people.get(user_id)
        profile = person.user.profile
        wanted = profile if locale is None else replace(profile, locale=checked_locale(locale))
        occasion = person.occasions.get(kind)
        if occasion is None:
            return self._write(kind, today, wanted, since=None)
        day = today if occasion.upcoming is None else occasion.upcoming.occasion_date
        return self._write(kind, day, wanted, since=occasion.on.year)

    def _write(self, kind: str, day: date, profile: Profile, *, since: int | None) -> Message:
        return self._writer.write(DeliveryKey(NOBODY, kind, day), profile, since=since)
