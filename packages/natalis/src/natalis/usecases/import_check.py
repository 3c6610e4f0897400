"""From a row as written to a person with their first fire time: everything about a row that needs no store."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple, TypeAlias

from natalis.domain.intake import UserInput, check_date, check_profile, latest_date
from natalis.domain.occasion import check_kind
from natalis.domain.rulebook import Rulebook
from natalis.domain.scheduling import Yearly, arrive
from natalis.domain.user import User
from natalis.errors import InvalidFields, InvalidInput
from natalis.ports.people import Arrival
from natalis.ports.people_file import BadRow, Entry, Row
from natalis.usecases.first_firings import FirstFirings
from natalis.usecases.manage_users import IdSource

_OFFSET = re.compile(r"(?!GMT[+-]0$)(?:(?:UTC|GMT)?\s?[+-]\d\d?:?(?:\d\d)?|Z)", re.ASCII)


_REMEMBERED = 1_000  # names of zones; there are about 600


class CheckedRow(NamedTuple):
    """A row that can be a person.

    Attributes:
        line: Where it begins.
        given: What the row says.
        dates: The further yearly dates it says.
        arrival: The person to be added if nobody has the address.
    """

    line: int
    given: UserInput
    dates: Mapping[str, Yearly]
    arrival: Arrival


Checked: TypeAlias = CheckedRow | BadRow


class RowCheck:
    """Checks rows by the rules of the API, and computes first fire times.

    First firings are remembered, which makes an import three times as fast.

    Args:
        book: The rules of every kind, and the zones.
        new_id: Makes the ids.
        default_zone: The time zone of people whose row has none.

    Raises:
        UnknownZone: The default zone is not in the database.
    """

    def __init__(self, book: Rulebook, new_id: IdSource, default_zone: str | None) -> None:
        if default_zone is not None:
            book.zone(default_zone)
        self._book = book
        self._new_id = new_id
        self._default_zone = default_zone
        self._firings = FirstFirings(book)
        self._names = set[str | None]()  # of zones, which are no offsets

    def check(self, entries: Iterable[Entry], now: datetime) -> list[Checked]:
        """Return each entry checked, in order."""
        today = latest_date(now)
        return [entry if isinstance(entry, BadRow) else self._row(entry, now, today) for entry in entries]

    def _row(self, row: Row, now: datetime, today: date) -> Checked:
        try:
            profile = check_profile(self._with_zone(row.given), today, self._book.zone)
            dates = {kind: self._yearly(kind, on, today) for kind, on in row.dates.items()} if row.dates else {}
            user = User(self._new_id(now), profile, now, now)
            occasions = arrive(user, dates, self._book, now=now) if dates else (self._firings.birthday(user, now),)
        except (InvalidFields, InvalidInput) as error:
            return BadRow(row.line, str(error).replace("\n", ". "))
        return CheckedRow(row.line, row.given, dates, Arrival(user, occasions))

    def _with_zone(self, given: UserInput) -> UserInput:
        zone = given.timezone
        if zone in self._names:
            return given
        if zone is not None and _OFFSET.fullmatch(zone.strip()) is None:
            self._names |= {zone} if len(self._names) < _REMEMBERED else set()
            return given
        if self._default_zone is not None:
            return replace(given, timezone=self._default_zone)
        if zone is None:
            raise InvalidInput(
                "timezone",
                "is missing",
                "use an IANA name such as Europe/Paris, or give a default time zone (--timezone)",
            )
        raise InvalidInput(
            "timezone",
            f"{zone[:20]!r} is an offset, which does not say when clocks change",
            "use an IANA name such as Europe/Paris, or give a default time zone (--timezone)",
        )

    def _yearly(self, kind: str, text: str, today: date) -> Yearly:
        self._book.rule(check_kind(kind))
        return Yearly(check_date(text, today, field=kind))
