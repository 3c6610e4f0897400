"""What every store does for the worker."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from natalis.domain.delivery import Attempt, DeliveryKey, Status
from natalis.errors import IllegalTransition
from natalis.ports.inbox import Claimed
from natalis.ports.suppressions import Suppression
from natalis.stores.reasons import CLAIM_LOST
from natalis.testing.builders import NOON, a_profile
from natalis.testing.journeys import LEASE, TOMORROW_AT_NINE, Journey, a_birthday_tomorrow

MINUTE = timedelta(minutes=1)


async def test_a_claim_begins_an_attempt_and_names_the_recipient(journey: Journey) -> None:
    profile = a_birthday_tomorrow(name="Grace Hopper")
    (key,) = await journey.queued(profile)

    (claimed,) = await journey.claim(key, worker_id="worker-7")

    assert (claimed.profile, claimed.withheld, claimed.since) == (profile, None, profile.birthday.year)
    delivery, attempts = await journey.store.ledger.get(key)
    assert claimed.delivery == delivery
    assert (delivery.status, delivery.attempts) == (Status.SENDING, 1)
    assert attempts == [Attempt(1, claimed.attempt_id, "worker-7", journey.now, None, "under way", "")]


async def test_only_what_is_queued_can_be_claimed(journey: Journey) -> None:
    (sent,) = await journey.sent()
    (sending,) = await journey.claimed()
    (scheduled,) = await journey.planned(a_profile(birthday="1985-06-03"))
    unknown = DeliveryKey("nobody", "birthday", scheduled.occasion_date)

    assert await journey.claim(sent, sending.delivery.key, scheduled, unknown) == []


async def test_a_key_that_comes_twice_is_claimed_once(journey: Journey) -> None:
    (key,) = await journey.queued()

    assert len(await journey.claim(key, key)) == 1


async def test_of_concurrent_claims_one_wins(journey: Journey) -> None:
    keys = await journey.queued(*(a_birthday_tomorrow() for _ in range(5)))

    claims = await asyncio.gather(*(journey.claim(*keys) for _ in range(6)))

    assert sorted(claim.delivery.key for each in claims for claim in each) == sorted(keys)


async def test_claims_come_in_the_order_asked_for(journey: Journey) -> None:
    keys = await journey.queued(*(a_birthday_tomorrow() for _ in range(3)))

    claims = await journey.claim(*reversed(keys))

    assert [claim.delivery.key for claim in claims] == keys[::-1]


async def test_a_suppression_after_planning_withholds_the_message(journey: Journey) -> None:
    (key,) = await journey.queued(a_birthday_tomorrow(email="Ada@x.org"))
    await journey.store.suppressions.add(Suppression("ada@X.org", "unsubscribed", NOON))

    (claimed,) = await journey.claim(key)

    assert claimed.withheld is not None
    assert "unsubscribed" in claimed.withheld


async def test_a_user_who_is_gone_gets_nothing(journey: Journey) -> None:
    (claimed,) = await journey.claimed()
    await journey.end(claimed, Status.RETRYING, "deferred", due_at=journey.now)
    await journey.dispatch()
    (claimed,) = await journey.claim(claimed.delivery.key)
    await journey.store.people.remove(claimed.delivery.key.user_id, now=journey.now, erase=False)
    await journey.end(claimed, Status.RETRYING, "deferred", due_at=journey.now)
    await journey.dispatch()

    (again,) = await journey.claim(claimed.delivery.key)

    assert again.profile is None
    assert again.withheld


async def test_a_delivered_message_is_sent(journey: Journey) -> None:
    (claimed,) = await journey.claimed()
    journey.now += timedelta(seconds=2)

    fenced = await journey.end(claimed, Status.SENT, detail="202 Accepted", provider_id="abc")

    delivery, (attempt,) = await journey.store.ledger.get(claimed.delivery.key)
    assert not fenced
    assert (delivery.status, delivery.sent_at, delivery.provider_id) == (Status.SENT, journey.now, "abc")
    assert (delivery.reason, delivery.may_have_arrived) == ("", False)
    assert (attempt.finished_at, attempt.outcome, attempt.detail) == (journey.now, "delivered", "202 Accepted")


async def test_a_deferred_message_is_due_again_later(journey: Journey) -> None:
    (claimed,) = await journey.claimed()
    later = journey.now + MINUTE

    await journey.end(claimed, Status.RETRYING, "deferred", due_at=later, detail="try later")

    delivery = await journey.delivery(claimed.delivery.key)
    assert (delivery.status, delivery.due_at, delivery.reason) == (Status.RETRYING, later, "try later")
    assert await journey.dispatch() == []
    journey.now = later
    assert await journey.dispatch() == [claimed.delivery.key]
    (again,) = await journey.claim(claimed.delivery.key)
    assert again.delivery.attempts == 2


@pytest.mark.parametrize("status", [Status.FAILED, Status.MISSED, Status.CANCELLED])
async def test_an_attempt_can_end_a_delivery_without_sending_it(journey: Journey, status: Status) -> None:
    (claimed,) = await journey.claimed()

    await journey.end(claimed, status, "refused", detail="no such mailbox")

    delivery = await journey.delivery(claimed.delivery.key)
    assert (delivery.status, delivery.reason, delivery.sent_at) == (status, "no such mailbox", None)


async def test_an_unknown_outcome_is_remembered(journey: Journey) -> None:
    (claimed,) = await journey.claimed()

    await journey.end(claimed, Status.RETRYING, "unknown", due_at=journey.now)
    await journey.dispatch()
    (again,) = await journey.claim(claimed.delivery.key)
    await journey.end(again, Status.RETRYING, "deferred")

    assert again.delivery.may_have_arrived
    assert (await journey.delivery(claimed.delivery.key)).may_have_arrived


async def test_an_attempt_that_does_not_count_is_recorded_and_not_charged(journey: Journey) -> None:
    (claimed,) = await journey.claimed()

    await journey.end(claimed, Status.RETRYING, "deferred", counts=False)

    delivery, attempts = await journey.store.ledger.get(claimed.delivery.key)
    assert (delivery.attempts, len(attempts)) == (0, 1)


async def test_a_worker_that_lost_its_lease_changes_nothing(journey: Journey) -> None:
    (late,) = await journey.claimed()
    newer = await _taken_over(journey, late)
    before = await journey.store.ledger.get(late.delivery.key)

    fenced = await journey.end(late)

    assert fenced == {late.delivery.key}
    assert await journey.store.ledger.get(late.delivery.key) == before
    assert not await journey.end(newer)


async def test_a_worker_that_was_reaped_changes_nothing_either(journey: Journey) -> None:
    (late,) = await journey.claimed()
    journey.now += LEASE
    await journey.store.recovery.reap(now=journey.now, queued_before=NOON, hold=False, limit=10)

    assert await journey.end(late) == {late.delivery.key}
    assert (await journey.delivery(late.delivery.key)).status is Status.RETRYING


async def test_completing_twice_is_fenced_the_second_time(journey: Journey) -> None:
    (claimed,) = await journey.claimed()
    ends = [journey.completion(claimed), journey.completion(claimed, Status.FAILED, "refused")]

    fenced = await journey.store.inbox.complete(ends)

    assert fenced == {claimed.delivery.key}
    assert (await journey.delivery(claimed.delivery.key)).status is Status.SENT
    assert (await journey.store.ledger.tally())[Status.SENT] == 1


async def test_one_fenced_completion_does_not_hold_up_the_others(journey: Journey) -> None:
    late, good = await journey.claimed(a_birthday_tomorrow(), a_birthday_tomorrow())
    stranger = Claimed(late.delivery, "no such attempt", None, None)

    fenced = await journey.store.inbox.complete([journey.completion(stranger), journey.completion(good)])

    assert fenced == {late.delivery.key}
    assert (await journey.delivery(good.delivery.key)).status is Status.SENT
    assert (await journey.delivery(late.delivery.key)).status is Status.SENDING


async def test_an_end_that_the_table_lacks_is_refused(journey: Journey) -> None:
    (claimed,) = await journey.claimed()

    with pytest.raises(IllegalTransition):
        await journey.end(claimed, Status.SCHEDULED)


async def test_odd_words_of_a_provider_do_not_keep_an_end_from_being_written(journey: Journey) -> None:
    (claimed,) = await journey.claimed()

    await journey.end(claimed, Status.SENT, detail="odd \ud800 \x00 'words' \U0001f382", provider_id="\udfff")

    delivery, (attempt,) = await journey.store.ledger.get(claimed.delivery.key)
    assert delivery.status is Status.SENT
    assert attempt.detail.endswith("'words' \U0001f382")


async def test_a_renewed_lease_is_not_reaped(journey: Journey) -> None:
    (claimed,) = await journey.claimed()
    journey.now += LEASE - timedelta(seconds=1)

    held = await journey.store.inbox.renew([claimed.attempt_id], lease_until=journey.now + LEASE)

    assert set(held) == {claimed.attempt_id}
    journey.now += timedelta(seconds=2)
    reaped = await journey.store.recovery.reap(now=journey.now, queued_before=NOON, hold=False, limit=10)
    assert list(reaped.leases) == []


async def test_renewing_says_whose_lease_is_lost(journey: Journey) -> None:
    (late,) = await journey.claimed()
    newer = await _taken_over(journey, late)
    attempts = [late.attempt_id, newer.attempt_id, "no such attempt"]

    assert set(await journey.store.inbox.renew(attempts, lease_until=journey.now + LEASE)) == {newer.attempt_id}


async def test_nothing_is_renewed_after_the_end(journey: Journey) -> None:
    (claimed,) = await journey.claimed()
    await journey.end(claimed)

    assert list(await journey.store.inbox.renew([claimed.attempt_id], lease_until=journey.now + LEASE)) == []


async def test_a_claim_that_its_worker_never_heard_of_is_released_uncharged_and_due_at_once(journey: Journey) -> None:
    (claimed,) = await journey.claimed()
    key = claimed.delivery.key
    journey.now += timedelta(seconds=3)

    await journey.store.inbox.release([key], worker_id="worker-1", now=journey.now)

    delivery, (attempt,) = await journey.store.ledger.get(key)
    assert (delivery.status, delivery.due_at, delivery.attempts) == (Status.RETRYING, journey.now, 0)
    assert not delivery.may_have_arrived
    assert (attempt.finished_at, attempt.outcome, attempt.detail) == (journey.now, "deferred", CLAIM_LOST)
    assert await journey.end(claimed) == {key}


async def test_a_worker_releases_only_what_it_claimed_and_has_not_ended(journey: Journey) -> None:
    mine, theirs = await journey.queued(*(a_birthday_tomorrow() for _ in range(2)))
    (claimed,) = await journey.claim(mine)
    await journey.end(claimed)
    await journey.claim(theirs, worker_id="worker-2")
    before = [await journey.store.ledger.get(key) for key in (mine, theirs)]

    await journey.store.inbox.release([mine, theirs], worker_id="worker-1", now=journey.now)

    assert [await journey.store.ledger.get(key) for key in (mine, theirs)] == before


async def _taken_over(journey: Journey, late: Claimed) -> Claimed:
    journey.now = max(journey.now, TOMORROW_AT_NINE) + LEASE
    await journey.store.recovery.reap(now=journey.now, queued_before=NOON, hold=False, limit=10)
    await journey.dispatch()
    (newer,) = await journey.claim(late.delivery.key, worker_id="worker-2")
    return newer
