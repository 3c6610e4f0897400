"""What every store knows of how many people there are."""

from __future__ import annotations

from natalis.ports.store import Store
from natalis.testing.builders import NOON, a_profile, an_arrival


async def test_nobody_lives_in_an_empty_store(store: Store) -> None:
    assert await store.census.living() == 0


async def test_everyone_who_was_added_is_counted_once(store: Store) -> None:
    await store.people.add([an_arrival() for _ in range(30)])
    await store.people.add([an_arrival()])

    assert await store.census.living() == 31


async def test_one_who_was_refused_is_not_counted(store: Store) -> None:
    taken = a_profile(email="ada@example.org")
    await store.people.add([an_arrival(taken)])
    await store.people.add([an_arrival(taken)])

    assert await store.census.living() == 1


async def test_the_deleted_and_the_erased_are_not_counted(store: Store) -> None:
    arrivals = [an_arrival() for _ in range(5)]
    await store.people.add(arrivals)
    await store.people.remove(arrivals[0].user.id, now=NOON, erase=False)
    await store.people.remove(arrivals[1].user.id, now=NOON, erase=True)

    assert await store.census.living() == 3
