"""Rule: the cache of a running process lags behind other processes by a second at most."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from natalis.caches.memory import MemoryCache
from natalis.clocks.virtual import VirtualClock
from natalis.runtime.freshness import EVERY, Freshness
from natalis.stores.sqlite import open_store
from natalis.testing.builders import NOON


async def test_what_another_process_wrote_is_read_a_second_later(tmp_path: Path) -> None:
    mine, other = await open_store(tmp_path / "n.db"), await open_store(tmp_path / "n.db")
    clock = VirtualClock(NOON)
    cache = MemoryCache(clock)
    assert mine.changes is not None
    freshness = Freshness(mine.changes, cache, clock)
    await freshness.step()
    await other.facts.put("colour", "red")
    assert await cache.fetch("colour", timedelta(hours=1), lambda: mine.facts.get("colour")) == "red"
    await freshness.step()

    await other.facts.put("colour", "blue")
    clock.advance(EVERY)
    await freshness.step()

    assert await cache.fetch("colour", timedelta(hours=1), lambda: mine.facts.get("colour")) == "blue"
    await mine.connection.close()
    await other.connection.close()
