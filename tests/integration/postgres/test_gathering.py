"""People whom many callers bring at the same moment: stored together, and each caller is told their own."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from natalis.errors import InvalidInput, StoreUnavailable
from natalis.ports.people import Added, Arrival, Reception, Taken
from natalis.ports.store import Store
from natalis.stores.postgres.gathering import LANES, Gathering
from natalis.testing.builders import an_arrival
from natalis.testing.journeys import a_birthday_tomorrow
from natalis.testing.servers.postgres import PostgresDatabase

pytestmark = pytest.mark.network


def some_arrivals(count: int) -> list[Arrival]:
    return [an_arrival(a_birthday_tomorrow()) for _ in range(count)]


async def test_many_at_once_take_few_transactions(store: Store, migrated: PostgresDatabase) -> None:
    arrivals = some_arrivals(64)
    before = int(migrated.sql("select pg_snapshot_xmax(pg_current_snapshot())"))

    came = await asyncio.gather(*(store.people.add([arrival]) for arrival in arrivals))

    taken = int(migrated.sql("select pg_snapshot_xmax(pg_current_snapshot())")) - before
    assert [reception for (reception,) in came] == [Added(arrival.user) for arrival in arrivals]
    assert taken <= 4


async def test_of_two_with_one_address_at_the_same_moment_one_is_added(store: Store) -> None:
    first, second = some_arrivals(2)
    second = replace(second, user=replace(second.user, profile=first.user.profile))

    ((one,), (other,)) = await asyncio.gather(store.people.add([first]), store.people.add([second]))

    assert {type(one), type(other)} == {Added, Taken}
    assert Taken(first.user) in (one, other) or Taken(second.user) in (one, other)


async def test_one_that_cannot_be_stored_does_not_harm_those_beside_it(store: Store) -> None:
    good, other, bad = some_arrivals(3)
    bad = replace(bad, user=replace(bad.user, profile=replace(bad.user.profile, first_name="\x00")))

    came = await asyncio.gather(*(store.people.add([each]) for each in (good, bad, other)), return_exceptions=True)

    assert [type(each) for each in came] == [list, InvalidInput, list]
    assert (await store.people.get(other.user.id)).user == other.user


async def test_a_caller_who_gives_up_takes_nobody_along(store: Store) -> None:
    leaver, stayer = some_arrivals(2)
    leaving = asyncio.ensure_future(store.people.add([leaver]))
    staying = asyncio.ensure_future(store.people.add([stayer]))
    await asyncio.sleep(0)  # noqa: TID251 - lets both begin

    leaving.cancel()

    assert await staying == [Added(stayer.user)]


async def test_closing_lets_those_who_came_before_be_stored(store: Store) -> None:
    adding = [asyncio.ensure_future(store.people.add([arrival])) for arrival in some_arrivals(200)]
    await asyncio.sleep(0)  # noqa: TID251 - lets all begin

    await store.connection.close()

    assert {type(reception) for (reception,) in await asyncio.gather(*adding)} == {Added}
    with pytest.raises(StoreUnavailable, match="open it again"):
        await store.people.add(some_arrivals(1))


async def test_whoever_comes_while_lots_are_under_way_shares_the_next_one() -> None:
    lots, entered, let_go = list[int](), asyncio.Event(), asyncio.Event()

    async def store(arrivals: list[Arrival]) -> list[Reception]:
        lots.append(len(arrivals))
        entered.set()
        await let_go.wait()
        return [Added(arrival.user) for arrival in arrivals]

    gathering = Gathering(store)  # type: ignore[arg-type]  # a list is a sequence
    first = [asyncio.ensure_future(gathering.add(arrival)) for arrival in some_arrivals(LANES)]
    await entered.wait()
    later = [asyncio.ensure_future(gathering.add(arrival)) for arrival in some_arrivals(10)]
    let_go.set()
    await asyncio.gather(*first, *later)

    assert sum(lots) == LANES + 10
    assert len(lots) <= LANES + 1


async def test_what_the_server_says_of_a_lot_every_caller_hears() -> None:
    async def store(_: object) -> list[Reception]:
        raise StoreUnavailable("the database does not answer")

    gathering = Gathering(store)

    came = await asyncio.gather(*(gathering.add(arrival) for arrival in some_arrivals(3)), return_exceptions=True)

    assert [type(each) for each in came] == [StoreUnavailable] * 3
