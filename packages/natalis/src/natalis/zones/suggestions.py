"""Suggestions: the zones that someone most likely meant by a name that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import lru_cache

LIKENESS = 0.7  # difflib's measure, from 0 to 1; below this PST is like MST
CITY_LIKENESS = 0.8
PREFIX = 3  # letters from which a beginning counts
MANY = 3
REMEMBERED = 1024  # a file with one misspelt zone in a million rows is compared once


class Suggestions:
    """Finds the names that look like a given one.

    A name may be misspelt (`Europe/Kyev`), written in another case (`europe/paris`), given as its last part alone
    (`New York`) or cut short (`EST5`).

    Args:
        names: Every name there is.
    """

    def __init__(self, names: Iterable[str]) -> None:
        ordered = sorted(names)
        self._by_spelling = {_spelling(name): name for name in ordered}
        self._by_city: dict[str, list[str]] = {}
        for name in ordered:
            self._by_city.setdefault(_spelling(name.rsplit("/", 1)[-1]), []).append(name)
        self._remembered = lru_cache(REMEMBERED)(self._compared)

    def nearest(self, name: str) -> tuple[str, ...]:
        """Return up to three names, best first; none when nothing is alike."""
        return self._remembered(_spelling(name.strip()))

    def _compared(self, wanted: str) -> tuple[str, ...]:
        if wanted in self._by_spelling:
            return (self._by_spelling[wanted],)
        city = wanted.rsplit("/", 1)[-1]
        whole = difflib.get_close_matches(wanted, self._by_spelling, n=MANY, cutoff=LIKENESS)
        cities = difflib.get_close_matches(city, self._by_city, n=MANY, cutoff=CITY_LIKENESS)
        of_city = [name for match in cities for name in self._by_city[match]]
        begun = [name for match in self._begun(wanted) for name in self._by_city[match]]
        ranked = [*self._by_city.get(city, []), *begun, *(self._by_spelling[match] for match in whole), *of_city]
        return tuple(dict.fromkeys(ranked))[:MANY]

    def _begun(self, wanted: str) -> list[str]:
        return [city for city in self._by_city if city.startswith(wanted)] if len(wanted) >= PREFIX else []


def _spelling(name: str) -> str:
    return "_".join(name.casefold().replace("-", "_").split())
