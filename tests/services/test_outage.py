"""An outage pauses delivery; it does not burn attempts."""

from __future__ import annotations

from datetime import timedelta

from natalis.domain.breaker import BreakerRule
from natalis.domain.delivery import Status
from natalis.domain.events import BreakerMoved
from natalis.domain.message import Message
from natalis.domain.outcome import Deferred, Delivered, Outcome, Refused, Unknown
from natalis.domain.retry import RetryPolicy
from natalis.ports.service import Step
from natalis.testing.house import NINE, House, run, worker_options

RULE = BreakerRule(window=10, failures=5, pause=timedelta(seconds=5), longest_pause=timedelta(seconds=20), probes=2)
OPTIONS = worker_options(concurrency=10, breaker=RULE, retry=RetryPolicy(max_attempts=2, base=timedelta(seconds=1)))
OUTAGE = Deferred("connection refused", outage=True)


class Switch:
    """Answers as the provider's health has it."""

    def __init__(self, house: House, ill: Outcome = OUTAGE) -> None:
        self._house = house
        self._ill = ill
        self.ill_until = NINE

    def answer(self, message: Message) -> Outcome:
        """Answer one call."""
        return self._ill if self._house.clock.now() < self.ill_until else Delivered(str(message.key))


async def test_an_outage_pauses_delivery_and_everything_is_sent_afterwards_with_no_attempt_burnt(house: House) -> None:
    await house.queued(60)
    switch = Switch(house)
    switch.ill_until = NINE + timedelta(minutes=30)
    house.provider.answer = switch.answer

    dispatcher, worker = house.dispatcher(), house.worker(OPTIONS)
    await house.wait(timedelta(minutes=30), dispatcher, worker)
    calls_in_vain = len(house.provider.calls)
    await house.wait(timedelta(minutes=2), dispatcher, worker)

    assert await house.tally() == {"sent": 60}
    assert {delivery.attempts for delivery in await house.deliveries()} == {1}
    assert calls_in_vain < 10 + 2 * 30 * 60 / 20 + 20


async def test_calls_that_time_out_open_it_too_and_burn_no_attempts_once_it_is_open(house: House) -> None:
    await house.queued(60)
    switch = Switch(house, Unknown("no answer"))
    switch.ill_until = NINE + timedelta(minutes=10)
    house.provider.answer = switch.answer

    await house.wait(timedelta(minutes=13), house.dispatcher(), house.worker(OPTIONS))

    assert await house.tally() == {"sent": 60}


async def test_while_it_is_open_nothing_is_received_and_the_step_says_when_it_will_be(house: House) -> None:
    await house.queued(60)
    house.provider.script(*[OUTAGE] * 10)
    worker = house.worker(OPTIONS)
    await run(worker)

    assert worker.breaker == "open"
    assert await house.transport.depth() == 50
    assert await worker.step() == Step(worked=False, wake_at=NINE + RULE.pause)
    assert await house.transport.depth() == 50


async def test_it_tells_of_every_move(house: House) -> None:
    await house.queued(60)
    house.provider.script(*[OUTAGE] * 12)

    await house.wait(timedelta(seconds=20), house.worker(OPTIONS))

    moves = [event.state for event in house.telemetry.of(BreakerMoved)]
    assert moves == ["open", "half-open", "open", "half-open", "closed"]


async def test_parcels_received_when_it_opened_meanwhile_go_back_uncalled_and_unburnt(house: House) -> None:
    keys = await house.queued(20)
    first, later = keys[:10], keys[10:]
    house.queue.keys.clear()
    worker = house.worker(worker_options(concurrency=20, breaker=RULE, patience=timedelta(seconds=60)))
    await house.transport.publish(first)
    house.provider.hold()
    house.provider.script(*[OUTAGE] * 10)
    while worker.in_flight < 10:
        await worker.step()
    house.provider.release()
    await worker.step()
    assert worker.breaker == "open"

    await house.transport.publish(later)
    while await house.transport.depth() or "queued" in await house.tally():
        await worker.step()
    while "sending" in await house.tally():
        await worker.step()

    assert len(house.provider.calls) == 10
    deliveries = [await house.delivery(key) for key in later]
    assert {(delivery.status, delivery.attempts) for delivery in deliveries} == {(Status.RETRYING, 0)}
    assert min(delivery.due_at for delivery in deliveries) >= NINE + RULE.pause


async def test_recipients_who_are_refused_do_not_open_it(house: House) -> None:
    await house.queued(60)
    house.provider.script(*[Refused("550 no such mailbox")] * 60)

    await run(house.worker(OPTIONS))

    assert house.telemetry.of(BreakerMoved) == []
    assert await house.tally() == {"failed": 60}


async def test_an_outage_longer_than_the_window_ends_in_missed_and_not_in_silence(house: House) -> None:
    await house.queued(20)
    switch = Switch(house)
    switch.ill_until = NINE + timedelta(days=2)
    house.provider.answer = switch.answer
    dispatcher, worker = house.dispatcher(), house.worker(OPTIONS)

    for _ in range(25 * 6):
        await run(dispatcher, worker)
        house.clock.advance(timedelta(minutes=10))

    assert await house.tally() == {"missed": 20}
