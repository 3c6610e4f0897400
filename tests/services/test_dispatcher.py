"""The dispatcher."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest

from natalis.domain.delivery import DeliveryKey, Status
from natalis.domain.events import Dispatched, Missed
from natalis.domain.rate import Rate, WarmUp
from natalis.errors import TransportUnavailable
from natalis.ports.outbox import Due, Postponed, Queued
from natalis.ports.service import Step
from natalis.services.dispatcher import DispatcherOptions, decide
from natalis.testing.house import NINE, House, run
from natalis.transports.embedded import EmbeddedTransport

AN_HOUR_LATER = "Etc/GMT+1"
"""Where nine o'clock is ten in UTC: POSIX counts westward."""


class Flaky(EmbeddedTransport):
    """Publishes, and then says that it could not."""

    failures = 1

    async def publish(self, keys: Sequence[DeliveryKey]) -> None:
        """Publish; the confirmation is lost."""
        await super().publish(keys)
        if self.failures:
            self.failures -= 1
            raise TransportUnavailable("the connection broke")


async def waiting(house: House) -> list[DeliveryKey]:
    """Empty the queue."""
    return [parcel.key for parcel in await house.transport.receive(10_000, patience=timedelta(0))]


async def test_a_delivery_is_published_and_marked_the_moment_it_is_due(house: House) -> None:
    (key,) = await house.planned(1)
    dispatcher = house.dispatcher()

    assert await dispatcher.step() == Step(worked=False, wake_at=NINE)
    house.clock.advance_to(NINE - timedelta(microseconds=1000))
    assert not (await dispatcher.step()).worked
    house.clock.advance_to(NINE)
    assert (await dispatcher.step()).worked

    assert await waiting(house) == [key]
    assert (await house.delivery(key)).status is Status.QUEUED
    assert house.telemetry.of(Dispatched) == [Dispatched(1, late=0)]


async def test_with_nothing_planned_it_does_not_know_when_there_will_be_something(house: House) -> None:
    assert await house.dispatcher().step() == Step(worked=False, wake_at=None)


async def test_what_is_on_time_goes_before_what_is_late(house: House) -> None:
    on_time = await house.planned(2, timezone=AN_HOUR_LATER)
    late = await house.due(3)
    house.clock.advance(timedelta(hours=1))

    await house.dispatcher().step()

    assert set((await waiting(house))[:2]) == set(on_time)
    assert house.telemetry.of(Dispatched) == [Dispatched(len(late) + len(on_time), late=len(late))]


async def test_late_deliveries_go_out_at_a_capped_rate_while_those_on_time_are_not_held_up(house: House) -> None:
    await house.planned(1, timezone=AN_HOUR_LATER)
    await house.due(40)
    house.clock.advance(timedelta(hours=1))
    dispatcher = house.dispatcher(DispatcherOptions(catch_up=Rate(10, burst=10)))

    gone = []
    for _ in range(4):
        await run(dispatcher)
        gone.append(len(await waiting(house)))
        house.clock.advance(timedelta(seconds=1))

    assert gone == [11, 10, 10, 10]


async def test_a_dispatcher_that_the_catch_up_rate_holds_back_rests_instead_of_spinning(house: House) -> None:
    await house.due(40)
    house.clock.advance(timedelta(hours=1))
    dispatcher = house.dispatcher(DispatcherOptions(catch_up=Rate(10, burst=10), pause=timedelta(milliseconds=200)))

    await dispatcher.step()

    assert await dispatcher.step() == Step(worked=False, wake_at=house.clock.now() + timedelta(milliseconds=200))


async def test_what_was_not_sent_within_its_window_is_missed_wherever_it_waits(house: House) -> None:
    keys = await house.due(3)
    await house.dispatcher(DispatcherOptions(depth_limit=1)).step()

    house.clock.advance(timedelta(hours=24))
    await run(house.dispatcher())

    assert await house.tally() == {"missed": 3}
    assert {key for event in house.telemetry.of(Missed) for key in event.keys} == set(keys)


async def test_what_is_late_but_within_its_window_is_still_sent(house: House) -> None:
    await house.due(1)

    house.clock.advance(timedelta(hours=23, minutes=59))
    await run(house.dispatcher(), house.worker())

    assert await house.tally() == {"sent": 1}


