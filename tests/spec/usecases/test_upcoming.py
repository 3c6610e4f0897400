"""What will be sent, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from natalis.caches.memory import MemoryCache
from natalis.clocks.virtual import VirtualClock
from natalis.domain.intake import UserInput
from natalis.domain.rulebook import Rulebook
from natalis.errors import InvalidInput, UnknownZone
from natalis.ports.store import Store
from natalis.usecases.manage_users import ManageUsers
from natalis.usecases.upcoming import ListUpcoming


class Hands(Protocol):
    """As the fixture makes them: see conftest.py."""

    async def plan(self) -> None: ...


@pytest.fixture
def upcoming(store: Store, cache: MemoryCache, clock: VirtualClock, book: Rulebook) -> ListUpcoming:
    return ListUpcoming(store.ledger, cache, clock, book.zone)


async def born(users: ManageUsers, name: str, on: str, zone: str = "Europe/London") -> None:
    await users.create(UserInput(name, "Example", f"{name}@example.org", on, zone))


async def test_what_is_planned_and_what_is_not_come_in_one_order(
    upcoming: ListUpcoming, users: ManageUsers, hands: Hands
) -> None:
    await born(users, "later", "1985-06-04")
    await born(users, "tomorrow", "1985-06-02")
    await hands.plan()
    found = (await upcoming.list()).items
    assert [(each.full_name, each.planned) for each in found] == [("tomorrow Example", True), ("later Example", False)]
    assert found[0].fire_at == datetime(2026, 6, 2, 8, tzinfo=UTC)


async def test_only_the_asked_for_days_are_listed(upcoming: ListUpcoming, users: ManageUsers) -> None:
    await born(users, "soon", "1985-06-03")
    await born(users, "later", "1985-06-20")
    assert [each.full_name for each in (await upcoming.list(days=2)).items] == ["soon Example"]
    assert len((await upcoming.list(days=366)).items) == 2


async def test_only_the_asked_for_zone_is_listed(upcoming: ListUpcoming, users: ManageUsers) -> None:
    await born(users, "ada", "1985-06-03")
    await born(users, "yuki", "1985-06-03", "Asia/Tokyo")
    assert [each.full_name for each in (await upcoming.list(timezone="Asia/Tokyo")).items] == ["yuki Example"]


async def test_pages_follow_each_other(upcoming: ListUpcoming, users: ManageUsers) -> None:
    for day in (4, 2, 3):
        await born(users, f"day{day}", f"1985-06-{day:02d}")
    first = await upcoming.list(limit=2)
    second = await upcoming.list(limit=2, cursor=first.cursor)
    assert [each.full_name[:4] for each in (*first.items, *second.items)] == ["day2", "day3", "day4"]
    assert second.cursor is None


async def test_a_new_user_is_listed_at_once(upcoming: ListUpcoming, users: ManageUsers) -> None:
    assert (await upcoming.list()).items == []
    await born(users, "ada", "1985-06-03")
    assert len((await upcoming.list()).items) == 1


async def test_a_timeline_is_kept_for_five_minutes(
    upcoming: ListUpcoming, users: ManageUsers, store: Store, clock: VirtualClock
) -> None:
    await born(users, "ada", "1985-06-03")
    (ada,) = (await upcoming.list()).items
    await store.people.remove(ada.user_id, now=clock.now(), erase=False)  # behind the cache's back
    assert (await upcoming.list()).items == [ada]
    clock.advance(timedelta(minutes=5))
    assert (await upcoming.list()).items == []


@pytest.mark.parametrize("days", [0, 367])
async def test_days_out_of_range_are_refused(upcoming: ListUpcoming, days: int) -> None:
    with pytest.raises(InvalidInput, match="days"):
        await upcoming.list(days=days)


async def test_an_unknown_zone_is_refused_with_its_nearest(upcoming: ListUpcoming) -> None:
    with pytest.raises(UnknownZone, match="Asia/Tokyo"):
        await upcoming.list(timezone="Asia/Tokio")
