"""The lease: a slow send is not sent twice, and who lost a lease cannot overwrite who took over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import pytest

from natalis.domain.delivery import DeliveryKey, Status
from natalis.domain.events import Fenced, Returned
from natalis.domain.outcome import Delivered
from natalis.errors import StoreUnavailable
from natalis.ports.inbox import Claimed, Completion, Inbox
from natalis.services.worker import OnUnknown
from natalis.testing.house import House, run, worker_options

LEASE = timedelta(seconds=30)


class Cut:
    """An inbox whose connection is cut for some calls."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.broken: set[str] = set()
        self.losing: set[str] = set()

    async def claim(
        self, keys: Sequence[DeliveryKey], *, worker_id: str, now: datetime, lease_until: datetime
    ) -> Sequence[Claimed]:
        """Claim, if connected."""
        self._check("claim")
        claimed = await self._inbox.claim(keys, worker_id=worker_id, now=now, lease_until=lease_until)
        if "claim" in self.losing:
            raise StoreUnavailable("the connection broke before the answer came")
        return claimed

    async def renew(self, attempt_ids: Collection[str], *, lease_until: datetime) -> Collection[str]:
        """Renew, if connected."""
        self._check("renew")
        return await self._inbox.renew(attempt_ids, lease_until=lease_until)

    async def complete(self, completions: Sequence[Completion]) -> Collection[DeliveryKey]:
        """Complete, if connected."""
        self._check("complete")
        return await self._inbox.complete(completions)

    async def release(self, keys: Collection[DeliveryKey], *, worker_id: str, now: datetime) -> None:
        """Release, if connected."""
        self._check("release")
        await self._inbox.release(keys, worker_id=worker_id, now=now)

    def _check(self, call: str) -> None:
        if call in self.broken:
            raise StoreUnavailable("the database is away")


async def test_a_send_slower_than_its_lease_is_not_sent_twice(house: House) -> None:
    (key,) = await house.queued(1)
    house.provider.hold()
    slow, other = house.worker(), house.worker(worker_options(worker_id="worker-2"))

    await house.wait(LEASE * 4, slow, house.reaper(), house.dispatcher(), other)
    house.provider.release()
    await run(slow)

    assert len(house.provider.calls) == 1
    assert (await house.delivery(key)).status is Status.SENT
    assert [attempt.worker_id for attempt in await house.attempts(key)] == ["worker-1"]


async def test_a_lease_is_renewed_when_a_third_of_it_is_used(house: House) -> None:
    await house.queued(1)
    house.provider.hold()
    worker = house.worker()
    await worker.step()

    assert (await worker.step()).wake_at == house.clock.now() + LEASE / 3
    house.clock.advance(LEASE / 3)
    assert (await worker.step()).wake_at == house.clock.now() + LEASE / 3
    house.provider.release()
    await run(worker)


async def test_a_worker_that_was_frozen_past_its_lease_cannot_complete_what_another_took_over(house: House) -> None:
    (key,) = await house.queued(1)
    house.provider.hold()
    frozen, other = house.worker(), house.worker(worker_options(worker_id="worker-2"))
    await frozen.step()

    house.clock.advance(LEASE + timedelta(seconds=1))
    await run(house.reaper(), house.dispatcher())
    assert house.telemetry.of(Returned) == [Returned(leases=1, lost=0)]
    house.provider.release()
    house.provider.script(Delivered("from the frozen one"), Delivered("from the one that took over"))
    await run(other)
    await run(frozen)

    assert (await house.delivery(key)).provider_id == "from the one that took over"
    assert house.telemetry.of(Fenced) == [Fenced(key)]
    assert [attempt.outcome for attempt in await house.attempts(key)] == ["unknown", "delivered"]


async def test_when_the_completion_comes_before_any_renewal_the_store_fences_it(house: House) -> None:
    (key,) = await house.queued(1)
    house.provider.hold()
    cut = Cut(house.store.inbox)
    frozen = house.worker(inbox=cut)
    await frozen.step()
    house.clock.advance(LEASE + timedelta(seconds=1))
    await run(house.reaper())

    house.provider.release()
    while house.provider.in_flight:
        await house.clock.sleep(timedelta(0))
    cut.broken = {"renew"}
    await frozen.step()

    assert (await house.delivery(key)).status is Status.RETRYING
    assert house.telemetry.of(Fenced) == [Fenced(key)]


