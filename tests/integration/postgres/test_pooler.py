"""Rule: the store works through pgbouncer in transaction mode, where a session is nobody's for long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import TypeAlias

import asyncpg
import pytest

from natalis.clocks.system import SystemClock
from natalis.errors import StoreUnavailable
from natalis.ports.ledger import DeliveryFilter
from natalis.ports.store import Store
from natalis.stores.postgres import PoolOptions
from natalis.stores.postgres.migrating import apply_migrations
from natalis.testing.builders import NOON, an_arrival
from natalis.testing.journeys import Journey, a_birthday_tomorrow
from natalis.testing.servers.pgbouncer import PgBouncer, PooledDatabase
from natalis.testing.servers.postgres import PostgresDatabase, PostgresPair

Open: TypeAlias = Callable[..., Awaitable[Store]]
pytestmark = pytest.mark.network

MANY = PoolOptions(most=10)


@pytest.fixture
def pooled(migrated: PostgresDatabase, pgbouncer_server: PgBouncer) -> Iterator[PooledDatabase]:
    """A migrated database behind a pgbouncer that has very few connections to it."""
    pgbouncer_server.revive()
    pgbouncer_server.console("SET default_pool_size = 2")
    yield PooledDatabase(pgbouncer_server, migrated)
    pgbouncer_server.console("SET default_pool_size = 20")


@pytest.mark.parametrize("parameter", ["", "?pgbouncer=true"])
async def test_many_clients_share_few_connections(open_one: Open, pooled: PooledDatabase, parameter: str) -> None:
    stores = [await open_one(pooled.url + parameter, options=MANY) for _ in range(3)]
    journeys = [Journey(store) for store in stores for _ in range(5)]

    await asyncio.gather(*(journey.arrive(a_birthday_tomorrow()) for journey in journeys))
    await asyncio.gather(*(journey.plan(limit=2) for journey in journeys))
    for journey in journeys:
        journey.now += timedelta(days=1)
    queued = await asyncio.gather(*(journey.dispatch(limit=2) for journey in journeys))
    claimed = await asyncio.gather(*(journey.claim(*keys) for journey, keys in zip(journeys, queued, strict=True)))
    ends = [(journey, each) for journey, own in zip(journeys, claimed, strict=True) for each in own]
    fenced = await asyncio.gather(*(journey.end(each) for journey, each in ends))

    assert len(ends) == len(journeys)
    assert not any(fenced)


async def test_nothing_is_prepared_or_set_beyond_a_transaction(open_one: Open, pooled: PooledDatabase) -> None:
    await Journey(await open_one(pooled.url)).sent()

    other = await asyncpg.connect(pooled.url, statement_cache_size=0)
    left = await other.fetch("SELECT name FROM pg_prepared_statements")
    changed = await other.fetch("SELECT name FROM pg_settings WHERE source = 'session' AND name LIKE 'enable%'")
    await other.close()

    assert (left, changed) == ([], [])


async def test_time_outs_hold_behind_it_too(open_one: Open, pooled: PooledDatabase) -> None:
    store = await open_one(pooled.url, options=PoolOptions(most=2, statement=timedelta(milliseconds=300)))
    (user,) = await Journey(store).arrive(an_arrival().user.profile)
    holder = await asyncpg.connect(pooled.database.admin_url)
    async with holder.transaction():
        await holder.execute(f"SELECT FROM users WHERE id = '{user.id}' FOR UPDATE")

        with pytest.raises(StoreUnavailable, match="longer than its time-out"):
            await store.people.remove(user.id, now=NOON, erase=False)
    await holder.close()

    await store.people.remove(user.id, now=NOON, erase=False)


async def test_the_server_knows_who_asks(open_one: Open, pooled: PooledDatabase) -> None:
    store = await open_one(pooled.url, instance="api-7")

    await store.connection.ping()

    assert "api-7" in pooled.database.sql("SELECT application_name FROM pg_stat_activity").splitlines()


async def test_a_restart_behind_it_is_survived(open_one: Open, pooled: PooledDatabase) -> None:
    store = await open_one(pooled.url, options=MANY)
    await store.connection.ping()
    for _ in range(2):
        await asyncio.to_thread(pooled.database.server.restart)

        while True:
            try:
                await store.connection.ping()
            except StoreUnavailable:
                continue
            break

    await Journey(store).sent()


async def test_a_replica_is_read_though_a_pooler_is_before_its_primary(
    open_one: Open, postgres_pair: PostgresPair, pgbouncer_server: PgBouncer
) -> None:
    await _migrate(postgres_pair)
    pgbouncer_server.revive()

    store = await open_one(pgbouncer_server.url(postgres_pair.primary.name), replica_url=postgres_pair.replica.url)

    await _until_it_is_read(store, postgres_pair.replica)


async def test_a_replica_is_read_though_a_pooler_is_before_it(open_one: Open, postgres_pair: PostgresPair) -> None:
    await _migrate(postgres_pair)
    with PgBouncer(postgres_pair.replica_server) as pooler:
        store = await open_one(postgres_pair.primary.url, replica_url=pooler.url(postgres_pair.primary.name))

        await _until_it_is_read(store, postgres_pair.replica)
        await store.connection.close()


async def _migrate(pair: PostgresPair) -> None:
    await apply_migrations(pair.primary.url, clock=SystemClock())
    await asyncio.to_thread(pair.catch_up)


async def _until_it_is_read(store: Store, replica: PostgresDatabase) -> None:
    lists = "SELECT count(*) FROM pg_stat_statements JOIN pg_database ON oid = dbid"
    own = f"WHERE datname = '{replica.name}' AND query LIKE '%FROM deliveries%'"
    while not int(await asyncio.to_thread(replica.sql, f"{lists} {own}")):
        await store.ledger.page(DeliveryFilter(), limit=1, cursor=None)
