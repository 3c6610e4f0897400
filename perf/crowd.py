"""Crowds: people made by rule, as many as wanted, of whom a known number is due on a known day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from natalis.caches.memory import MemoryCache
from natalis.domain.intake import UserInput
from natalis.domain.occasion import KindRule
from natalis.domain.rulebook import Rulebook
from natalis.ports.clock import Clock
from natalis.ports.people_file import Batch, Position, Row
from natalis.ports.store import Store
from natalis.runtime.kinds import DEFAULT_KINDS
from natalis.usecases.import_people import ImportPeople
from natalis.usecases.import_result import Tally, Wanted
from natalis.zones.pinned import TzdataZones

ZONES = (
    *("UTC", "Europe/Paris", "America/New_York", "Asia/Tokyo", "America/Los_Angeles", "Asia/Kolkata", "Europe/London"),
    *("America/Sao_Paulo", "Africa/Lagos", "Australia/Sydney", "Asia/Kathmandu", "Asia/Shanghai"),
)
FIRST_NAMES = ("Ada", "Emil", "Noor", "Yuki", "Zoë", "Kwame", "Lucía", "Ivan", "Mei", "Tove", "Amara")
LAST_NAMES = ("Lovelace", "Nguyen", "García", "Okafor", "Tanaka", "Müller", "Singh", "Silva", "Kim", "Novák")


@dataclass(frozen=True, slots=True)
class Crowd:
    """People by number; a `PeopleFile` that was never written.

    Attributes:
        size: How many, counted as bytes are in a file.
        due: How many are due on each of these days, in UTC; nobody else has a birthday within two days of them.
    """

    size: int
    due: Mapping[date, int] = field(default_factory=dict)
    description: str = "a crowd"

    @property
    def fingerprint(self) -> str:
        """What tells crowds apart."""
        return f"crowd:{self.size}:{sorted((day.isoformat(), count) for day, count in self.due.items())}"

    def batches(self, *, start: Position, limit: int) -> Iterator[Batch]:
        """Return the people from a number on."""
        rows, at = self._rows(start.offset), start.offset
        while batch := tuple(islice(rows, limit)):
            at += len(batch)
            yield Batch(batch, Position(at, at + 1))

    def _rows(self, begin: int) -> Iterator[Row]:
        special = [day for day, count in self.due.items() for _ in range(count)]
        others = self._other_days()
        for number in range(begin, self.size):
            if number < len(special):
                day, zone = special[number], "UTC"
            else:
                day, zone = others[number * 7919 % len(others)], ZONES[number % len(ZONES)]
            given = UserInput(
                FIRST_NAMES[number % len(FIRST_NAMES)],
                LAST_NAMES[number % len(LAST_NAMES)],
                email_of(number),
                f"{1940 + number % 65}-{day.month:02d}-{day.day:02d}",
                zone,
            )
            yield Row(number + 1, given, {})

    def _other_days(self) -> list[date]:
        """Return every day of a common year that no day of `due` is near, so that only those are due around it."""
        near = {(day + timedelta(days=shift)).timetuple()[1:3] for day in self.due for shift in (-2, -1, 0, 1, 2)}
        year = (date(2023, 1, 1) + timedelta(days=number) for number in range(365))
        return [day for day in year if (day.month, day.day) not in near]


def email_of(number: int) -> str:
    """Return the address of a person of a crowd; addresses do not sort by number, as real ones do not."""
    return f"{number * 2654435761 % 2**32:08x}.{number}@example.org"


def importing(store: Store, clock: Clock, kinds: Mapping[str, KindRule] = DEFAULT_KINDS) -> ImportPeople:
    """Return the import over a store."""
    book = Rulebook(kinds, TzdataZones().get)
    return ImportPeople(store.people, store.facts, MemoryCache(clock), clock, book)


async def settle(store: Store, clock: Clock, crowd: Crowd, kinds: Mapping[str, KindRule] = DEFAULT_KINDS) -> None:
    """Put a crowd into a store."""
    tally = Tally()
    async for progress in importing(store, clock, kinds).run(crowd, Wanted(restart=True)):
        tally = progress.tally
    if tally.added != crowd.size:
        raise SystemExit(f"the crowd did not settle: {tally}")


def write_csv(crowd: Crowd, path: Path) -> None:
    """Write a crowd as a CSV file."""
    with path.open("w", encoding="utf-8") as file:
        file.write("first_name,last_name,email,birthday,timezone\n")
        for batch in crowd.batches(start=Position(0, 1), limit=10_000):
            rows = (row.given for row in batch.entries if isinstance(row, Row))
            file.writelines(
                f"{row.first_name},{row.last_name},{row.email},{row.birthday},{row.timezone}\n" for row in rows
            )