async def test_a_call_whose_lease_is_known_to_be_lost_is_dropped_and_told_of(house: House) -> None:
    (key,) = await house.queued(1)
    house.provider.hold()
    cut = Cut(house.store.inbox)
    frozen = house.worker(inbox=cut)
    await frozen.step()
    house.clock.advance(LEASE + timedelta(seconds=1))
    await run(house.reaper())

    await frozen.step()
    house.provider.release()
    cut.broken = {"complete"}  # so that this fails if it tries
    await run(frozen)

    assert (await house.delivery(key)).status is Status.RETRYING
    assert house.telemetry.of(Fenced) == [Fenced(key)]


async def test_what_ended_while_the_store_was_away_is_written_when_it_is_back_and_sent_no_second_time(
    house: House,
) -> None:
    keys = await house.queued(20)
    cut = Cut(house.store.inbox)
    worker = house.worker(worker_options(concurrency=5), inbox=cut)
    await worker.step()
    cut.broken = {"complete"}

    for _ in range(3):
        failed = await _fails(worker.step())
        assert failed
    assert await house.tally() == {"sending": 15, "queued": 5}  # what was claimed meanwhile, and no more
    assert len(house.provider.calls) == 5  # of which nothing is called before what ended is written
    cut.broken = set()
    await run(worker)

    assert house.provider.accepted == {str(key): 1 for key in keys}
    assert await house.tally() == {"sent": 20}


async def test_what_was_received_while_the_store_was_away_is_claimed_when_it_is_back(house: House) -> None:
    await house.queued(5)
    cut = Cut(house.store.inbox)
    worker = house.worker(inbox=cut)
    cut.broken = {"claim"}
    assert await _fails(worker.step())
    assert await house.transport.depth() == 0

    cut.broken = set()
    await run(worker)

    assert await house.tally() == {"sent": 5}


async def _fails(step: object) -> bool:
    try:
        await step  # type: ignore[misc] # a coroutine
    except StoreUnavailable:
        return True
    return False


@pytest.mark.parametrize("on_unknown", OnUnknown)
async def test_what_was_claimed_without_an_answer_is_sent_without_waiting_for_its_lease(
    house: House, on_unknown: OnUnknown
) -> None:
    (key,) = await house.queued(1)
    cut = Cut(house.store.inbox)
    worker = house.worker(worker_options(on_unknown=on_unknown), inbox=cut)
    cut.losing = {"claim"}
    with pytest.raises(StoreUnavailable):
        await worker.step()
    cut.losing, cut.broken = set(), {"release"}
    with pytest.raises(StoreUnavailable):
        await worker.step()
    cut.broken = set()

    await run(worker, house.dispatcher(), worker)

    delivery = await house.delivery(key)
    assert (delivery.status, delivery.may_have_arrived) == (Status.SENT, False)
    assert len(house.provider.calls) == 1


async def test_what_was_claimed_without_an_answer_is_given_back_by_a_worker_that_stops(house: House) -> None:
    (key,) = await house.queued(1)
    cut = Cut(house.store.inbox)
    worker = house.worker(inbox=cut)
    cut.losing = {"claim"}
    with pytest.raises(StoreUnavailable):
        await worker.step()

    await worker.drain()

    assert (await house.delivery(key)).status is Status.RETRYING


async def test_a_call_under_way_is_not_given_back_when_the_answer_to_a_claim_is_lost(house: House) -> None:
    """A broker may bring a key twice."""
    (key,) = await house.queued(1)
    cut = Cut(house.store.inbox)
    worker = house.worker(inbox=cut)
    house.provider.hold()
    await worker.step()
    await house.transport.publish([key])
    cut.losing = {"claim"}
    with pytest.raises(StoreUnavailable):
        await worker.step()
    cut.losing = set()
    await worker.step()

    house.provider.release()
    await run(worker)

    assert (await house.delivery(key)).status is Status.SENT
    assert len(await house.attempts(key)) == 1
