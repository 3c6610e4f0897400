"""First firings, remembered: people who share date, zone and rule share theirs, so it is computed once for all."""

from __future__ import annotations

from datetime import datetime

from natalis.domain.occasion import BIRTHDAY, Firing, Occasion
from natalis.domain.rulebook import Rulebook
from natalis.domain.scheduling import arrive
from natalis.domain.user import User
from natalis.domain.yearly_date import LeapDay

_REMEMBERED = 20_000  # firings: some 50 zones with every day of the year


class FirstFirings:
    """Computes the birthday occasion of people who arrive.

    A firing is only used again while it lies ahead, because then `first_firing` must give the same.

    Args:
        book: The rules of every kind, and the zones.
    """

    def __init__(self, book: Rulebook) -> None:
        self._book = book
        self._firings: dict[tuple[int, int, str, LeapDay | None], Firing] = {}
        self._shared = not book.rule(BIRTHDAY).spread  # inside a spread window everybody's own firing differs

    def birthday(self, user: User, now: datetime) -> Occasion:
        """Return the birthday of a new user, as `arrive` does.

        Raises:
            UnknownZone: The user's zone is not in the database.
        """
        profile = user.profile
        on = profile.birthday
        key = (on.month, on.day, profile.timezone, profile.leap_day)
        firing = self._firings.get(key)
        if firing is not None and firing.fire_at > now and self._shared:
            return Occasion(user.id, BIRTHDAY, on, None, firing)
        (occasion,) = arrive(user, {}, self._book, now=now)
        if len(self._firings) >= _REMEMBERED:
            self._firings.clear()
        if occasion.upcoming is not None:
            self._firings[key] = occasion.upcoming
        return occasion
