"""Readiness asks every dependency at once and waits for none longer than its patience."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from natalis.clocks.virtual import VirtualClock
from natalis.errors import StoreUnavailable
from natalis.testing.builders import NOON
from natalis.usecases.readiness import CheckReadiness, Dependency, State

CLOCK = VirtualClock(NOON)


async def fine() -> None:
    return None


async def test_all_that_answer_make_it_ready() -> None:
    found = await CheckReadiness({"store": fine, "queue": fine}, CLOCK).ready()
    assert found.ready
    assert [(each.name, each.state) for each in found.dependencies] == [
        ("store", State.READY),
        ("queue", State.READY),
    ]


async def test_without_dependencies_it_is_ready() -> None:
    assert (await CheckReadiness({}, CLOCK).ready()).ready


async def test_an_answer_is_shown() -> None:
    async def depth() -> int:
        return 12

    (queue,) = (await CheckReadiness({"queue": depth}, CLOCK).ready()).dependencies
    assert queue == Dependency("queue", State.READY, timedelta(0), "12")


async def test_one_that_fails_makes_it_unready_and_says_why() -> None:
    async def fails() -> None:
        raise StoreUnavailable("the disk is full")

    found = await CheckReadiness({"store": fails, "queue": fine}, CLOCK).ready()
    assert not found.ready
    assert found.dependencies[0] == Dependency("store", State.FAILING, timedelta(0), "the disk is full")
    assert found.dependencies[1].state is State.READY


async def test_an_error_nobody_expected_is_named_without_its_text() -> None:
    async def fails() -> None:
        raise OSError("postgres://ada:secret@db")

    (store,) = (await CheckReadiness({"store": fails}, CLOCK).ready()).dependencies
    assert (store.state, store.detail) == (State.FAILING, "OSError")


async def test_a_check_that_gives_up_is_failing() -> None:
    async def gives_up() -> None:
        raise asyncio.CancelledError

    (store,) = (await CheckReadiness({"store": gives_up}, CLOCK).ready()).dependencies
    assert store.state is State.FAILING


async def test_latency_is_measured() -> None:
    clock = VirtualClock(NOON)

    async def slow() -> None:
        clock.advance(timedelta(milliseconds=30))

    (store,) = (await CheckReadiness({"store": slow}, clock).ready()).dependencies
    assert store.latency == timedelta(milliseconds=30)


async def test_one_that_never_answers_is_silent_and_holds_up_nobody() -> None:
    clock, asked, cancelled = VirtualClock(NOON), asyncio.Event(), asyncio.Event()

    async def stuck() -> None:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    check = CheckReadiness({"store": stuck, "queue": fine}, clock, patience=timedelta(seconds=2))
    answer = asyncio.ensure_future(check.ready())
    await asked.wait()
    await clock.sleep(timedelta(0))
    clock.advance(timedelta(seconds=2))
    store, queue = (await answer).dependencies
    assert store == Dependency("store", State.SILENT, timedelta(seconds=2), "no answer within 2 s")
    assert queue.state is State.READY
    await asyncio.wait_for(cancelled.wait(), 5)


async def test_a_stuck_check_that_refuses_to_end_holds_up_nobody() -> None:
    clock, asked, may_end = VirtualClock(NOON), asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        asked.set()
        while not may_end.is_set():
            try:
                await may_end.wait()
            except asyncio.CancelledError:
                continue

    answer = asyncio.ensure_future(CheckReadiness({"store": stubborn}, clock).ready())
    await asked.wait()
    await clock.sleep(timedelta(0))
    clock.advance(timedelta(seconds=2))
    assert not (await answer).ready
    may_end.set()