async def test_no_more_is_published_than_the_queue_may_hold(house: House) -> None:
    await house.due(25)
    dispatcher = house.dispatcher(DispatcherOptions(depth_limit=10))

    await run(dispatcher)

    assert await house.transport.depth() == 10
    assert await dispatcher.step() == Step(worked=False, wake_at=NINE + timedelta(milliseconds=100))
    await run(house.worker(), dispatcher)
    assert await house.tally() == {"sent": 25}


async def test_each_receiving_domain_has_a_rate_of_its_own(house: House) -> None:
    slow = set(await house.planned(25, domain="slow.example"))
    other = set(await house.due(3, domain="other.example"))
    dispatcher = house.dispatcher(DispatcherOptions(domain=Rate(10, burst=10)))

    gone = []
    for _ in range(3):
        await run(dispatcher)
        gone.append(await waiting(house))
        house.clock.advance(timedelta(seconds=1))

    assert other < set(gone[0])
    assert [len(slow & set(keys)) for keys in gone] == [10, 10, 5]


async def test_a_domains_rate_holds_over_many_batches(house: House) -> None:
    await house.due(25)

    await run(house.dispatcher(DispatcherOptions(domain=Rate(10, burst=10), batch=4)))

    assert len(await waiting(house)) == 10


async def test_what_a_domains_rate_postpones_comes_back_spread_out(house: House) -> None:
    await house.due(4)
    dispatcher = house.dispatcher(DispatcherOptions(domain=Rate(1), catch_up=None))

    await run(dispatcher)

    instants = sorted((delivery.due_at - NINE).total_seconds() for delivery in await house.deliveries())
    assert instants == [0, 1, 2, 3]
    assert await dispatcher.step() == Step(worked=False, wake_at=NINE + timedelta(seconds=1))


async def test_a_new_sender_begins_with_a_trickle(house: House) -> None:
    await house.due(100)
    options = DispatcherOptions(domain=Rate(100, burst=100), warm_up=WarmUp(began_at=NINE, first=0.05))

    await run(house.dispatcher(options))

    assert len(await waiting(house)) == 5


async def test_when_publishing_fails_nothing_is_marked_and_everything_is_published_again(house: House) -> None:
    keys = await house.due(5)
    flaky = Flaky(house.clock, house.queue)
    dispatcher = house.dispatcher(transport=flaky)

    with pytest.raises(TransportUnavailable):
        await dispatcher.step()
    assert await house.tally() == {"scheduled": 5}
    await run(dispatcher)

    assert Counter(await waiting(house)) == dict.fromkeys(keys, 2)
    assert await house.tally() == {"queued": 5}


async def test_a_crash_between_publishing_and_marking_sends_nobody_two_messages(house: House) -> None:
    await house.due(5)
    dispatcher = house.dispatcher(transport=Flaky(house.clock, house.queue))
    with pytest.raises(TransportUnavailable):
        await dispatcher.step()

    await run(dispatcher, house.worker())

    assert await house.tally() == {"sent": 5}
    assert len(house.provider.calls) == 5


async def test_two_dispatchers_at_once_publish_everything_once(house: House) -> None:
    keys = await house.due(100)
    dispatchers = [house.dispatcher(DispatcherOptions(batch=7)) for _ in range(2)]

    await asyncio.gather(*(run(dispatcher) for dispatcher in dispatchers))

    assert Counter(await waiting(house)) == dict.fromkeys(keys, 1)


def test_without_a_domain_rate_everything_goes() -> None:
    dues = [Due(DeliveryKey(str(number), "birthday", NINE.date()), NINE, NINE, "example.org") for number in range(3)]

    disposals, lanes = decide(dues, {}, None, grid=timedelta(milliseconds=100), now=NINE)

    assert disposals == [Queued(due.key) for due in dues]
    assert lanes == {}


def test_postponed_instants_lie_on_a_grid_so_that_few_steps_serve_many_domains() -> None:
    dues = [
        Due(DeliveryKey(f"{number}", "birthday", NINE.date()), NINE, NINE, f"domain-{number % 20}.example")
        for number in range(200)
    ]

    disposals, _ = decide(dues, {}, Rate(7), grid=timedelta(milliseconds=100), now=NINE)

    untils = {disposal.until for disposal in disposals if isinstance(disposal, Postponed)}
    assert all(until.microsecond % 100_000 == 0 for until in untils)
    assert NINE < min(untils) <= NINE + timedelta(milliseconds=200)
