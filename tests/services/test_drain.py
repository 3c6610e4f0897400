"""Shutdown: drain, then fence, then stop."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from natalis.domain.delivery import Status
from natalis.ports.recovery import Reaped
from natalis.services.worker import OnUnknown
from natalis.testing.house import House, run, worker_options
from natalis.testing.recording_provider import RecordingProvider
from natalis.transports.embedded import EmbeddedTransport


async def test_calls_under_way_end_and_are_written_before_it_stops(house: House) -> None:
    await house.queued(10)
    house.provider.hold()
    worker = house.worker()
    await worker.step()

    draining = asyncio.ensure_future(worker.drain())
    await asyncio.wait({draining}, timeout=0.01)
    assert not draining.done()
    house.provider.release()
    await draining

    assert await house.tally() == {"sent": 10}


async def test_a_call_that_outlasts_the_grace_is_given_up_as_unknown_and_leaves_nothing_under_way(
    house: House,
) -> None:
    keys = await house.queued(3)
    house.provider.hold()
    worker = house.worker(worker_options(grace=timedelta(seconds=25)))
    await worker.step()

    draining = asyncio.ensure_future(worker.drain())
    await asyncio.wait({draining}, timeout=0.01)
    house.clock.advance(timedelta(seconds=25))
    await draining

    assert await house.tally() == {"retrying": 3}
    assert {(await house.attempts(key))[0].outcome for key in keys} == {"unknown"}
    assert house.provider.in_flight == 0


async def test_such_a_call_is_held_for_a_person_where_the_policy_says_so(house: House) -> None:
    (key,) = await house.queued(1)
    house.provider = RecordingProvider(recognises_repeats=False)
    house.provider.hold()
    worker = house.worker(worker_options(grace=timedelta(0), on_unknown=OnUnknown.HOLD))
    await worker.step()

    await worker.drain()

    assert (await house.delivery(key)).status is Status.FAILED


async def test_parcels_that_were_not_claimed_go_back_to_the_queue(house: House) -> None:
    await house.due(5)
    mine = EmbeddedTransport(house.clock, house.queue)
    worker = house.worker(worker_options(patience=timedelta(seconds=60)), transport=mine)
    step = asyncio.ensure_future(worker.step())
    await asyncio.wait({step}, timeout=0.01)
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)
    await run(house.dispatcher())
    await asyncio.wait({step}, timeout=0.01)

    await worker.drain()
    await mine.close()

    assert await house.transport.depth() == 5
    assert await house.tally() == {"queued": 5}


async def test_a_drained_worker_takes_nothing_more_from_the_queue(house: House) -> None:
    await house.due(5)
    worker = house.worker(worker_options(patience=timedelta(seconds=60)))
    step = asyncio.ensure_future(worker.step())
    await asyncio.wait({step}, timeout=0.01)
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)

    await worker.drain()
    await run(house.dispatcher())
    await asyncio.wait({step}, timeout=0.01)

    assert await house.transport.depth() == 5


async def test_draining_with_nothing_under_way_is_over_at_once(house: House) -> None:
    await house.worker().drain()
    await house.planner().drain()
    await house.dispatcher().drain()
    await house.reaper().drain()

    assert await house.tally() == {}


async def test_what_a_process_leaves_behind_in_its_embedded_queue_is_found_at_the_next_start(house: House) -> None:
    await house.queued(5)
    house.queue.keys.clear()  # the process died with the keys in its memory

    reaped = await house.store.recovery.reclaim(now=house.clock.now(), hold=False)
    await run(house.dispatcher(), house.worker())

    assert isinstance(reaped, Reaped)
    assert await house.tally() == {"sent": 5}
