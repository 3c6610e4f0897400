"""The stock: what is claimed ahead lets no call wait for the store, and takes nothing from any guarantee."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from natalis.domain.breaker import BreakerRule
from natalis.domain.delivery import DeliveryKey, Status
from natalis.domain.limit import limit_of
from natalis.domain.message import Message
from natalis.domain.outcome import Deferred, Delivered, Outcome
from natalis.ports.inbox import Claimed, Inbox
from natalis.services.worker import OnUnknown, Worker
from natalis.services.worker.stock import FRESH, SPAN
from natalis.testing.house import House, run, worker_options
from natalis.testing.recording_provider import RecordingProvider

PLACES = 5
OPTIONS = worker_options(concurrency=PLACES)


class Slow:
    """An inbox whose claims wait, once told so, until they are let go."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.renew, self.complete, self.release = inbox.renew, inbox.complete, inbox.release
        self.open = asyncio.Event()
        self.open.set()

    async def claim(
        self, keys: Sequence[DeliveryKey], *, worker_id: str, now: datetime, lease_until: datetime
    ) -> Sequence[Claimed]:
        """Claim, when let go."""
        await self.open.wait()
        return await self._inbox.claim(keys, worker_id=worker_id, now=now, lease_until=lease_until)


async def settle(house: House) -> None:
    """Let everything go on that waits for nothing but its turn."""
    for _ in range(20):
        await house.clock.sleep(timedelta(0))


async def stocked(house: House, worker: Worker) -> None:
    """Let `worker` make one lot of calls, then claim a lot for its places, which hang, and one ahead."""
    await worker.step()
    house.provider.hold()
    await worker.step()
    assert await house.tally() == {"sent": PLACES, "sending": 2 * PLACES, "queued": PLACES}
    assert house.provider.in_flight == PLACES


async def test_a_call_that_comes_back_makes_place_for_one_that_is_claimed_while_the_store_is_slow(house: House) -> None:
    await house.queued(4 * PLACES)
    slow = Slow(house.store.inbox)
    worker = house.worker(OPTIONS, inbox=slow)
    await stocked(house, worker)

    slow.open.clear()
    house.provider.release()
    step = asyncio.ensure_future(worker.step())
    await settle(house)

    assert not step.done()
    assert (len(house.provider.calls), house.provider.peak) == (3 * PLACES, PLACES)
    slow.open.set()
    await step
    await run(worker)
    assert await house.tally() == {"sent": 4 * PLACES}


async def test_a_slow_provider_has_nothing_claimed_ahead(house: House) -> None:
    await house.queued(4 * PLACES)
    worker = house.worker(OPTIONS)
    await worker.step()
    house.provider.hold()
    house.clock.advance(SPAN + timedelta(milliseconds=1))

    await run(worker)

    assert await house.tally() == {"sent": PLACES, "sending": PLACES, "queued": 2 * PLACES}


async def test_what_waits_too_long_for_its_call_goes_back_at_once_uncalled_and_not_charged(house: House) -> None:
    await house.queued(4 * PLACES)
    worker = house.worker(OPTIONS)
    await stocked(house, worker)

    assert (await worker.step()).wake_at == house.clock.now() + FRESH
    house.clock.advance(FRESH)
    await worker.step()

    back = await house.deliveries(Status.RETRYING)
    assert [(delivery.due_at, delivery.attempts) for delivery in back] == [(house.clock.now(), 0)] * PLACES
    assert len(house.provider.calls) == 2 * PLACES
    house.provider.release()
    await run(house.dispatcher(), worker)
    assert set(house.provider.accepted.values()) == {1}
    assert await house.tally() == {"sent": 4 * PLACES}


async def test_a_worker_that_was_frozen_calls_nothing_that_it_had_claimed_before(house: House) -> None:
    await house.queued(4 * PLACES)
    frozen = house.worker(OPTIONS)
    await stocked(house, frozen)

    house.clock.advance(timedelta(hours=1))
    house.provider.release()
    await settle(house)

    assert len(house.provider.calls) == 2 * PLACES
    await run(house.reaper(), house.dispatcher(), frozen)
    await house.wait(timedelta(minutes=1), house.reaper(), house.dispatcher(), frozen)
    assert await house.tally() == {"sent": 4 * PLACES}


async def test_an_outage_sends_back_what_was_claimed_ahead(house: House) -> None:
    await house.queued(4 * PLACES)
    worker = house.worker(worker_options(concurrency=PLACES, breaker=BreakerRule(window=5, failures=1)))
    await stocked(house, worker)

    house.provider.script(Deferred("away", outage=True))
    house.provider.release()
    await run(worker)

    assert worker.breaker == "open"
    assert len(house.provider.calls) == 2 * PLACES
    assert {delivery.attempts for delivery in await house.deliveries(Status.RETRYING)} == {0}
    assert (await house.tally()).keys() == {"sent", "retrying", "queued"}


async def test_draining_sends_what_was_claimed_ahead(house: House) -> None:
    await house.queued(4 * PLACES)
    worker = house.worker(OPTIONS)
    await stocked(house, worker)

    house.provider.release()
    await worker.drain()

    assert await house.tally() == {"sent": 3 * PLACES, "queued": PLACES}


async def test_draining_gives_back_what_finds_no_place_within_the_grace(house: House) -> None:
    await house.queued(4 * PLACES)
    worker = house.worker(worker_options(concurrency=PLACES, grace=timedelta(0)))
    await stocked(house, worker)

    await worker.drain()

    assert len(house.provider.calls) == 2 * PLACES
    assert await house.tally() == {"sent": PLACES, "retrying": 2 * PLACES, "queued": PLACES}


async def test_nothing_is_claimed_ahead_where_a_crash_would_leave_it_for_a_person(house: House) -> None:
    await house.queued(4 * PLACES)
    house.provider = RecordingProvider(recognises_repeats=False)
    worker = house.worker(worker_options(concurrency=PLACES, on_unknown=OnUnknown.HOLD))
    await worker.step()
    house.provider.hold()

    await run(worker)

    assert await house.tally() == {"sent": PLACES, "sending": PLACES, "queued": 2 * PLACES}


async def test_no_more_is_claimed_ahead_than_the_limit_lets_through(house: House) -> None:
    await house.queued(4 * PLACES)
    worker = house.worker(worker_options(concurrency=PLACES, rate=limit_of(PLACES + 2)))
    await worker.step()
    house.provider.hold()

    await run(worker)

    assert await house.tally() == {"sent": PLACES, "sending": 2, "queued": 3 * PLACES - 2}


async def test_a_limit_holds_for_what_is_claimed_ahead(house: House) -> None:
    await house.queued(6 * PLACES)
    at: list[datetime] = []

    def answer(message: Message) -> Outcome:
        at.append(house.clock.now())
        return Delivered(str(message.key))

    house.provider.answer = answer
    await house.wait(timedelta(seconds=10), house.worker(worker_options(concurrency=PLACES, rate=limit_of(8))))

    assert max(sum(begin <= each < begin + timedelta(seconds=1) for each in at) for begin in at) <= 8
    assert await house.tally() == {"sent": 6 * PLACES}
