"""What every store does for the reaper."""

from __future__ import annotations

from datetime import timedelta

import pytest

from natalis.domain.delivery import Status
from natalis.testing.builders import NOON
from natalis.testing.journeys import LEASE, TOMORROW_AT_NINE, Journey, a_birthday_tomorrow

SECOND = timedelta(seconds=1)


async def test_a_lease_that_ran_out_is_given_back_and_its_attempt_is_unknown(journey: Journey) -> None:
    (claimed,) = await journey.claimed()
    journey.now += LEASE

    reaped = await journey.store.recovery.reap(now=journey.now, queued_before=NOON, hold=False, limit=10)

    assert (list(reaped.leases), list(reaped.lost)) == ([claimed.delivery.key], [])
    delivery, (attempt,) = await journey.store.ledger.get(claimed.delivery.key)
    assert (delivery.status, delivery.due_at, delivery.may_have_arrived) == (Status.RETRYING, journey.now, True)
    assert (attempt.outcome, attempt.finished_at) == ("unknown", journey.now)
    assert await journey.dispatch() == [claimed.delivery.key]


async def test_a_lease_that_holds_is_left_alone(journey: Journey) -> None:
    (claimed,) = await journey.claimed()
    journey.now += LEASE - SECOND

    reaped = await journey.store.recovery.reap(now=journey.now, queued_before=NOON, hold=False, limit=10)

    assert list(reaped.leases) == []
    assert (await journey.delivery(claimed.delivery.key)).status is Status.SENDING


async def test_where_a_repeat_is_not_recognised_it_is_held_for_a_person(journey: Journey) -> None:
    (claimed,) = await journey.claimed()
    journey.now += LEASE

    await journey.store.recovery.reap(now=journey.now, queued_before=NOON, hold=True, limit=10)

    delivery = await journey.delivery(claimed.delivery.key)
    assert (delivery.status, delivery.may_have_arrived) == (Status.FAILED, True)
    assert "held for a person" in delivery.reason


async def test_what_the_queue_lost_is_due_again_without_an_attempt(journey: Journey) -> None:
    (key,) = await journey.queued()
    journey.now += SECOND

    reaped = await journey.store.recovery.reap(now=journey.now, queued_before=journey.now, hold=False, limit=10)

    assert (list(reaped.leases), list(reaped.lost)) == ([], [key])
    delivery = await journey.delivery(key)
    assert (delivery.status, delivery.due_at, delivery.attempts) == (Status.SCHEDULED, journey.now, 0)
    assert await journey.claim(key) == []
    assert await journey.dispatch() == [key]


async def test_what_was_queued_since_is_left_alone(journey: Journey) -> None:
    await journey.queued()

    reaped = await journey.store.recovery.reap(now=journey.now, queued_before=TOMORROW_AT_NINE, hold=False, limit=10)

    assert list(reaped.lost) == []


async def test_reaping_obeys_its_limit(journey: Journey) -> None:
    await journey.claimed(*(a_birthday_tomorrow() for _ in range(3)))

    reaped = await journey.store.recovery.reap(now=journey.now + LEASE, queued_before=NOON, hold=False, limit=2)

    assert len(reaped.leases) == 2


@pytest.mark.parametrize(("hold", "status"), [(False, Status.RETRYING), (True, Status.FAILED)])
async def test_reclaiming_gives_back_everything_at_once(journey: Journey, hold: bool, status: Status) -> None:
    (claimed,) = await journey.claimed()
    (queued,) = await journey.queued()

    reaped = await journey.store.recovery.reclaim(now=journey.now, hold=hold)

    assert (list(reaped.leases), list(reaped.lost)) == ([claimed.delivery.key], [queued])
    assert (await journey.delivery(claimed.delivery.key)).status is status
    assert (await journey.delivery(queued)).status is Status.SCHEDULED
