"""What every store does for the dispatcher."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from natalis.domain.delivery import DeliveryKey, Status
from natalis.errors import TransportUnavailable
from natalis.ports.inbox import Claimed
from natalis.ports.outbox import Disposal, Due, Postponed, Queued
from natalis.testing.builders import NOON, a_profile
from natalis.testing.journeys import TOMORROW_AT_NINE, Journey, a_birthday_tomorrow

MINUTE = timedelta(minutes=1)


async def test_what_is_due_is_published_and_marked(journey: Journey) -> None:
    (key,) = await journey.planned(a_birthday_tomorrow(email="ada@Mail.Example.ORG"))
    journey.now = TOMORROW_AT_NINE
    seen: list[Due] = []

    async def publish(dues: Sequence[Due]) -> Sequence[Disposal]:
        seen.extend(dues)
        return [Queued(due.key) for due in dues]

    marked = await journey.store.outbox.dispatch(journey.window(), publish)

    assert seen == [Due(key, TOMORROW_AT_NINE, TOMORROW_AT_NINE, "mail.example.org")]
    assert marked == [Queued(key)]
    assert (await journey.delivery(key)).status is Status.QUEUED


async def test_what_is_not_due_yet_waits(journey: Journey) -> None:
    await journey.planned()
    journey.now = TOMORROW_AT_NINE - timedelta(microseconds=1)

    assert await journey.dispatch() == []


async def test_nothing_is_published_when_nothing_is_due(journey: Journey) -> None:
    async def publish(_: Sequence[Due]) -> Sequence[Disposal]:
        raise AssertionError("there is nothing to publish")

    assert list(await journey.store.outbox.dispatch(journey.window(), publish)) == []


async def test_what_is_queued_is_not_dispatched_again(journey: Journey) -> None:
    await journey.queued()

    assert await journey.dispatch() == []


async def test_when_publishing_fails_everything_stays_due(journey: Journey) -> None:
    (key,) = await journey.planned()
    journey.now = TOMORROW_AT_NINE

    async def fail(_: Sequence[Due]) -> Sequence[Disposal]:
        raise TransportUnavailable("gone")

    with pytest.raises(TransportUnavailable):
        await journey.store.outbox.dispatch(journey.window(), fail)

    assert (await journey.delivery(key)).status is Status.SCHEDULED
    assert await journey.dispatch() == [key]


async def test_what_publishing_leaves_out_stays_due(journey: Journey) -> None:
    kept, left = await journey.planned(a_birthday_tomorrow(), a_birthday_tomorrow())
    journey.now = TOMORROW_AT_NINE

    assert await journey.dispatch(lambda due: Queued(due.key) if due.key == kept else None) == [kept]
    assert await journey.dispatch() == [left]


async def test_what_is_postponed_is_due_later_in_the_same_state(journey: Journey) -> None:
    (key,) = await journey.planned()
    journey.now = TOMORROW_AT_NINE
    later = journey.now + MINUTE

    assert await journey.dispatch(lambda due: Postponed(due.key, later)) == [key]

    delivery = await journey.delivery(key)
    assert (delivery.status, delivery.due_at, delivery.fire_at) == (Status.SCHEDULED, later, TOMORROW_AT_NINE)
    assert await journey.dispatch() == []
    journey.now = later
    assert await journey.dispatch() == [key]


async def test_on_time_goes_before_late_and_late_is_capped(journey: Journey) -> None:
    late = [replace(a_birthday_tomorrow(), timezone=zone) for zone in ("Asia/Tokyo", "Asia/Kolkata", "Asia/Karachi")]
    tokyo, kolkata, _, london = await journey.planned(*late, a_birthday_tomorrow())
    journey.now = TOMORROW_AT_NINE
    seen: list[DeliveryKey] = []

    async def publish(dues: Sequence[Due]) -> Sequence[Disposal]:
        seen.extend(due.key for due in dues)
        return [Queued(due.key) for due in dues]

    await journey.store.outbox.dispatch(journey.window(limit=10, late_limit=2), publish)

    assert seen == [london, tokyo, kolkata]


async def test_late_ones_have_no_more_room_than_is_left(journey: Journey) -> None:
    (london,) = await journey.planned()
    await journey.planned(replace(a_birthday_tomorrow(), timezone="Asia/Tokyo"))
    journey.now = TOMORROW_AT_NINE

    assert await journey.dispatch(limit=1) == [london]


async def test_with_a_late_limit_of_zero_only_what_is_on_time_goes(journey: Journey) -> None:
    await journey.planned()
    journey.now = TOMORROW_AT_NINE + timedelta(hours=1)

    async def publish(_: Sequence[Due]) -> Sequence[Disposal]:
        raise AssertionError("it is late")

    assert list(await journey.store.outbox.dispatch(journey.window(late_limit=0), publish)) == []


async def test_an_expired_delivery_is_not_dispatched_but_missed(journey: Journey) -> None:
    (key,) = await journey.planned()
    journey.now = TOMORROW_AT_NINE + timedelta(hours=24)

    assert await journey.dispatch() == []
    assert list(await journey.store.outbox.expire(now=journey.now, limit=10)) == [key]

    delivery = await journey.delivery(key)
    assert delivery.status is Status.MISSED
    assert delivery.reason


async def test_what_waits_in_the_queue_can_expire_too(journey: Journey) -> None:
    (key,) = await journey.queued()
    journey.now = TOMORROW_AT_NINE + timedelta(hours=24)

    assert await journey.claim(key) == []
    assert list(await journey.store.outbox.expire(now=journey.now, limit=10)) == [key]


async def test_what_is_being_sent_or_was_sent_does_not_expire(journey: Journey) -> None:
    await journey.sent()
    await journey.claimed()

    assert list(await journey.store.outbox.expire(now=NOON + timedelta(days=30), limit=10)) == []


async def test_expiry_obeys_its_limit(journey: Journey) -> None:
    await journey.planned(*(a_birthday_tomorrow() for _ in range(3)))

    assert len(await journey.store.outbox.expire(now=NOON + timedelta(days=3), limit=2)) == 2


async def test_a_cancellation_during_publication_wins(journey: Journey) -> None:
    (key,) = await journey.planned()
    journey.now = TOMORROW_AT_NINE

    async def publish(dues: Sequence[Due]) -> Sequence[Disposal]:
        await journey.store.desk.move(key, Status.CANCELLED, now=journey.now, expires_at=journey.now, reason="no")
        return [Queued(due.key) for due in dues]

    assert list(await journey.store.outbox.dispatch(journey.window(), publish)) == []
    assert (await journey.delivery(key)).status is Status.CANCELLED
    assert await journey.claim(key) == []


async def test_a_move_to_another_day_during_publication_wins(journey: Journey) -> None:
    (key,) = await journey.planned()
    journey.now = TOMORROW_AT_NINE

    async def publish(dues: Sequence[Due]) -> Sequence[Disposal]:
        await journey.change(key.user_id, replace(a_birthday_tomorrow(), timezone="America/New_York"))
        return [Queued(due.key) for due in dues]

    assert list(await journey.store.outbox.dispatch(journey.window(), publish)) == []
    assert (await journey.delivery(key)).status is Status.SCHEDULED


async def test_a_worker_may_be_quicker_than_the_mark(journey: Journey) -> None:
    (key,) = await journey.planned()
    journey.now = TOMORROW_AT_NINE
    claims: list[Claimed] = []

    async def publish(dues: Sequence[Due]) -> Sequence[Disposal]:
        claims.extend(await asyncio.wait_for(journey.claim(key), 5))
        return [Queued(due.key) for due in dues]

    assert list(await journey.store.outbox.dispatch(journey.window(), publish)) == [Queued(key)]

    assert [claim.delivery.key for claim in claims] == [key]
    assert (await journey.delivery(key)).status is Status.SENDING
    assert await journey.claim(key) == []


async def test_a_quick_worker_that_even_ends_before_the_mark_is_not_sent_back(journey: Journey) -> None:
    (key,) = await journey.planned()
    journey.now = TOMORROW_AT_NINE

    async def publish(dues: Sequence[Due]) -> Sequence[Disposal]:
        (claimed,) = await journey.claim(key)
        await journey.end(claimed, Status.RETRYING, "deferred", due_at=journey.now)
        return [Queued(due.key) for due in dues]

    await journey.store.outbox.dispatch(journey.window(), publish)

    assert (await journey.delivery(key)).status is Status.RETRYING


async def test_concurrent_dispatchers_never_get_the_same_delivery(journey: Journey) -> None:
    keys = await journey.planned(*(a_birthday_tomorrow() for _ in range(20)))
    journey.now = TOMORROW_AT_NINE

    batches = await asyncio.gather(*(journey.dispatch(limit=3) for _ in range(8)))

    assert sorted(key for batch in batches for key in batch) == sorted(keys)


async def test_the_earliest_due_instant_is_known(journey: Journey) -> None:
    assert await journey.store.outbox.next_due() is None
    await journey.planned(a_birthday_tomorrow(), a_profile(birthday="1985-06-02", timezone="America/New_York"))

    assert await journey.store.outbox.next_due() == TOMORROW_AT_NINE


async def test_what_is_queued_is_not_due(journey: Journey) -> None:
    await journey.queued()

    assert await journey.store.outbox.next_due() is None
