"""Cache look-ups as metrics."""

from __future__ import annotations

from datetime import timedelta

from plimsoll.instrument.registry import Registry

BUCKETS = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0)
"""Seconds of a look-up, the load of a miss included."""


class CacheMetrics:
    """Counts look-ups by cache: the first part of the key, such as `user`.

    Args:
        registry: Where the metrics live.
    """

    def __init__(self, registry: Registry) -> None:
        self._hits = registry.counter("cache_hits_total", "Look-ups that the cache answered.", "cache")
        self._misses = registry.counter("cache_misses_total", "Look-ups that had to be loaded.", "cache")
        self._took = registry.histogram(
            "cache_lookup_duration_seconds", "How long a look-up took.", "cache", buckets=BUCKETS
        )

    def heard(self, cache: str, hit: bool, took: timedelta) -> None:  # noqa: FBT001 - the cache calls it by place
        """Take note of a look-up."""
        (self._hits if hit else self._misses).at(cache).inc()
        self._took.at(cache).observe(took.total_seconds())
