"""Rule: the replica takes reads that bear lag; while it is down or late it is left out, and nobody notices."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise
from typing import TypeAlias

import pytest

from natalis.clocks.system import SystemClock
from natalis.domain.delivery import DeliveryKey, Status
from natalis.domain.occasion import BIRTHDAY
from natalis.errors import StoreUnavailable
from natalis.ports.ledger import DeliveryFilter
from natalis.ports.store import Store
from natalis.stores.postgres.migrating import apply_migrations
from natalis.stores.postgres.replica import MOST_LAG
from natalis.testing.builders import an_arrival
from natalis.testing.journeys import TOMORROW_AT_NINE, Journey, a_birthday_tomorrow
from natalis.testing.servers.postgres import PostgresDatabase, PostgresPair

Open: TypeAlias = Callable[..., Awaitable[Store]]
pytestmark = pytest.mark.network

_LISTS = """
    SELECT coalesce(sum(calls), 0) FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
    WHERE datname = current_database() AND query LIKE '%FROM deliveries%' AND query LIKE '%ORDER BY fire_at%'
"""


class House:
    """A store with a replica, and what each of the two servers was asked."""

    def __init__(self, store: Store, pair: PostgresPair) -> None:
        self.store = store
        self.pair = pair
        self.journey = Journey(store)

    async def planned(self) -> DeliveryKey:
        """Plan somebody's delivery, reading nothing that may lag."""
        (user,) = await self.journey.arrive(a_birthday_tomorrow())
        await self.journey.plan()
        return DeliveryKey(user.id, BIRTHDAY, TOMORROW_AT_NINE.date())

    async def listed(self) -> list[DeliveryKey]:
        page = await self.store.ledger.page(DeliveryFilter(Status.SCHEDULED), limit=100, cursor=None)
        return [delivery.key for delivery in page.items]

    async def asks_the_replica(self) -> bool:
        """List, and see which server's database was read."""
        before = await asyncio.to_thread(self._lists_on_replica)
        await self.listed()
        return await asyncio.to_thread(self._lists_on_replica) > before

    async def until_it_asks(self, wanted: str) -> None:
        """Go on listing until the lists come from the server that is wanted."""
        while await self.asks_the_replica() != (wanted == "replica"):
            pass

    def behind(self) -> timedelta:
        """Return how far the replica is said to be behind."""
        (behind,) = [pool.behind for pool in self.store.connection.pools() if pool.behind is not None]
        return behind

    def _lists_on_replica(self) -> int:
        if not self.pair.replica_server.is_running:
            return 0
        return int(self.pair.replica.sql(_LISTS))


@pytest.fixture
async def house(open_one: Open, postgres_pair: PostgresPair) -> House:
    await apply_migrations(postgres_pair.primary.url, clock=SystemClock())
    store = await open_one(postgres_pair.primary.url, replica_url=postgres_pair.replica.url)
    await asyncio.to_thread(postgres_pair.catch_up)
    return House(store, postgres_pair)


async def test_reads_that_bear_lag_go_to_the_replica(house: House) -> None:
    key = await house.planned()
    await asyncio.to_thread(house.pair.catch_up)

    await house.until_it_asks("replica")

    assert await house.listed() == [key]


async def test_reads_of_ones_own_write_do_not(house: House) -> None:
    await house.until_it_asks("replica")
    await asyncio.to_thread(house.pair.replica_server.pause_replay)

    (user,) = await house.journey.arrive(an_arrival().user.profile)
    person = await house.store.people.get(user.id)
    page = await house.store.people.page(email=user.profile.email, limit=1, cursor=None)

    assert (person.user, list(page.items)) == (user, [user])


async def test_whoever_came_just_now_has_a_history_though_the_replica_does_not_know_them(house: House) -> None:
    await house.until_it_asks("replica")
    await asyncio.to_thread(house.pair.replica_server.pause_replay)

    (user,) = await house.journey.arrive(an_arrival().user.profile)

    assert await house.store.history.find(user.profile.email) == [user.id]
    assert [record.kind for record in await house.store.history.year(user.id, 2026)] == [BIRTHDAY]


