"""The time-zone database that Natalis computes with: the pinned `tzdata` package, never the system's own copy."""

from __future__ import annotations

import difflib
import importlib.resources
from datetime import tzinfo
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import tzdata

from natalis.errors import UnknownZone


class TzdataZones:
    """One release of the IANA database, read from a folder of compiled zones.

    Args:
        folder: A folder of TZif files as `zic` writes them, with a file `zones` of their names; None for the pinned
            `tzdata` package.
        version: The release of that folder, such as `2026b`; None for the pinned one's.
    """

    def __init__(self, folder: Path | None = None, version: str | None = None) -> None:
        self._folder = folder
        self._version = version or tzdata.IANA_VERSION
        self._known: dict[str, tzinfo] = {}

    @property
    def version(self) -> str:
        """The release."""
        return self._version

    def get(self, name: str) -> tzinfo:
        """Return the zone of this name."""
        zone = self._known.get(name)
        if zone is None:
            zone = self._known[name] = self._load(name)
        return zone

    def names(self) -> frozenset[str]:
        """Return every zone and alias."""
        return self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        if self._folder is None:
            text = importlib.resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
        else:
            text = (self._folder / "zones").read_text(encoding="utf-8")
        return frozenset(text.split())

    def _load(self, name: str) -> tzinfo:
        if name not in self._names:
            raise UnknownZone(name[:64], _nearest(name[:64], self._names))
        if self._folder is None:
            source = importlib.resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
            with source.open("rb") as file:
                return ZoneInfo.from_file(file, key=name)
        with (self._folder / name).open("rb") as file:
            return ZoneInfo.from_file(file, key=name)


def _nearest(name: str, known: frozenset[str]) -> tuple[str, ...]:
    by_fold = {zone.casefold(): zone for zone in known}
    wanted = name.strip().replace(" ", "_").casefold()
    by_city = {zone.rsplit("/", 1)[-1]: zone for zone in by_fold}
    close = [by_fold[match] for match in difflib.get_close_matches(wanted, by_fold, n=3, cutoff=0.6)]
    cities = [by_fold[by_city[match]] for match in difflib.get_close_matches(wanted, by_city, n=3, cutoff=0.7)]
    return tuple(dict.fromkeys([*close, *cities]))[:3]
