"""The rules of every kind, and the zones: all that a fire time depends on besides the person."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from natalis.domain.calendar import ZoneLookup
from natalis.domain.occasion import KindRule
from natalis.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of every kind, and the zones.

    Attributes:
        kinds: The rule of each kind, by name; always has `birthday`.
        zone: Looks a zone up; raises `UnknownZone`.
    """

    kinds: Mapping[str, KindRule]
    zone: ZoneLookup

    def rule(self, kind: str) -> KindRule:
        """Return the rule of a kind.

        Raises:
            InvalidInput: No such kind is configured.
        """
        try:
            return self.kinds[kind]
        except KeyError:
            nearest = difflib.get_close_matches(kind[:40], self.kinds, n=1) or sorted(self.kinds)
            remedy = f"use {' or '.join(nearest)}, or define the kind in the settings"
            raise InvalidInput("kind", f"{kind[:40]!r} is not a kind that is configured", remedy) from None
