"""Rule: whatever becomes of the server, a call succeeds or raises `StoreUnavailable`, and the pool mends itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeAlias

import asyncpg
import pytest

from natalis.clocks.system import SystemClock
from natalis.domain.delivery import Status
from natalis.domain.planning import Decision, Plannable
from natalis.errors import NatalisError, StoreUnavailable
from natalis.ports.store import Store
from natalis.stores.postgres import PoolOptions, open_store
from natalis.testing.builders import NOON, an_arrival
from natalis.testing.journeys import Journey
from natalis.testing.servers.postgres import PostgresDatabase

Open: TypeAlias = Callable[..., Awaitable[Store]]
pytestmark = pytest.mark.network

HASTY = PoolOptions(most=2, acquire=timedelta(seconds=1), statement=timedelta(milliseconds=300))


async def _hammer(store: Store, over: asyncio.Event, seen: list[str]) -> None:
    """Use the store until told to stop; note what came of each call."""
    while not over.is_set():
        try:
            await store.people.add([an_arrival()])
            await store.ledger.tally()
            await store.outbox.next_due()
            seen.append("well")
        except StoreUnavailable:
            seen.append("unavailable")
            await asyncio.wait([asyncio.ensure_future(over.wait())], timeout=0.01)


async def test_a_server_that_is_restarted_twice_is_found_again_each_time(
    store: Store, migrated: PostgresDatabase
) -> None:
    journey = Journey(store)
    for _ in range(2):
        over, seen = asyncio.Event(), list[str]()
        hammers = [asyncio.ensure_future(_hammer(store, over, seen)) for _ in range(8)]
        await asyncio.to_thread(migrated.server.restart)
        await journey.sent()
        over.set()
        await asyncio.gather(*hammers)

        assert set(seen) == {"well", "unavailable"}

    assert (await store.ledger.tally())[Status.SENT] == 2


async def test_nothing_acknowledged_is_lost_when_the_server_dies(store: Store, migrated: PostgresDatabase) -> None:
    acknowledged: list[str] = []

    async def add() -> None:
        while True:
            arrival = an_arrival()
            await store.people.add([arrival])
            acknowledged.append(arrival.user.id)

    adding = [asyncio.ensure_future(add()) for _ in range(8)]
    while len(acknowledged) < 50:
        await asyncio.wait(adding, timeout=0.01)
    await asyncio.to_thread(migrated.server.restart)
    ends = await asyncio.gather(*adding, return_exceptions=True)

    assert {type(end) for end in ends} == {StoreUnavailable}
    for user_id in acknowledged:
        assert (await store.people.get(user_id)).user.id == user_id


async def test_a_server_that_is_down_is_unavailable_at_once_and_says_what_to_do(
    store: Store, migrated: PostgresDatabase
) -> None:
    await asyncio.to_thread(migrated.server.kill)

    with pytest.raises(StoreUnavailable, match=r"see that the server runs|connection was lost"):
        await store.connection.ping()
    with pytest.raises(StoreUnavailable, match="see that the server runs"):
        await store.connection.ping()


async def test_a_server_that_hangs_is_unavailable_after_the_time_out_and_found_again(
    open_one: Open, migrated: PostgresDatabase
) -> None:
    store = await open_one(migrated.url, options=HASTY)
    await store.connection.ping()
    await asyncio.to_thread(migrated.server.pause)

    outcomes = await asyncio.gather(*(store.connection.ping() for _ in range(4)), return_exceptions=True)
    await asyncio.to_thread(migrated.server.resume)

    assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}
    await store.connection.ping()


async def test_a_store_whose_server_hangs_is_closed_all_the_same(open_one: Open, migrated: PostgresDatabase) -> None:
    store = await open_one(migrated.url, options=HASTY)
    await asyncio.to_thread(migrated.server.pause)

    await store.connection.close()

    with pytest.raises(StoreUnavailable, match="is closed"):
        await store.connection.ping()


async def test_a_statement_that_waits_too_long_is_given_up_and_harms_no_other(
    open_one: Open, migrated: PostgresDatabase
) -> None:
    store = await open_one(migrated.url, options=HASTY)
    journey = Journey(store)
    (user,) = await journey.arrive(an_arrival().user.profile)
    async with _holding(migrated, f"SELECT FROM users WHERE id = '{user.id}' FOR UPDATE"):
        with pytest.raises(StoreUnavailable, match="longer than its time-out"):
            await store.people.remove(user.id, now=NOON, erase=False)
        await store.people.add([an_arrival()])

    await store.people.remove(user.id, now=NOON, erase=False)


async def test_with_every_connection_in_use_a_call_waits_no_longer_than_it_should(
    open_one: Open, migrated: PostgresDatabase
) -> None:
    options = PoolOptions(most=1, acquire=timedelta(milliseconds=200))
    store = await open_one(migrated.url, options=options)
    (user,) = await Journey(store).arrive(an_arrival().user.profile)
    async with _holding(migrated, f"SELECT FROM users WHERE id = '{user.id}' FOR UPDATE"):
        removing = asyncio.ensure_future(store.people.remove(user.id, now=NOON, erase=False))
        await asyncio.wait([removing], timeout=0.05)
        with pytest.raises(StoreUnavailable, match="overloaded"):
            await store.connection.ping()

    await removing
    await store.connection.ping()


async def test_a_server_that_took_no_writes_is_looked_for_anew(open_one: Open, migrated: PostgresDatabase) -> None:
    migrated.server.sql(f'ALTER DATABASE "{migrated.name}" SET default_transaction_read_only = on')
    store = await open_one(migrated.url, options=PoolOptions(most=3, least=3))
    migrated.server.sql(f'ALTER DATABASE "{migrated.name}" SET default_transaction_read_only = off')
    with pytest.raises(StoreUnavailable, match="name the primary"):
        await store.people.add([an_arrival()])

    for _ in range(3):
        await store.people.add([an_arrival()])


async def test_transactions_that_block_each_other_are_run_again(journey: Journey, migrated: PostgresDatabase) -> None:
    (key,) = await journey.planned()
    async with _holding(migrated, f"SELECT FROM deliveries WHERE user_id = '{key.user_id}' FOR UPDATE") as other:
        removing = asyncio.ensure_future(journey.store.people.remove(key.user_id, now=NOON, erase=False))
        while not await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.wait([removing], timeout=0.01)
        await other.execute(f"SELECT FROM users WHERE id = '{key.user_id}' FOR UPDATE")

    await removing

    assert (await journey.delivery(key)).status is Status.CANCELLED


async def test_a_planner_that_was_stopped_in_the_middle_does_not_keep_its_occasions(
    open_one: Open, migrated: PostgresDatabase
) -> None:
    (user,) = await Journey(await open_one(migrated.url)).arrive(an_arrival().user.profile)
    begun, go_on = threading.Event(), threading.Event()
    stopped = asyncio.create_task(asyncio.to_thread(asyncio.run, _plan_and_stop(migrated.url, begun, go_on)))
    await asyncio.to_thread(begun.wait)

    other = Journey(await open_one(migrated.url))
    other.now = NOON.replace(year=NOON.year + 1)
    planned: Sequence[Decision] = ()
    while not planned:
        planned = await other.plan()
    go_on.set()

    assert [decision.plannable.occasion.user_id for decision in planned] == [user.id]
    assert isinstance(await stopped, StoreUnavailable)


async def _plan_and_stop(url: str, begun: threading.Event, go_on: threading.Event) -> NatalisError | None:
    """Plan with a process that stands still while it decides, as a stopped one does."""
    options = PoolOptions(most=1, stalled=timedelta(milliseconds=200))
    store = await open_store(url, clock=SystemClock(), instance="stopped", options=options)

    def stand_still(_: Sequence[Plannable]) -> Sequence[Decision]:
        begun.set()
        go_on.wait()
        return ()

    try:
        later = NOON.replace(year=NOON.year + 1)
        await store.plans.plan(until=later, limit=10, now=later, decide=stand_still)
    except StoreUnavailable as error:
        return error
    finally:
        await store.connection.close()
    return None


@asynccontextmanager
async def _holding(database: PostgresDatabase, lock: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.admin_url)
    async with connection.transaction():
        await connection.execute(lock)
        yield connection
    await connection.close()
