"""Caches as metrics: look-ups that found something, and look-ups that had to load."""

from __future__ import annotations

from typing import Final

from plimsoll.instrument.registry import Registry

LOOKUP_BUCKETS: Final = (0.0001, 0.001, 0.01, 0.05, 0.1, 0.5, 1.0)
"""Seconds."""


class CacheMetrics:
    """The families about caches."""

    __slots__ = ("_hits", "_misses", "_seconds")

    def __init__(self, registry: Registry) -> None:
        self._hits = registry.counter("cache_hits_total", "Look-ups answered from the cache.", "cache")
        self._misses = registry.counter("cache_misses_total", "Look-ups that loaded.", "cache")
        self._seconds = registry.histogram(
            "cache_lookup_duration_seconds", "A look-up's duration, loads included.", "cache", buckets=LOOKUP_BUCKETS
        )

    def heard(self, cache: str, *, hit: bool, seconds: float) -> None:
        """Count a look-up in a cache of this name: one for each sort of thing that is kept, never a key."""
        (self._hits if hit else self._misses).at(cache).inc()
        self._seconds.at(cache).observe(seconds)
