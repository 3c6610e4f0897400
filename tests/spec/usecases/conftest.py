"""Use cases on the real store, in virtual time, and hands that do the services' work one call at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path

import pytest

from natalis.caches.memory import MemoryCache
from natalis.clocks.virtual import VirtualClock
from natalis.domain.delivery import DeliveryKey, Status
from natalis.domain.occasion import ANNIVERSARY, BIRTHDAY, KindRule, Until
from natalis.domain.planning import decide_plans
from natalis.domain.rulebook import Rulebook
from natalis.ports.inbox import Completion
from natalis.ports.outbox import Disposal, Due, DueWindow, Queued
from natalis.ports.store import Store
from natalis.stores.sqlite import open_store
from natalis.testing.builders import NOON, a_rulebook
from natalis.usecases.deliveries import ManageDeliveries
from natalis.usecases.manage_occasions import ManageOccasions
from natalis.usecases.manage_users import ManageUsers

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hands:
    """Plans, dispatches and completes on command, in place of the services."""

    store: Store
    clock: VirtualClock
    book: Rulebook

    async def plan(self, *, horizon: timedelta = DAY) -> None:
        now = self.clock.now()
        await self.store.plans.plan(
            until=now + horizon, limit=1000, now=now, decide=lambda found: decide_plans(found, self.book)
        )

    async def dispatch(self) -> None:
        async def publish(due: Sequence[Due]) -> Sequence[Disposal]:
            return [Queued(each.key) for each in due]

        now = self.clock.now()
        await self.store.outbox.dispatch(DueWindow(now, 1000, now - DAY, 1000), publish)

    async def begin(self, *keys: DeliveryKey) -> dict[DeliveryKey, str]:
        now = self.clock.now()
        claimed = await self.store.inbox.claim(keys, worker_id="worker-1", now=now, lease_until=now + DAY)
        return {each.delivery.key: each.attempt_id for each in claimed}

    async def end(self, key: DeliveryKey, status: Status, outcome: str, detail: str = "") -> None:
        """Dispatch what is due, attempt `key`, and let the attempt end so."""
        await self.dispatch()
        fence = (await self.begin(key))[key]
        provider_id = "m-1" if status is Status.SENT else None
        completion = Completion(key, fence, status, self.clock.now(), outcome, detail, provider_id=provider_id)
        assert await self.store.inbox.complete([completion]) == set()

    async def miss(self) -> None:
        await self.store.outbox.expire(now=self.clock.now(), limit=1000)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOON)


@pytest.fixture
def cache(clock: VirtualClock) -> MemoryCache:
    return MemoryCache(clock)


@pytest.fixture
def book() -> Rulebook:
    """Return the default rules, with a kind besides that may be late until six in the evening."""
    until_six = Until(time(18))
    return a_rulebook(KindRule(BIRTHDAY), KindRule(ANNIVERSARY), KindRule("nameday", lateness=until_six))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "natalis.db")
    yield opened
    await opened.connection.close()


@pytest.fixture
def users(store: Store, cache: MemoryCache, clock: VirtualClock, book: Rulebook) -> ManageUsers:
    return ManageUsers(store.people, cache, clock, book)


@pytest.fixture
def occasions(store: Store, cache: MemoryCache, clock: VirtualClock, book: Rulebook) -> ManageOccasions:
    return ManageOccasions(store.people, cache, clock, book)


@pytest.fixture
def deliveries(store: Store, cache: MemoryCache, clock: VirtualClock, book: Rulebook) -> ManageDeliveries:
    return ManageDeliveries(store.ledger, store.desk, cache, clock, book)


@pytest.fixture
def hands(store: Store, clock: VirtualClock, book: Rulebook) -> Hands:
    return Hands(store, clock, book)
