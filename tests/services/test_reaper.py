"""The reaper."""

from __future__ import annotations

from datetime import datetime, timedelta

from natalis.domain.delivery import Status
from natalis.domain.events import Returned
from natalis.errors import TransportUnavailable
from natalis.ports.recovery import Reaped, Recovery
from natalis.ports.service import Step
from natalis.services.reaper import Reaper, ReaperOptions
from natalis.testing.house import House, run, worker_options
from natalis.transports.embedded import EmbeddedTransport

PAST_THE_LEASE = timedelta(seconds=31)


class Unreachable(EmbeddedTransport):
    """A queue that does not answer."""

    async def depth(self) -> int:
        """Fail."""
        raise TransportUnavailable("the broker is away")


async def test_what_a_dead_worker_held_is_sent_by_another(house: House) -> None:
    (key,) = await house.queued(1)
    house.provider.hold()
    await house.worker().step()
    house.clock.advance(PAST_THE_LEASE)
    house.provider.hold(lambda _: False)

    await run(house.reaper(), house.dispatcher(), house.worker(worker_options(worker_id="worker-2")))

    assert (await house.delivery(key)).status is Status.SENT
    assert [attempt.worker_id for attempt in await house.attempts(key)] == ["worker-1", "worker-2"]


async def test_it_leaves_a_lease_alone_that_holds(house: House) -> None:
    await house.queued(1)
    house.provider.hold()
    await house.worker().step()
    house.clock.advance(timedelta(seconds=29))

    await run(house.reaper())

    assert await house.tally() == {"sending": 1}


async def test_with_hold_what_a_dead_worker_held_waits_for_a_person(house: House) -> None:
    await house.queued(1)
    house.provider.hold()
    await house.worker().step()
    house.clock.advance(PAST_THE_LEASE)

    await run(house.reaper(ReaperOptions(hold=True)))

    (delivery,) = await house.deliveries()
    assert (delivery.status, delivery.may_have_arrived) == (Status.FAILED, True)


async def test_what_the_queue_has_lost_is_published_again(house: House) -> None:
    await house.queued(3)
    house.queue.keys.clear()
    house.clock.advance(timedelta(seconds=61))

    await run(house.reaper(), house.dispatcher(), house.worker())

    assert await house.tally() == {"sent": 3}
    assert house.telemetry.of(Returned) == [Returned(leases=0, lost=3)]


async def test_a_deep_queue_is_not_a_lost_one(house: House) -> None:
    await house.queued(3)
    house.clock.advance(timedelta(minutes=59))

    await run(house.reaper())

    assert await house.tally() == {"queued": 3}


async def test_what_has_been_queued_for_very_long_is_published_again_whatever_waits(house: House) -> None:
    await house.queued(3)
    house.clock.advance(timedelta(minutes=61))

    await run(house.reaper())

    assert await house.tally() == {"scheduled": 3}


async def test_while_the_queue_cannot_be_seen_leases_are_still_given_back(house: House) -> None:
    await house.queued(2)
    house.provider.hold()
    await house.worker(worker_options(concurrency=1)).step()
    house.clock.advance(timedelta(minutes=2))

    await run(house.reaper(transport=Unreachable(house.clock)))

    assert await house.tally() == {"retrying": 1, "queued": 1}


async def test_it_gives_back_a_batch_at_a_time(house: House) -> None:
    await house.queued(5)
    house.queue.keys.clear()
    house.clock.advance(timedelta(minutes=2))

    await run(house.reaper(ReaperOptions(batch=2)))

    assert [event.lost for event in house.telemetry.of(Returned)] == [2, 2, 1]


async def test_with_nothing_to_give_back_it_rests(house: House) -> None:
    step = await house.reaper().step()

    assert step == Step(worked=False, wake_at=house.clock.now() + timedelta(seconds=5))


class CountedRecovery:
    """Counts how often the store is searched."""

    def __init__(self, recovery: Recovery) -> None:
        self._recovery = recovery
        self.searches = 0

    async def reap(self, *, now: datetime, queued_before: datetime, hold: bool, limit: int) -> Reaped:
        self.searches += 1
        return await self._recovery.reap(now=now, queued_before=queued_before, hold=hold, limit=limit)

    async def reclaim(self, *, now: datetime, hold: bool) -> Reaped:
        return await self._recovery.reclaim(now=now, hold=hold)


async def test_while_it_rests_it_spares_the_store_whoever_wakes_it(house: House) -> None:
    recovery = CountedRecovery(house.store.recovery)
    reaper = Reaper(recovery, house.transport, house.clock, house.telemetry)

    for _ in range(10):
        await reaper.step()
        house.clock.advance(timedelta(seconds=1))

    assert recovery.searches == 2
