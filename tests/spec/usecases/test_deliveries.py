"""What an operator may see of deliveries and do with them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import pytest

from natalis.clocks.virtual import VirtualClock
from natalis.domain.delivery import DeliveryKey, Status
from natalis.domain.intake import UserInput
from natalis.domain.occasion import BIRTHDAY
from natalis.errors import IllegalTransition, InvalidInput, NotFound
from natalis.ports.ledger import DeliveryFilter
from natalis.ports.store import Store
from natalis.usecases.deliveries import CANCELLED, RETRIED, ManageDeliveries
from natalis.usecases.manage_occasions import ManageOccasions
from natalis.usecases.manage_users import ManageUsers

DAY_OF = date(2026, 6, 2)
NINE = datetime(2026, 6, 2, 8, tzinfo=UTC)  # in London, in summer
FAILED = DeliveryFilter(status=Status.FAILED)


class Hands(Protocol):
    """As the fixture makes them: see conftest.py."""

    async def plan(self, *, horizon: timedelta = ...) -> None: ...

    async def dispatch(self) -> None: ...

    async def begin(self, *keys: DeliveryKey) -> dict[DeliveryKey, str]: ...

    async def end(self, key: DeliveryKey, status: Status, outcome: str, detail: str = "") -> None: ...

    async def miss(self) -> None: ...


async def born(users: ManageUsers, name: str, on: str = "1985-06-02") -> DeliveryKey:
    added = await users.create(UserInput(name, "Example", f"{name}@example.org", on, "Europe/London"))
    return DeliveryKey(added.user.id, BIRTHDAY, date(2026, *(int(part) for part in on.split("-")[1:])))


@pytest.fixture
async def ada(users: ManageUsers, hands: Hands) -> DeliveryKey:
    """Return the delivery of someone whose day is tomorrow, planned."""
    key = await born(users, "ada")
    await hands.plan()
    return key


# See.


async def test_a_delivery_is_shown_with_its_attempts(
    deliveries: ManageDeliveries, hands: Hands, clock: VirtualClock, ada: DeliveryKey
) -> None:
    clock.advance_to(NINE)
    await hands.end(ada, Status.FAILED, "refused", "550 no such mailbox")
    delivery, (attempt,) = await deliveries.show(ada)
    assert (delivery.status, delivery.attempts) == (Status.FAILED, 1)
    assert (attempt.outcome, attempt.detail, attempt.worker_id) == ("refused", "550 no such mailbox", "worker-1")


async def test_a_delivery_that_was_never_planned_is_not_found(deliveries: ManageDeliveries) -> None:
    with pytest.raises(NotFound):
        await deliveries.show(DeliveryKey("nobody", BIRTHDAY, DAY_OF))


async def test_deliveries_are_listed_by_fire_time_in_pages(
    deliveries: ManageDeliveries, users: ManageUsers, hands: Hands
) -> None:
    keys = [await born(users, f"u{day}", f"1985-06-{day:02d}") for day in (6, 3, 5, 2, 4)]
    await hands.plan(horizon=timedelta(days=30))
    found, cursor = [], None
    while True:
        page = await deliveries.list(limit=2, cursor=cursor)
        found += [delivery.key for delivery in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert found == sorted(keys, key=lambda key: key.occasion_date)


async def test_a_filter_narrows_by_every_field(
    deliveries: ManageDeliveries, users: ManageUsers, occasions: ManageOccasions, hands: Hands, ada: DeliveryKey
) -> None:
    bob = await born(users, "bob", "1985-06-03")
    await occasions.put(bob.user_id, "anniversary", "2015-06-03")
    await hands.plan(horizon=timedelta(days=30))

    async def found(wanted: DeliveryFilter) -> set[tuple[str, str]]:
        return {(each.key.user_id, each.key.kind) for each in (await deliveries.list(wanted)).items}

    adas, bobs = (ada.user_id, BIRTHDAY), (bob.user_id, BIRTHDAY)
    assert await found(DeliveryFilter(user_id=ada.user_id)) == {adas}
    assert await found(DeliveryFilter(kind=BIRTHDAY)) == {adas, bobs}
    assert await found(DeliveryFilter(fire_to=NINE + timedelta(seconds=1))) == {adas}
    assert await found(DeliveryFilter(kind=BIRTHDAY, fire_from=NINE + timedelta(seconds=1))) == {bobs}
    assert await found(DeliveryFilter(status=Status.SENT)) == set()


async def test_a_list_that_reaches_the_present_is_always_fresh(
    deliveries: ManageDeliveries, hands: Hands, clock: VirtualClock, ada: DeliveryKey
) -> None:
    clock.advance_to(NINE)
    assert (await deliveries.list()).items[0].status is Status.SCHEDULED
    await hands.end(ada, Status.SENT, "delivered")
    assert (await deliveries.list()).items[0].status is Status.SENT


async def test_a_list_of_the_past_is_kept_for_a_minute(
    deliveries: ManageDeliveries, store: Store, hands: Hands, clock: VirtualClock, ada: DeliveryKey
) -> None:
    past = DeliveryFilter(fire_to=NINE + timedelta(hours=1))
    clock.advance_to(NINE + timedelta(days=3))
    await hands.miss()
    assert (await deliveries.list(past)).items[0].status is Status.MISSED
    await store.desk.move(
        ada, Status.SCHEDULED, now=clock.now(), expires_at=NINE + timedelta(days=9), reason="elsewhere"
    )
    assert (await deliveries.list(past)).items[0].status is Status.MISSED
    clock.advance(timedelta(minutes=1))
    assert (await deliveries.list(past)).items[0].status is Status.SCHEDULED


async def test_a_list_of_the_past_shows_ones_own_retry_at_once(
    deliveries: ManageDeliveries, hands: Hands, clock: VirtualClock, ada: DeliveryKey
) -> None:
    past = DeliveryFilter(fire_to=NINE + timedelta(hours=1))
    clock.advance_to(NINE + timedelta(days=3))
    await hands.miss()
    await deliveries.list(past)
    await deliveries.retry(ada)
    assert (await deliveries.list(past)).items[0].status is Status.SCHEDULED


async def test_the_tally_counts_by_status(deliveries: ManageDeliveries, ada: DeliveryKey) -> None:
    assert ada.kind == BIRTHDAY
    assert (await deliveries.tally())[Status.SCHEDULED] == 1


@pytest.mark.parametrize("limit", [0, 501])
async def test_a_limit_out_of_range_is_refused(deliveries: ManageDeliveries, limit: int) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        await deliveries.list(limit=limit)


# Retry.


async def test_a_retried_delivery_is_due_now_with_a_new_window_of_its_kinds_lateness(
    deliveries: ManageDeliveries, hands: Hands, clock: VirtualClock, ada: DeliveryKey
) -> None:
    clock.advance_to(NINE + timedelta(days=5))
    await hands.miss()
    retried = await deliveries.retry(ada)
    assert (retried.status, retried.reason, retried.attempts) == (Status.SCHEDULED, RETRIED, 0)
    assert (retried.due_at, retried.expires_at) == (clock.now(), clock.now() + timedelta(hours=24))
    assert retried.fire_at == NINE


async def test_a_retried_delivery_is_sent_again_by_the_services(
    deliveries: ManageDeliveries, hands: Hands, clock: VirtualClock, ada: DeliveryKey
) -> None:
    clock.advance_to(NINE)
    await hands.end(ada, Status.FAILED, "refused")
    await deliveries.retry(ada)
    await hands.end(ada, Status.SENT, "delivered")
    delivery, attempts = await deliveries.show(ada)
    assert (delivery.status, [attempt.outcome for attempt in attempts]) == (Status.SENT, ["refused", "delivered"])


async def test_what_may_be_late_until_a_local_time_may_be_so_again(
    deliveries: ManageDeliveries, users: ManageUsers, occasions: ManageOccasions, hands: Hands, clock: VirtualClock
) -> None:
    user_id = (await born(users, "eve", "1985-12-24")).user_id
    await occasions.put(user_id, "nameday", "--06-02")
    await hands.plan()
    clock.advance_to(datetime(2026, 6, 4, 18, tzinfo=UTC))  # 19:00 in London: today's six o'clock has passed
    await hands.miss()
    retried = await deliveries.retry(DeliveryKey(user_id, "nameday", DAY_OF))
    assert retried.expires_at == datetime(2026, 6, 5, 17, tzinfo=UTC)


@pytest.mark.parametrize("outcome", ["scheduled", "queued", "sending", "sent", "cancelled"])
async def test_only_what_failed_or_was_missed_can_be_retried(
    deliveries: ManageDeliveries, hands: Hands, clock: VirtualClock, ada: DeliveryKey, outcome: str
) -> None:
    await bring(ada, outcome, deliveries, hands, clock)
    with pytest.raises(IllegalTransition, match=f"is {outcome}"):
        await deliveries.retry(ada)


async def test_what_does_not_exist_can_be_neither_retried_nor_cancelled(deliveries: ManageDeliveries) -> None:
    nothing = DeliveryKey("nobody", BIRTHDAY, DAY_OF)
    with pytest.raises(NotFound):
        await deliveries.retry(nothing)
    with pytest.raises(NotFound):
        await deliveries.cancel(nothing)


# Cancel.


@pytest.mark.parametrize("outcome", ["scheduled", "queued", "failed"])
async def test_what_is_not_being_sent_can_be_cancelled(
    deliveries: ManageDeliveries, hands: Hands, clock: VirtualClock, ada: DeliveryKey, outcome: str
) -> None:
    await bring(ada, outcome, deliveries, hands, clock)
    cancelled = await deliveries.cancel(ada)
    assert (cancelled.status, cancelled.reason) == (Status.CANCELLED, CANCELLED)


@pytest.mark.parametrize("outcome", ["sending", "sent", "missed", "cancelled"])
async def test_what_is_being_sent_or_has_ended_cannot_be_cancelled(
    deliveries: ManageDeliveries, hands: Hands, clock: VirtualClock, ada: DeliveryKey, outcome: str
) -> None:
    await bring(ada, outcome, deliveries, hands, clock)
    with pytest.raises(IllegalTransition):
        await deliveries.cancel(ada)


async def test_what_was_cancelled_is_not_made_again_by_a_change_of_the_user(
    deliveries: ManageDeliveries, users: ManageUsers, hands: Hands, ada: DeliveryKey
) -> None:
    await deliveries.cancel(ada)
    await users.amend(ada.user_id, UserInput(birthday="1985-07-02"))
    await hands.plan(horizon=timedelta(days=60))
    statuses = [each.status for each in (await deliveries.list(DeliveryFilter(user_id=ada.user_id))).items]
    assert statuses == [Status.CANCELLED]


# Replay.


async def failures(users: ManageUsers, hands: Hands, clock: VirtualClock, count: int) -> list[DeliveryKey]:
    keys = [await born(users, f"u{number}") for number in range(count)]
    await hands.plan()
    clock.advance_to(NINE)
    for key in keys:
        await hands.end(key, Status.FAILED, "refused")
    return keys


async def test_a_replay_schedules_what_matches_and_says_how_many(
    deliveries: ManageDeliveries, users: ManageUsers, hands: Hands, clock: VirtualClock
) -> None:
    first, second, third = await failures(users, hands, clock, 3)
    clock.advance(timedelta(hours=30))
    assert await deliveries.replay(DeliveryFilter(user_id=second.user_id)) == 1
    replayed, _ = await deliveries.show(second)
    assert (replayed.status, replayed.expires_at) == (Status.SCHEDULED, clock.now() + timedelta(hours=24))
    assert {(await deliveries.show(key))[0].status for key in (first, third)} == {Status.FAILED}


async def test_a_replay_takes_no_more_than_its_limit(
    deliveries: ManageDeliveries, users: ManageUsers, hands: Hands, clock: VirtualClock
) -> None:
    await failures(users, hands, clock, 3)
    assert await deliveries.replay(DeliveryFilter(), limit=2) == 2
    assert await deliveries.replay(DeliveryFilter(), limit=2) == 1
    assert await deliveries.replay(DeliveryFilter(), limit=2) == 0


async def test_a_replay_gives_each_kind_its_own_window(
    deliveries: ManageDeliveries, users: ManageUsers, occasions: ManageOccasions, hands: Hands, clock: VirtualClock
) -> None:
    key = await born(users, "eve")
    await occasions.put(key.user_id, "nameday", "--06-02")
    await hands.plan()
    clock.advance_to(datetime(2026, 6, 4, 10, tzinfo=UTC))
    await hands.miss()
    assert await deliveries.replay(DeliveryFilter()) == 2
    windows = {each.key.kind: each.expires_at for each in (await deliveries.list()).items}
    assert windows == {
        "birthday": datetime(2026, 6, 5, 10, tzinfo=UTC),
        "nameday": datetime(2026, 6, 4, 17, tzinfo=UTC),  # six in London
    }


async def test_a_replay_of_what_may_be_late_until_a_local_time_keeps_to_its_limit(
    deliveries: ManageDeliveries, users: ManageUsers, occasions: ManageOccasions, hands: Hands, clock: VirtualClock
) -> None:
    for name in ("eve", "kay", "joe"):
        await occasions.put((await born(users, name, "1985-12-24")).user_id, "nameday", "--06-02")
    await hands.plan()
    clock.advance_to(datetime(2026, 6, 4, 10, tzinfo=UTC))
    await hands.miss()
    assert await deliveries.replay(DeliveryFilter(kind="nameday"), limit=2) == 2
    assert await deliveries.replay(DeliveryFilter(kind="nameday", status=Status.MISSED), limit=2) == 1


async def test_a_replay_leaves_out_who_has_had_another_message_that_year(
    deliveries: ManageDeliveries, users: ManageUsers, occasions: ManageOccasions, hands: Hands, clock: VirtualClock
) -> None:
    user_id = (await born(users, "eve", "1985-12-24")).user_id
    await occasions.put(user_id, "nameday", "--06-02")
    await hands.plan()
    clock.advance_to(NINE + timedelta(days=1))
    await hands.miss()
    await occasions.put(user_id, "nameday", "--06-04")
    await hands.plan()
    clock.advance_to(NINE + timedelta(days=2))
    await hands.end(DeliveryKey(user_id, "nameday", date(2026, 6, 4)), Status.SENT, "delivered")
    assert await deliveries.replay(DeliveryFilter()) == 0


@pytest.mark.parametrize("status", [Status.SENT, Status.SCHEDULED, Status.CANCELLED])
async def test_only_what_failed_or_was_missed_can_be_replayed(deliveries: ManageDeliveries, status: Status) -> None:
    with pytest.raises(InvalidInput, match="failed or missed"):
        await deliveries.replay(DeliveryFilter(status=status))


async def test_a_replay_of_a_kind_nobody_configured_is_refused(deliveries: ManageDeliveries) -> None:
    with pytest.raises(InvalidInput, match="kind"):
        await deliveries.replay(DeliveryFilter(kind="brithday"))


@pytest.mark.parametrize("limit", [0, 100_001])
async def test_a_replay_has_a_limit(deliveries: ManageDeliveries, limit: int) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        await deliveries.replay(FAILED, limit=limit)


async def bring(key: DeliveryKey, status: str, deliveries: ManageDeliveries, hands: Hands, clock: VirtualClock) -> None:
    """Bring a planned delivery into a state."""
    clock.advance_to(NINE)
    match status:
        case "queued":
            await hands.dispatch()
        case "sending":
            await hands.dispatch()
            await hands.begin(key)
        case "sent":
            await hands.end(key, Status.SENT, "delivered")
        case "failed":
            await hands.end(key, Status.FAILED, "refused")
        case "missed":
            clock.advance(timedelta(days=2))
            await hands.miss()
        case "cancelled":
            await deliveries.cancel(key)
    assert (await deliveries.show(key))[0].status == status
