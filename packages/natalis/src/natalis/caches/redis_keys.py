"""What the cache's keys are called in Redis, and what a pattern forgets: one key, all below a stem, or what fits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

DEPTH = 2  # how many leading parts of a key have a generation of their own: `users:` and `users:list:`
_SLOT, _GENERATION, _LOADS = "slot:", "generation:", "loads"
_GLOB = re.compile(r"([\\\[\]?])")


@dataclass(frozen=True, slots=True)
class One:
    """Forget one key."""

    key: str


@dataclass(frozen=True, slots=True)
class Below:
    """Forget every key that begins with a stem: one step, however many there are."""

    stem: str


@dataclass(frozen=True, slots=True)
class Fitting:
    """Forget every key that fits a pattern of any other form: each key is looked at."""

    pattern: str


Scope: TypeAlias = One | Below | Fitting


def scope_of(pattern: str) -> Scope:
    """Return what a pattern forgets, in the cheapest way there is."""
    stem, star, rest = pattern.partition("*")
    if not star:
        return One(pattern)
    if not rest and (not stem or (stem.endswith(":") and stem.count(":") <= DEPTH)):
        return Below(stem)
    return Fitting(pattern)


def stems_of(key: str) -> Sequence[str]:
    """Return the stems that have a generation, widest first: nothing, the first part, the first two."""
    stems, end = [""], 0
    for _ in range(DEPTH):
        end = key.find(":", end) + 1
        if not end:
            break
        stems.append(key[:end])
    return stems


@dataclass(frozen=True, slots=True)
class Names:
    """What is called how in Redis.

    Attributes:
        prefix: Before every name, so that others can use the same Redis.
    """

    prefix: str = "natalis:cache:"

    @property
    def loads(self) -> str:
        """The token that changes when no load that is under way may be kept."""
        return f"{self.prefix}{_LOADS}"

    def slot(self, key: str) -> str:
        """Where the value of a key is."""
        return f"{self.prefix}{_SLOT}{key}"

    def generation(self, stem: str) -> str:
        """The token that all values below a stem must bear."""
        return f"{self.prefix}{_GENERATION}{stem}"

    def fitting(self, pattern: str) -> str:
        """Return Redis' pattern for the slots that fit: there `?`, brackets and backslashes have a meaning."""
        return self.slot(_GLOB.sub(r"\\\1", pattern))
