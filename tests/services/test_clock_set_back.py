"""A clock that ran ahead and is set back - a machine that started with the wrong time - holds nothing up.

What a process remembers as instants (buckets, breaker, next looks) then lies in its future; the time it was off must
not have to pass before it goes on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from natalis.caches.memory import MemoryCache
from natalis.clocks.virtual import VirtualClock
from natalis.domain.breaker import BreakerRule
from natalis.domain.limit import limit_of
from natalis.domain.outcome import Deferred
from natalis.domain.rate import Rate
from natalis.ports.store import Store
from natalis.runtime.freshness import EVERY, Freshness
from natalis.services.dispatcher import DispatcherOptions
from natalis.stores.sqlite import open_store
from natalis.testing.house import EVE, House, run, worker_options

AHEAD = timedelta(hours=1)


class WrongClock(VirtualClock):
    """Runs ahead until it is set right."""

    ahead = AHEAD

    def now(self) -> datetime:
        return super().now() + self.ahead

    def set_back(self) -> None:
        self.ahead = timedelta(0)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await open_store(tmp_path / "natalis.db")
    yield store
    await store.connection.close()


@pytest.fixture
def clock() -> WrongClock:
    return WrongClock(EVE - AHEAD)


@pytest.fixture
def house(store: Store, clock: WrongClock) -> House:
    return House(store, clock=clock)


async def queued(house: House) -> int:
    return (await house.tally()).get("queued", 0)


async def test_what_is_late_goes_on_at_its_capped_rate(house: House, clock: WrongClock) -> None:
    await house.due(40)
    clock.advance(2 * AHEAD)
    dispatcher = house.dispatcher(DispatcherOptions(catch_up=Rate(10, burst=10)))
    await run(dispatcher)

    clock.set_back()
    await run(dispatcher)
    at_once = await queued(house)
    clock.advance(timedelta(seconds=1))
    await run(dispatcher)

    assert (at_once, await queued(house)) == (10, 20)


async def test_a_worker_goes_on_at_its_rate(house: House, clock: WrongClock) -> None:
    await house.queued(30)
    worker = house.worker(worker_options(rate=limit_of(10)))
    await run(worker)

    clock.set_back()
    await run(worker)
    at_once = len(house.provider.calls)
    clock.advance(timedelta(seconds=1))
    await run(worker)

    assert (at_once, len(house.provider.calls)) == (10, 20)


async def test_an_open_breaker_opens_no_later_than_its_pause(house: House, clock: WrongClock) -> None:
    await house.queued(30)
    rule = BreakerRule(failures=5, pause=timedelta(seconds=5))
    worker = house.worker(worker_options(breaker=rule, concurrency=5))
    house.provider.script(*[Deferred("overloaded", outage=True)] * 5)
    await run(worker)

    clock.set_back()
    await run(worker)
    clock.advance(rule.pause)
    await run(worker)

    assert len(house.provider.calls) > rule.failures


async def test_the_cache_still_follows_what_others_write(store: Store, clock: WrongClock, tmp_path: Path) -> None:
    other, cache = await open_store(tmp_path / "natalis.db"), MemoryCache(clock)
    assert store.changes is not None
    freshness = Freshness(store.changes, cache, clock)
    await freshness.step()
    await other.facts.put("colour", "red")
    assert await cache.fetch("colour", AHEAD, lambda: store.facts.get("colour")) == "red"
    await other.facts.put("colour", "blue")

    clock.set_back()
    clock.advance(EVERY)
    await freshness.step()

    assert await cache.fetch("colour", AHEAD, lambda: store.facts.get("colour")) == "blue"
    await other.connection.close()
