"""Caches as metrics: look-ups that found something, and look-ups that had to load."""

from __future__ import annotations

from plimsoll.instrument.cells.values import Counter
from plimsoll.instrument.registry import LABEL_VALUES, Registry


class CacheMetrics:
    """The families about caches.

    How long a look-up took is nobody's question: a hit takes no time worth a clock, and what a miss waits for (the
    database, Redis, another service) is timed there.
    """

    __slots__ = ("_found", "_hits", "_misses")

    def __init__(self, registry: Registry) -> None:
        self._hits = registry.counter("cache_hits_total", "Look-ups answered from the cache.", "cache")
        self._misses = registry.counter("cache_misses_total", "Look-ups that loaded.", "cache")
        self._found: dict[tuple[str, bool], Counter] = {}

    def heard(self, cache: str, hit: bool) -> None:  # noqa: FBT001 - by position: this is on every request's way
        """Count a look-up in a cache of this name: one for each sort of thing that is kept, never a key."""
        # on every request's way: a counter is found by one look-up
        counter = self._found.get((cache, hit)) or self._find(cache, hit=hit)
        counter.cells[0] += 1.0

    def _find(self, cache: str, *, hit: bool) -> Counter:
        found = (self._hits if hit else self._misses).at(cache)
        if len(self._found) < LABEL_VALUES:
            self._found[cache, hit] = found
        return found
