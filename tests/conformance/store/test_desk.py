"""What every store does for an operator."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from natalis.domain.delivery import DeliveryKey, Status
from natalis.errors import IllegalTransition, NotFound
from natalis.ports.ledger import DeliveryFilter
from natalis.testing.builders import a_profile
from natalis.testing.journeys import Journey, a_birthday_tomorrow

HOUR = timedelta(hours=1)


async def _ended(journey: Journey, *statuses: Status) -> list[DeliveryKey]:
    claims = await journey.claimed(*(a_birthday_tomorrow() for _ in statuses))
    ends = [journey.completion(*each, "refused") for each in zip(claims, statuses, strict=True)]
    await journey.store.inbox.complete(ends)
    return [claim.delivery.key for claim in claims]


async def _replay(journey: Journey, wanted: DeliveryFilter, *, limit: int = 10) -> int:
    return await journey.store.desk.replay(wanted, now=journey.now, expires_at=journey.now + HOUR, limit=limit)


async def test_a_retried_delivery_is_due_at_once_with_its_attempts_counted_anew(journey: Journey) -> None:
    (key,) = await _ended(journey, Status.FAILED)
    journey.now += 3 * HOUR

    moved = await journey.store.desk.move(
        key, Status.SCHEDULED, now=journey.now, expires_at=journey.now + HOUR, reason="try again"
    )

    assert moved == await journey.delivery(key)
    assert (moved.status, moved.due_at, moved.expires_at) == (Status.SCHEDULED, journey.now, journey.now + HOUR)
    assert (moved.attempts, moved.reason) == (0, "try again")
    assert await journey.dispatch() == [key]
    (again,) = await journey.claim(key)
    assert again.delivery.attempts == 1


async def test_what_is_pending_can_be_cancelled(journey: Journey) -> None:
    (key,) = await journey.queued()

    moved = await journey.store.desk.move(
        key, Status.CANCELLED, now=journey.now, expires_at=journey.now, reason="asked by phone"
    )

    assert (moved.status, moved.reason) == (Status.CANCELLED, "asked by phone")
    assert await journey.claim(key) == []


@pytest.mark.parametrize("to", [Status.SCHEDULED, Status.CANCELLED, Status.QUEUED, Status.SENT])
async def test_what_is_being_sent_cannot_be_called_back(journey: Journey, to: Status) -> None:
    (claimed,) = await journey.claimed()

    with pytest.raises(IllegalTransition):
        await journey.store.desk.move(claimed.delivery.key, to, now=journey.now, expires_at=journey.now, reason="stop")

    assert not await journey.end(claimed)


async def test_what_was_sent_stays_sent(journey: Journey) -> None:
    (key,) = await journey.sent()

    with pytest.raises(IllegalTransition):
        await journey.store.desk.move(key, Status.SCHEDULED, now=journey.now, expires_at=journey.now, reason="again")


async def test_an_unknown_delivery_cannot_be_moved(journey: Journey) -> None:
    key = DeliveryKey("nobody", "birthday", date(2026, 6, 2))

    with pytest.raises(NotFound):
        await journey.store.desk.move(key, Status.CANCELLED, now=journey.now, expires_at=journey.now, reason="no")


async def test_replay_schedules_what_failed_and_what_was_missed(journey: Journey) -> None:
    failed, missed, cancelled = await _ended(journey, Status.FAILED, Status.MISSED, Status.CANCELLED)

    assert await _replay(journey, DeliveryFilter()) == 2

    assert sorted(await journey.dispatch()) == sorted([failed, missed])
    assert (await journey.delivery(cancelled)).status is Status.CANCELLED


async def test_replay_obeys_its_filter(journey: Journey) -> None:
    failed, other, missed = await _ended(journey, Status.FAILED, Status.FAILED, Status.MISSED)

    assert await _replay(journey, DeliveryFilter(status=Status.SENT)) == 0
    assert await _replay(journey, DeliveryFilter(kind="anniversary")) == 0
    assert await _replay(journey, DeliveryFilter(fire_from=journey.now + HOUR)) == 0
    assert await _replay(journey, DeliveryFilter(user_id=other.user_id)) == 1
    assert await _replay(journey, DeliveryFilter(status=Status.FAILED)) == 1

    assert sorted(await journey.dispatch()) == sorted([failed, other])
    assert (await journey.delivery(missed)).status is Status.MISSED


async def test_replay_obeys_its_limit(journey: Journey) -> None:
    await _ended(journey, *([Status.FAILED] * 3), *([Status.MISSED] * 3))

    assert [await _replay(journey, DeliveryFilter(), limit=4) for _ in range(3)] == [4, 2, 0]


async def test_no_second_message_of_one_year_is_brought_about_by_hand(journey: Journey) -> None:
    (failed,) = await _ended(journey, Status.FAILED)
    await journey.change(failed.user_id, a_profile(birthday="1985-06-03"))
    await journey.plan()
    (planned,) = [each.key for each in await journey.deliveries() if each.status is Status.SCHEDULED]
    assert planned.user_id == failed.user_id

    assert await _replay(journey, DeliveryFilter()) == 0
    with pytest.raises(IllegalTransition):
        await journey.store.desk.move(
            failed, Status.SCHEDULED, now=journey.now, expires_at=journey.now + HOUR, reason="again"
        )
