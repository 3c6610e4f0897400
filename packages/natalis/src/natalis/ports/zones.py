"""The time-zone database."""

from __future__ import annotations

from datetime import tzinfo
from typing import Protocol


class Zones(Protocol):
    """One version of the IANA time-zone database."""

    @property
    def version(self) -> str:
        """The release, such as `2026b`; stored beside the fire times computed with it."""
        ...

    def get(self, name: str) -> tzinfo:
        """Return the zone or alias of this name; raises `UnknownZone` with the nearest names."""
        ...

    def names(self) -> frozenset[str]:
        """Return every zone and alias."""
        ...
