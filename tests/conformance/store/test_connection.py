"""What every store does as a dependency."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from natalis.domain.planning import Decision, Plannable
from natalis.errors import NotFound, StoreUnavailable
from natalis.ports.people import Added
from natalis.ports.store import Store
from natalis.testing.builders import NOON, an_arrival


async def test_an_open_store_answers(store: Store) -> None:
    await store.connection.ping()


async def test_a_closed_store_says_so(store: Store) -> None:
    await store.connection.close()

    with pytest.raises(StoreUnavailable):
        await store.connection.ping()
    with pytest.raises(StoreUnavailable):
        await store.people.add([an_arrival()])


async def test_closing_twice_is_harmless(store: Store) -> None:
    await asyncio.gather(store.connection.close(), store.connection.close())
    await store.connection.close()


async def test_closing_finishes_what_was_begun(store: Store) -> None:
    arrivals = [an_arrival() for _ in range(50)]
    adding = [asyncio.ensure_future(store.people.add([arrival])) for arrival in arrivals]
    reading = asyncio.ensure_future(store.ledger.tally())
    await asyncio.wait(adding, timeout=0)

    await store.connection.close()

    assert [await each for each in adding] == [[Added(arrival.user)] for arrival in arrivals]
    assert await reading


async def test_a_cancelled_call_harms_no_other(store: Store) -> None:
    arrivals = [an_arrival() for _ in range(20)]
    adding = [asyncio.ensure_future(store.people.add([arrival])) for arrival in arrivals]
    await asyncio.wait(adding, timeout=0)
    for each in adding[::2]:
        each.cancel()

    results = await asyncio.gather(*adding, return_exceptions=True)

    assert results[1::2] == [[Added(arrival.user)] for arrival in arrivals[1::2]]
    for arrival in arrivals[1::2]:
        assert (await store.people.get(arrival.user.id)).user == arrival.user


async def test_a_call_that_raises_takes_no_concurrent_one_with_it(store: Store) -> None:
    def fail(_: Sequence[Plannable]) -> Sequence[Decision]:
        raise ZeroDivisionError

    good, bad = an_arrival(), an_arrival()
    await store.people.add([bad])
    calls = [
        store.people.add([good]),
        store.plans.plan(until=NOON.replace(year=2030), limit=1, now=NOON, decide=fail),
        store.people.remove("nobody", now=NOON, erase=False),
        store.facts.put("name", "text"),
    ]

    added, planned, removed, put = await asyncio.gather(*calls, return_exceptions=True)

    assert added == [Added(good.user)]
    assert isinstance(planned, ZeroDivisionError)
    assert isinstance(removed, NotFound)
    assert put is None
    assert await store.facts.get("name") == "text"


async def test_what_was_acknowledged_is_read_at_once(store: Store) -> None:
    async def add_and_read() -> bool:
        arrival = an_arrival()
        await store.people.add([arrival])
        return (await store.people.get(arrival.user.id)).user == arrival.user

    assert all(await asyncio.gather(*(add_and_read() for _ in range(50))))


async def test_a_connection_is_in_use_while_something_is_under_way_and_not_after_it(store: Store) -> None:
    meanwhile: list[int] = []

    def look(_: Sequence[Plannable]) -> Sequence[Decision]:
        meanwhile.append(_in_use(store))
        return []

    await store.people.add([an_arrival()])
    before = _in_use(store)
    await store.plans.plan(until=NOON.replace(year=2030), limit=1, now=NOON, decide=look)

    assert (before, meanwhile, _in_use(store)) == (0, [1], 0)
    assert all(pool.in_use <= pool.most for pool in store.connection.pools())


def _in_use(store: Store) -> int:
    return sum(pool.in_use for pool in store.connection.pools())
