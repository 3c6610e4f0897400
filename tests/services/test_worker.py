"""The worker: from the queue to the provider, and what becomes of each outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from natalis.domain.delivery import Delivery, DeliveryKey, Status
from natalis.domain.events import AttemptEnded, Missed, Quarantined
from natalis.domain.limit import Limit, limit_of
from natalis.domain.message import Message
from natalis.domain.outcome import Deferred, Outcome, Refused, Unknown
from natalis.domain.retry import RetryPolicy
from natalis.domain.user import Profile
from natalis.errors import ProviderUnavailable, TransportUnavailable
from natalis.ports.service import Step
from natalis.ports.suppressions import Suppression
from natalis.ports.transport import Parcel
from natalis.services.worker import OnUnknown
from natalis.testing.house import NINE, House, plain_message, run, worker_options
from natalis.testing.recording_provider import RecordingProvider
from natalis.transports.embedded import EmbeddedTransport

POLICY = RetryPolicy(max_attempts=3, base=timedelta(seconds=10), cap=timedelta(minutes=10))


async def test_what_is_queued_is_sent_once_and_the_provider_sees_its_idempotency_key(house: House) -> None:
    keys = await house.queued(250)

    await run(house.worker())

    assert await house.tally() == {"sent": 250}
    assert house.provider.accepted == {str(key): 1 for key in keys}
    assert (await house.delivery(keys[0])).provider_id == f"recorded-{keys[0]}"


async def test_it_tells_of_every_attempt_what_metrics_and_logs_need(house: House) -> None:
    (key,) = await house.queued(1)
    house.clock.advance(timedelta(seconds=61))

    await run(house.worker())

    assert house.telemetry.of(AttemptEnded) == [
        AttemptEnded(
            key=key,
            outcome="delivered",
            final=True,
            full_name="Ada Lovelace",
            timezone="Etc/UTC",
            fire_at=NINE,
            finished_at=NINE + timedelta(seconds=61),
            took=timedelta(0),
            late=True,
        )
    ]


async def test_a_kind_has_its_own_tolerance_before_a_message_counts_as_late(house: House) -> None:
    await house.queued(1)
    house.clock.advance(timedelta(seconds=61))

    await run(house.worker(worker_options(tolerances={"birthday": timedelta(minutes=5)})))

    assert not house.telemetry.of(AttemptEnded)[0].late


async def test_a_key_that_the_queue_carries_twice_is_sent_once(house: House) -> None:
    keys = await house.queued(5)
    await house.transport.publish([*keys, *keys])

    await run(house.worker(), house.worker(worker_options(worker_id="worker-2")))

    assert len(house.provider.calls) == 5
    assert await house.tally() == {"sent": 5}
    assert await house.transport.depth() == 0


async def test_it_never_has_more_calls_under_way_than_it_may(house: House) -> None:
    await house.queued(50)
    house.provider.hold()
    worker = house.worker(worker_options(concurrency=7))

    for _ in range(5):
        await worker.step()
    assert worker.in_flight == 7
    house.provider.release()
    await run(worker)

    assert house.provider.peak == 7
    assert await house.tally() == {"sent": 50}


async def test_a_slow_call_holds_up_nobody_else(house: House) -> None:
    slow, *others = await house.queued(40)
    house.provider.hold(lambda message: message.key == slow)
    worker = house.worker(worker_options(concurrency=4))

    await run(worker)

    assert await house.tally() == {"sent": len(others), "sending": 1}
    house.provider.release()
    await run(worker)
    assert await house.tally() == {"sent": 40}


async def test_a_deferred_message_goes_back_to_the_store_and_leaves_its_slot_free(house: House) -> None:
    (key,) = await house.queued(1)
    house.provider.script(Deferred("421 try later"))
    worker = house.worker(worker_options(retry=POLICY), draw=0.5)

    await run(worker)

    delivery = await house.delivery(key)
    assert (delivery.status, delivery.due_at, delivery.attempts) == (Status.RETRYING, NINE + timedelta(seconds=5), 1)
    assert worker.in_flight == 0


async def test_a_deferred_message_is_sent_when_it_is_due_again(house: House) -> None:
    (key,) = await house.queued(1)
    house.provider.script(Deferred("421 try later"))
    dispatcher, worker = house.dispatcher(), house.worker(worker_options(retry=POLICY))

    await house.wait(timedelta(seconds=4), dispatcher, worker)
    assert (await house.delivery(key)).status is Status.RETRYING
    await house.wait(timedelta(seconds=1), dispatcher, worker)

    assert (await house.delivery(key)).status is Status.SENT
    assert [attempt.outcome for attempt in await house.attempts(key)] == ["deferred", "delivered"]


async def test_the_providers_retry_after_is_honoured(house: House) -> None:
    (key,) = await house.queued(1)
    house.provider.script(Deferred("429", retry_after=timedelta(minutes=7)))

    await run(house.worker(draw=0.0))

    assert (await house.delivery(key)).due_at == NINE + timedelta(minutes=7)


async def test_after_the_last_attempt_it_fails_and_says_why(house: House) -> None:
    (key,) = await house.queued(1)
    house.provider.script(*[Deferred("421 try later")] * 10)

    await house.wait(timedelta(minutes=2), house.dispatcher(), house.worker(worker_options(retry=POLICY)))

    delivery = await house.delivery(key)
    assert (delivery.status, delivery.attempts, len(house.provider.calls)) == (Status.FAILED, 3, 3)
    assert "gave up after 3 attempts: 421 try later" in delivery.reason


async def test_a_refusal_fails_at_once(house: House) -> None:
    (key,) = await house.queued(1)
    house.provider.script(Refused("550 no such mailbox"))

    await house.wait(timedelta(minutes=2), house.dispatcher(), house.worker())

    assert (await house.delivery(key)).status is Status.FAILED
    assert len(house.provider.calls) == 1


async def test_what_would_be_tried_again_after_its_window_is_missed(house: House) -> None:
    (key,) = await house.queued(1)
    house.provider.script(Deferred("come back tomorrow", retry_after=timedelta(hours=25)))

    await run(house.worker())

    assert (await house.delivery(key)).status is Status.MISSED
    assert house.telemetry.of(Missed) == [Missed((key,))]


async def test_an_unknown_outcome_is_tried_again_where_the_provider_recognises_repeats(house: House) -> None:
    (key,) = await house.queued(1)
    house.provider.script(Unknown("no answer"))
    services = house.dispatcher(), house.worker(worker_options(on_unknown=OnUnknown.HOLD))

    await run(*services)
    assert (await house.delivery(key)).may_have_arrived
    await house.wait(timedelta(seconds=2), *services)

    assert [attempt.outcome for attempt in await house.attempts(key)] == ["unknown", "delivered"]


@pytest.mark.parametrize(("policy", "status"), [(OnUnknown.HOLD, Status.FAILED), (OnUnknown.RETRY, Status.RETRYING)])
async def test_an_unknown_outcome_follows_the_policy_where_the_provider_does_not(
    house: House, policy: OnUnknown, status: Status
) -> None:
    (key,) = await house.queued(1)
    house.provider = RecordingProvider(recognises_repeats=False)
    house.provider.script(Unknown("no answer"))

    await run(house.worker(worker_options(on_unknown=policy)))

    delivery = await house.delivery(key)
    assert (delivery.status, delivery.may_have_arrived) == (status, True)
    assert [event.outcome for event in house.telemetry.of(AttemptEnded)] == ["unknown"]


async def test_a_call_without_an_answer_ends_as_unknown(house: House) -> None:
    (key,) = await house.queued(1)
    house.provider.hold()
    worker = house.worker(worker_options(call_timeout=timedelta(milliseconds=1), patience=timedelta(seconds=30)))

    while (await house.delivery(key)).status in {Status.QUEUED, Status.SENDING}:
        await worker.step()

    (attempt,) = await house.attempts(key)
    assert (attempt.outcome, attempt.detail) == ("unknown", "no answer within 0.001 s")
    await worker.drain()


@pytest.mark.parametrize(
    ("error", "outcome"), [(ProviderUnavailable("no route"), "deferred"), (RuntimeError("bug"), "unknown")]
)
async def test_a_provider_that_raises_harms_its_own_message_only(house: House, error: Exception, outcome: str) -> None:
    await house.queued(3)
    house.provider.script(error)

    await run(house.worker())

    assert await house.tally() == {"sent": 2, "retrying": 1}
    assert sorted(event.outcome for event in house.telemetry.of(AttemptEnded)) == sorted(["delivered"] * 2 + [outcome])


async def test_a_message_that_cannot_be_written_fails_alone_visibly_and_replayably(house: House) -> None:
    poison, *others = await house.queued(10)

    def write(delivery: Delivery, profile: Profile, _since: int | None) -> Message:
        if delivery.key == poison:
            raise KeyError("nickname")
        return plain_message(delivery, profile)

    await run(house.worker(write_message=write))

    assert await house.tally() == {"sent": len(others), "failed": 1}
    assert house.telemetry.of(Quarantined)[0].user_id == poison.user_id
    assert "KeyError" in (await house.delivery(poison)).reason
    now = house.clock.now()
    await house.store.desk.move(
        poison, Status.SCHEDULED, now=now, expires_at=now + timedelta(hours=1), reason="template mended"
    )
    await run(house.dispatcher(), house.worker())
    assert (await house.delivery(poison)).status is Status.SENT


async def test_a_message_knows_the_year_in_which_the_occasion_began(house: House) -> None:
    told: list[int | None] = []

    def write(delivery: Delivery, profile: Profile, since: int | None) -> Message:
        told.append(since)
        return plain_message(delivery, profile)

    (key,) = await house.queued(1)
    await run(house.worker(write_message=write))

    assert told == [(await house.store.people.get(key.user_id)).user.profile.birthday.year]
    assert None not in told


async def test_a_suppression_between_planning_and_sending_withholds_the_message(house: House) -> None:
    first, *others = await house.queued(3)
    user = (await house.store.people.get(first.user_id)).user
    await house.store.suppressions.add(Suppression(user.profile.email, "unsubscribed", house.clock.now()))

    await run(house.worker())

    delivery = await house.delivery(first)
    assert delivery.status is Status.CANCELLED
    assert "unsubscribed" in delivery.reason
    assert {message.key for message in house.provider.calls} == set(others)


async def test_a_user_who_was_deleted_after_dispatch_is_not_written_to(house: House) -> None:
    first, second = await house.queued(2)
    await house.store.people.remove(first.user_id, now=house.clock.now(), erase=False)

    await run(house.worker())

    assert (await house.delivery(first)).status is Status.CANCELLED
    assert [message.key for message in house.provider.calls] == [second]


async def test_what_has_expired_in_the_queue_is_not_sent(house: House) -> None:
    await house.queued(1)
    house.clock.advance(timedelta(hours=24))

    await run(house.worker(), house.dispatcher())

    assert house.provider.calls == []
    assert await house.tally() == {"missed": 1}


async def test_a_row_that_kills_its_worker_again_and_again_ends_as_failed_without_another_call(house: House) -> None:
    (key,) = await house.queued(1)
    house.provider.hold()
    options = worker_options(retry=POLICY)
    dead = []
    for _ in range(POLICY.max_attempts):
        dead.append(house.worker(options))
        await dead[-1].step()
        house.clock.advance(timedelta(seconds=31))
        await run(house.reaper(), house.dispatcher())

    await run(house.worker(options))

    assert (await house.delivery(key)).status is Status.FAILED
    assert len(house.provider.calls) == 3
    house.provider.release()


async def test_it_calls_no_faster_than_the_providers_rate_and_says_when_it_may_go_on(house: House) -> None:
    await house.queued(25)
    worker = house.worker(worker_options(rate=limit_of(10)))

    made = []
    for _ in range(3):
        await run(worker)
        made.append(len(house.provider.calls))
        house.clock.advance(timedelta(seconds=1))

    assert made == [10, 20, 25]


async def test_held_back_by_the_rate_it_rests_until_the_next_may_go_and_leaves_the_rest_in_the_queue(
    house: House,
) -> None:
    await house.queued(5)
    worker = house.worker(worker_options(rate=Limit(1, timedelta(milliseconds=500))))
    await run(worker)

    assert await worker.step() == Step(worked=False, wake_at=NINE + timedelta(milliseconds=500))
    assert await house.transport.depth() == 4


async def test_with_nothing_to_do_and_no_patience_it_returns_at_once(house: House) -> None:
    assert await house.worker().step() == Step(worked=False, wake_at=None)


async def test_with_patience_it_waits_and_takes_up_a_key_the_moment_it_is_published(house: House) -> None:
    await house.due(1)
    worker = house.worker(worker_options(patience=timedelta(seconds=60)))
    step = asyncio.ensure_future(worker.step())
    await asyncio.wait({step}, timeout=0.01)
    assert not step.done()

    await house.dispatcher().step()

    assert (await step).worked
    await worker.step()
    assert await house.tally() == {"sent": 1}


async def test_a_queue_that_never_answers_is_an_error_and_not_an_idle_one(house: House) -> None:
    class Deaf(EmbeddedTransport):
        asked = 0

        async def receive(self, limit: int, *, patience: timedelta) -> Sequence[Parcel]:
            self.asked += 1
            await asyncio.get_running_loop().create_future()
            return await super().receive(limit, patience=patience)

    deaf = Deaf(house.clock)
    worker = house.worker(worker_options(patience=timedelta(milliseconds=1)), transport=deaf)
    assert not (await worker.step()).worked

    house.clock.advance(timedelta(seconds=31))
    with pytest.raises(TransportUnavailable):
        await worker.step()

    await worker.step()
    assert deaf.asked == 2
    await worker.drain()


async def test_ended_calls_are_completed_together(house: House) -> None:
    await house.queued(20)
    batches: list[int] = []

    class Counting:
        claim = house.store.inbox.claim
        renew = house.store.inbox.renew

        async def complete(self, completions: list[object]) -> object:
            batches.append(len(completions))
            return await house.store.inbox.complete(completions)  # type: ignore[arg-type] # passed on

    await run(house.worker(inbox=Counting()))  # type: ignore[arg-type] # as much of a protocol as it takes

    assert batches == [20]


@pytest.mark.parametrize("outcome", [Deferred("x"), Refused("x"), Unknown("x")])
async def test_what_the_provider_says_may_hold_anything(house: House, outcome: Outcome) -> None:
    keys: list[DeliveryKey] = await house.queued(2)
    awkward = type(outcome)("\x00\ud800" + "long" * 1000)
    house.provider.script(awkward)

    await run(house.worker())

    (attempt,) = await house.attempts(keys[0])
    assert len(attempt.detail) <= 600
