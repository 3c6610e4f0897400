"""What a caller may do with users."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from uuid import UUID

import pytest

from natalis.caches.memory import MemoryCache
from natalis.clocks.virtual import VirtualClock
from natalis.domain.delivery import SUPERSEDED, Delivery, DeliveryKey, Status
from natalis.domain.intake import UserInput
from natalis.domain.occasion import BIRTHDAY
from natalis.domain.rulebook import Rulebook
from natalis.errors import (
    EmailTaken,
    InvalidFields,
    InvalidInput,
    NotFound,
    PreconditionFailed,
    RequestKeyReused,
)
from natalis.ports.people import Added, Repeated
from natalis.ports.store import Store
from natalis.usecases.manage_users import ManageUsers, uuid7

ADA = UserInput("Ada", "Lovelace", "ada@example.org", "1985-06-02", "Europe/London")
BOB = UserInput("Bob", "Bone", "bob@example.org", "1990-01-01", "Asia/Tokyo")


class Hands(Protocol):
    """As the fixture makes them: see conftest.py."""

    async def plan(self) -> None: ...

    async def end(self, key: DeliveryKey, status: Status, outcome: str, detail: str = "") -> None: ...


async def delivery_of(store: Store, user_id: str, on: date) -> Delivery:
    return (await store.ledger.get(DeliveryKey(user_id, BIRTHDAY, on)))[0]


# Create.


async def test_a_new_user_is_stored_with_the_first_fire_time(users: ManageUsers) -> None:
    added = await users.create(ADA)
    person = await users.read(added.user.id)
    assert isinstance(added, Added)
    assert (person.user, person.user.version) == (added.user, 1)
    upcoming = person.occasions[BIRTHDAY].upcoming
    assert upcoming is not None
    assert upcoming.fire_at == datetime(2026, 6, 2, 8, tzinfo=UTC)


async def test_ids_are_uuids_of_version_7_that_sort_by_time(users: ManageUsers, clock: VirtualClock) -> None:
    first = await users.create(ADA)
    clock.advance(timedelta(milliseconds=1))
    second = await users.create(BOB)
    assert (UUID(first.user.id).version, first.user.id < second.user.id) == (7, True)


def test_ids_of_one_instant_differ() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    assert len({uuid7(now) for _ in range(1000)}) == 1000


async def test_every_faulty_field_of_a_new_user_is_named_and_nothing_is_stored(users: ManageUsers) -> None:
    with pytest.raises(InvalidFields) as raised:
        await users.create(replace(ADA, email="nobody", timezone="Mars/Base"))
    assert [problem.field for problem in raised.value.problems] == ["email", "timezone"]
    assert (await users.list()).items == []


async def test_an_address_belongs_to_one_living_user(users: ManageUsers) -> None:
    await users.create(ADA)
    with pytest.raises(EmailTaken):
        await users.create(replace(BOB, email="ADA@example.org"))


async def test_the_same_request_key_with_the_same_fields_is_the_same_user(
    users: ManageUsers, clock: VirtualClock
) -> None:
    first = await users.create(ADA, idempotency_key="k-1")
    clock.advance(timedelta(hours=1))
    again = await users.create(ADA, idempotency_key="k-1")
    assert isinstance(again, Repeated)
    assert again.user == first.user
    assert len((await users.list()).items) == 1


async def test_the_same_request_key_with_other_fields_is_an_error(users: ManageUsers) -> None:
    await users.create(ADA, idempotency_key="k-1")
    with pytest.raises(RequestKeyReused):
        await users.create(BOB, idempotency_key="k-1")


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", "schlüssel"])
async def test_a_request_key_that_cannot_be_a_header_is_refused(users: ManageUsers, key: str) -> None:
    with pytest.raises(InvalidInput, match="Idempotency-Key"):
        await users.create(ADA, idempotency_key=key)


# Read and list.


async def test_an_unknown_user_is_not_found(users: ManageUsers) -> None:
    with pytest.raises(NotFound):
        await users.read("0190aaaa-0000-7000-8000-000000000001")


async def test_a_user_is_read_from_the_cache_for_ten_minutes(
    users: ManageUsers, store: Store, clock: VirtualClock
) -> None:
    user_id = (await users.create(ADA)).user.id
    await users.read(user_id)
    await store.people.remove(user_id, now=clock.now(), erase=False)  # behind the cache's back
    clock.advance(timedelta(minutes=9, seconds=59))
    assert (await users.read(user_id)).user.id == user_id
    clock.advance(timedelta(seconds=1))
    with pytest.raises(NotFound):
        await users.read(user_id)


async def test_a_list_has_every_user_in_pages(users: ManageUsers, clock: VirtualClock) -> None:
    made = []
    for number in range(5):
        clock.advance(timedelta(milliseconds=1))
        made.append((await users.create(replace(ADA, email=f"{number}@example.org"))).user.id)
    found, cursor = [], None
    while True:
        page = await users.list(limit=2, cursor=cursor)
        found += [user.id for user in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert found == made


async def test_a_list_by_address_has_the_one_user(users: ManageUsers) -> None:
    await users.create(ADA)
    bob = await users.create(BOB)
    assert [user.id for user in (await users.list(email="BOB@example.org")).items] == [bob.user.id]


async def test_a_new_user_is_in_the_list_at_once(users: ManageUsers) -> None:
    await users.list()
    await users.create(ADA)
    assert len((await users.list()).items) == 1


@pytest.mark.parametrize("limit", [0, -1, 501])
async def test_a_limit_out_of_range_is_refused(users: ManageUsers, limit: int) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        await users.list(limit=limit)


async def test_a_list_by_what_is_no_address_is_refused(users: ManageUsers) -> None:
    with pytest.raises(InvalidInput, match="email"):
        await users.list(email="nobody")


async def test_a_made_up_cursor_is_refused(users: ManageUsers) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        await users.list(cursor="made up")


# Amend.


async def test_an_amended_user_is_read_as_amended_at_once(users: ManageUsers) -> None:
    user_id = (await users.create(ADA)).user.id
    await users.read(user_id)
    await users.list()
    amended = await users.amend(user_id, UserInput(last_name="King"))
    assert await users.read(user_id) == amended
    assert (amended.user.profile.full_name, amended.user.version) == ("Ada King", 2)
    assert [user.profile.last_name for user in (await users.list()).items] == ["King"]


async def test_the_pending_delivery_follows_a_new_zone(users: ManageUsers, store: Store, hands: Hands) -> None:
    user_id = (await users.create(ADA)).user.id
    await hands.plan()
    await users.amend(user_id, UserInput(timezone="America/New_York"))
    moved = await delivery_of(store, user_id, date(2026, 6, 2))
    assert (moved.fire_at, moved.timezone) == (datetime(2026, 6, 2, 13, tzinfo=UTC), "America/New_York")


async def test_the_pending_delivery_of_another_birthday_is_superseded(
    users: ManageUsers, store: Store, hands: Hands
) -> None:
    user_id = (await users.create(ADA)).user.id
    await hands.plan()
    await users.amend(user_id, UserInput(birthday="1985-07-02"))
    superseded = await delivery_of(store, user_id, date(2026, 6, 2))
    assert (superseded.status, superseded.reason) == (Status.CANCELLED, SUPERSEDED)


async def test_nobody_is_congratulated_twice_in_a_year_for_changing_the_birthday(
    users: ManageUsers, hands: Hands, clock: VirtualClock
) -> None:
    user_id = (await users.create(ADA)).user.id
    await hands.plan()
    clock.advance_to(datetime(2026, 6, 2, 8, tzinfo=UTC))
    await hands.end(DeliveryKey(user_id, BIRTHDAY, date(2026, 6, 2)), Status.SENT, "delivered")
    amended = await users.amend(user_id, UserInput(birthday="1985-07-02"))
    upcoming = amended.occasions[BIRTHDAY].upcoming
    assert upcoming is not None
    assert upcoming.occasion_date == date(2027, 7, 2)


async def test_an_amendment_of_an_older_version_is_refused_and_changes_nothing(users: ManageUsers) -> None:
    user_id = (await users.create(ADA)).user.id
    await users.amend(user_id, UserInput(first_name="Augusta"), versions={1})
    with pytest.raises(PreconditionFailed):
        await users.amend(user_id, UserInput(first_name="Late"), versions={1})
    assert (await users.read(user_id)).user.profile.first_name == "Augusta"


async def test_an_amendment_to_a_taken_address_is_refused(users: ManageUsers) -> None:
    await users.create(ADA)
    bob = await users.create(BOB)
    with pytest.raises(EmailTaken):
        await users.amend(bob.user.id, UserInput(email="ada@example.org"))


async def test_every_faulty_field_of_an_amendment_is_named(users: ManageUsers) -> None:
    user_id = (await users.create(ADA)).user.id
    with pytest.raises(InvalidFields) as raised:
        await users.amend(user_id, UserInput(first_name="", birthday="2023-02-29"))
    assert [problem.field for problem in raised.value.problems] == ["firstName", "birthdayDate"]


async def test_an_unknown_user_cannot_be_amended(users: ManageUsers) -> None:
    with pytest.raises(NotFound):
        await users.amend("nobody", UserInput(first_name="Ada"))


# Remove.


async def test_a_removed_user_is_gone_at_once_and_the_address_is_free(users: ManageUsers) -> None:
    user_id = (await users.create(ADA)).user.id
    await users.read(user_id)
    await users.list()
    await users.remove(user_id)
    with pytest.raises(NotFound):
        await users.read(user_id)
    assert (await users.list()).items == []
    assert isinstance(await users.create(ADA), Added)


async def test_a_removed_users_pending_delivery_is_cancelled(users: ManageUsers, store: Store, hands: Hands) -> None:
    user_id = (await users.create(ADA)).user.id
    await hands.plan()
    await users.remove(user_id)
    assert (await delivery_of(store, user_id, date(2026, 6, 2))).status is Status.CANCELLED


async def test_a_user_is_removed_once(users: ManageUsers) -> None:
    user_id = (await users.create(ADA)).user.id
    await users.remove(user_id)
    with pytest.raises(NotFound):
        await users.remove(user_id)


async def test_a_removed_user_can_still_be_erased_once(users: ManageUsers) -> None:
    user_id = (await users.create(ADA)).user.id
    await users.remove(user_id)
    await users.remove(user_id, erase=True)
    with pytest.raises(NotFound):
        await users.remove(user_id, erase=True)


async def test_what_is_read_while_a_change_is_written_is_not_kept(
    store: Store, cache: MemoryCache, clock: VirtualClock, book: Rulebook
) -> None:
    users = ManageUsers(store.people, cache, clock, book)
    user_id = (await users.create(ADA)).user.id
    before = await store.people.get(user_id)

    async def slow() -> object:
        await users.amend(user_id, UserInput(last_name="King"))
        return before

    assert await cache.fetch(f"user:{user_id}", timedelta(minutes=10), slow) == before
    assert (await users.read(user_id)).user.profile.last_name == "King"
