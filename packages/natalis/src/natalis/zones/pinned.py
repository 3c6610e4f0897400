"""The time-zone database that Natalis computes with: the pinned `tzdata` package, never the system's own copy."""

from __future__ import annotations

import importlib.resources
import struct
from datetime import tzinfo
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path
from zoneinfo import ZoneInfo

import tzdata

from natalis.errors import InvalidInput, UnknownZone
from natalis.zones.release import release_of, zone_names
from natalis.zones.suggestions import Suggestions

NAME_LIMIT = 64  # characters; the longest IANA name has 32
_TZDATA = "tzdata"


class TzdataZones:
    """One release of the IANA database, read from a folder of compiled zones.

    A zone is read once and kept: there are about 600 names, and an unknown one is never kept. Threads may share it.

    Args:
        folder: A newer database: a folder of TZif files as `zic` writes them, or an unpacked `tzdata` package; None
            for the pinned package.
        version: The release of that folder, such as `2026b`; None to read it there.

    Raises:
        InvalidInput: The folder holds no zones, or does not say its release and `version` does not either.
    """

    def __init__(self, folder: Path | None = None, version: str | None = None) -> None:
        if folder is None:
            package = importlib.resources.files(_TZDATA)
            self._root: Traversable = package.joinpath("zoneinfo")
            self._listing: Traversable = package.joinpath("zones")
            self._version = version or tzdata.IANA_VERSION
        else:
            self._root = folder / "zoneinfo" if (folder / "zoneinfo").is_dir() else folder
            self._listing = folder / "zones"
            self._version = version or release_of(self._root, folder)
        self._known: dict[str, tzinfo] = {}
        if not self.names():
            remedy = "give a folder of TZif files as `zic` writes them, or an unpacked tzdata package"
            raise InvalidInput("tz folder", f"{folder} holds no time zones", remedy)

    @property
    def version(self) -> str:
        """The release."""
        return self._version

    def get(self, name: str) -> tzinfo:
        """Return the zone or alias of this name, always the same object.

        Raises:
            UnknownZone: The database has no such name; carries the nearest ones.
            InvalidInput: The zone's file is damaged.
        """
        zone = self._known.get(name)
        # setdefault: of two threads that read a zone at once, both get the first one's
        return self._known.setdefault(name, self._load(name)) if zone is None else zone

    def names(self) -> frozenset[str]:
        """Return every zone and alias."""
        return self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        return zone_names(self._listing, self._root)

    @cached_property
    def _suggestions(self) -> Suggestions:
        return Suggestions(self._names)

    def _load(self, name: str) -> tzinfo:
        if name not in self._names:  # nothing but a listed name ever reaches the file system
            raise UnknownZone(name[:NAME_LIMIT], self._suggestions.nearest(name[:NAME_LIMIT]))
        try:
            with self._root.joinpath(*name.split("/")).open("rb") as file:
                return ZoneInfo.from_file(file, key=name)
        except (OSError, ValueError, struct.error) as error:  # the last for a file that was cut short
            remedy = f"install release {self._version} of the database anew"
            raise InvalidInput("timezone", f"the file of {name} cannot be read ({error})", remedy) from error
