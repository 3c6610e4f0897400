"""Rules of the cache's metrics."""

from __future__ import annotations

from datetime import timedelta

from natalis.telemetry.caching import CacheMetrics
from plimsoll.instrument.registry import Registry


def test_hits_and_misses_are_counted_by_cache() -> None:
    registry = Registry()
    metrics = CacheMetrics(registry)
    metrics.heard("user", True, timedelta(0))
    metrics.heard("user", False, timedelta(milliseconds=2))
    metrics.heard("users", False, timedelta(milliseconds=2))
    text = registry.exposition().decode()
    assert 'cache_hits_total{cache="user"} 1.0' in text
    assert 'cache_misses_total{cache="user"} 1.0' in text
    assert 'cache_misses_total{cache="users"} 1.0' in text
    assert 'cache_hits_total{cache="users"}' not in text