async def test_a_replica_that_stops_replaying_is_left_out_and_comes_back(house: House) -> None:
    await house.until_it_asks("replica")
    await asyncio.to_thread(house.pair.replica_server.pause_replay)
    key = await house.planned()

    await house.until_it_asks("primary")
    assert await house.listed() == [key]

    await asyncio.to_thread(house.pair.replica_server.resume_replay)
    await house.until_it_asks("replica")
    assert await house.listed() == [key]


async def test_it_is_told_how_far_the_replica_is_behind(house: House) -> None:
    await house.until_it_asks("replica")
    in_step = house.behind()
    await asyncio.to_thread(house.pair.replica_server.pause_replay)
    await house.planned()
    await house.until_it_asks("primary")
    left_out = house.behind()
    await house.listed()

    assert in_step < MOST_LAG < left_out < house.behind()

    await asyncio.to_thread(house.pair.replica_server.resume_replay)
    await house.until_it_asks("replica")
    assert house.behind() < MOST_LAG


async def test_a_store_without_a_replica_is_behind_nothing(open_one: Open, migrated: PostgresDatabase) -> None:
    store = await open_one(migrated.url)

    assert [pool.behind for pool in store.connection.pools()] == [None]


async def test_a_replica_that_is_delayed_is_left_out_and_comes_back(house: House) -> None:
    await house.until_it_asks("replica")
    await asyncio.to_thread(house.pair.replica_server.delay_replay, timedelta(minutes=1))
    key = await house.planned()

    await house.until_it_asks("primary")
    assert await house.listed() == [key]

    await asyncio.to_thread(house.pair.replica_server.delay_replay, timedelta(0))
    await house.until_it_asks("replica")


async def test_a_replica_that_dies_is_left_out_and_comes_back(house: House) -> None:
    key = await house.planned()
    await house.until_it_asks("replica")
    lists = [asyncio.ensure_future(house.listed()) for _ in range(10)]
    await asyncio.to_thread(house.pair.replica_server.kill)
    lists += [asyncio.ensure_future(house.listed()) for _ in range(10)]

    assert await asyncio.gather(*lists) == [[key]] * 20

    await asyncio.to_thread(house.pair.replica_server.start)
    await house.until_it_asks("replica")
    assert await house.listed() == [key]


async def test_a_replica_that_hangs_is_left_out_and_comes_back(house: House) -> None:
    key = await house.planned()
    await house.until_it_asks("replica")
    await asyncio.to_thread(house.pair.replica_server.pause)

    assert await asyncio.gather(*(house.listed() for _ in range(5))) == [[key]] * 5

    await asyncio.to_thread(house.pair.replica_server.resume)
    await house.until_it_asks("replica")


async def test_the_log_says_when_it_is_left_out_and_when_it_is_back(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "natalis.stores.postgres.replica")
    await house.until_it_asks("replica")
    await asyncio.to_thread(house.pair.replica_server.kill)
    await house.until_it_asks("primary")
    await asyncio.to_thread(house.pair.replica_server.start)
    await house.until_it_asks("replica")

    takes_reads = ["takes reads" in record.getMessage() for record in caplog.records]
    assert {False, True} <= set(takes_reads)
    assert all(now is not before for before, now in pairwise(takes_reads))


async def test_a_replica_that_is_down_at_the_start_is_no_trouble(open_one: Open, postgres_pair: PostgresPair) -> None:
    await apply_migrations(postgres_pair.primary.url, clock=SystemClock())
    await asyncio.to_thread(postgres_pair.replica_server.kill)

    store = await open_one(postgres_pair.primary.url, replica_url=postgres_pair.replica.url)

    (key,) = await Journey(store).planned()
    page = await store.ledger.page(DeliveryFilter(), limit=10, cursor=None)
    assert [delivery.key for delivery in page.items] == [key]


async def test_without_its_primary_nothing_is_known_of_the_lag(house: House) -> None:
    await house.until_it_asks("replica")
    await asyncio.to_thread(house.pair.primary.server.kill)

    with pytest.raises(StoreUnavailable):
        await _for_ever(house.listed)


async def _for_ever(act: Callable[[], Awaitable[object]]) -> None:
    while True:
        await act()
