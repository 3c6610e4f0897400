"""Invented people: names, birthdays and zones as they are spread over the earth; the same seed, the same people.

Everything about person number N follows from a hash of the seed and N, so any part of the list can be made alone.
Names and zones are in `samples/invented-people.toml`. Births by month follow the mild late-summer peak of the northern
hemisphere.
"""

from __future__ import annotations

import hashlib
import tomllib
import unicodedata
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from itertools import accumulate

from natalis.domain.intake import UserInput
from natalis.ports.people_file import Batch, Position, Row

SAMPLE = "invented-people.toml"
OLDEST, YOUNGEST = date(1940, 1, 1), date(2007, 12, 31)
_MONTHS = (100, 93, 101, 98, 102, 101, 108, 110, 107, 103, 97, 100)  # births, January = 100
_DOMAINS = ("example.org", "example.com", "example.net")  # RFC 2606: nobody can receive mail there


@dataclass(frozen=True, slots=True)
class Culture:
    """Names that occur together, and the zones where: each with its millions of people."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    zones: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Earth:
    """Every zone with its culture, and how many people live in it and all before it."""

    places: tuple[tuple[str, Culture], ...]
    people: tuple[int, ...]

    def at(self, chance: Chance) -> tuple[str, Culture]:
        """Draw a zone, as often as people live there."""
        return self.places[bisect(self.people, chance.below(self.people[-1]))]


@cache
def earth() -> Earth:
    """Read the packaged names and zones."""
    text = (files("natalis.samples") / SAMPLE).read_text("utf-8")
    cultures = [
        Culture(tuple(each["first"]), tuple(each["last"]), each["zones"]) for each in tomllib.loads(text)["cultures"]
    ]
    places = tuple((zone, culture) for culture in cultures for zone in culture.zones)
    return Earth(places, tuple(accumulate(culture.zones[zone] for zone, culture in places)))


class Crowd:
    """So many invented people, as a file of people (`ports.people_file.PeopleFile`) whose offsets count people.

    Args:
        size: How many.
        seed: Which crowd.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.description = f"{size} invented people of seed {seed}"
        self.size = size
        self.fingerprint = f"invented:{seed}:{size}"
        self._seed = seed

    def batches(self, *, start: Position, limit: int) -> Iterator[Batch]:
        """Invent people from `start` on."""
        for first in range(start.offset, self.size, limit):
            last = min(self.size, first + limit)
            rows = [Row(number + 1, invented(self._seed, number), {}) for number in range(first, last)]
            yield Batch(rows, Position(last, last + 1))


def invented(seed: int, number: int) -> UserInput:
    """Return one person's fields."""
    chance = Chance(f"{seed}:{number}")
    zone, culture = earth().at(chance)
    first, last = chance.one_of(culture.first), chance.one_of(culture.last)
    name = ".".join(filter(None, (_plain(first), _plain(last), f"{seed}-{number}")))
    return UserInput(
        first_name=first,
        last_name=last,
        email=f"{name}@{chance.one_of(_DOMAINS)}",
        birthday=_birthday(chance).isoformat(),
        timezone=zone,
    )


def _birthday(chance: Chance) -> date:
    """Draw a day evenly and keep it as often as people are born in its month; 29 February stays as rare as it is."""
    days = (YOUNGEST - OLDEST).days + 1
    while True:
        day = OLDEST + timedelta(days=chance.below(days))
        if chance.below(max(_MONTHS)) < _MONTHS[day.month - 1]:
            return day


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(letter for letter in letters if letter.isalnum()).lower()


class Chance:
    """Numbers drawn from a hash: the same on every machine and every version of Python."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._turn = 0
        self._pool: list[int] = []

    def below(self, limit: int) -> int:
        """Draw a number from 0 up to `limit`, less one."""
        if not self._pool:
            digest = hashlib.blake2b(f"{self._name}:{self._turn}".encode(), digest_size=64).digest()
            self._pool = [int.from_bytes(digest[at : at + 8]) for at in range(0, 64, 8)]
            self._turn += 1
        return self._pool.pop() % limit

    def one_of(self, words: Sequence[str]) -> str:
        """Draw one of these."""
        return words[self.below(len(words))]
