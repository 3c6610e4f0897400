"""The witness: whether, and how soon, deliveries flow."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from natalis.clocks.virtual import VirtualClock
from natalis.mock_provider.server import Letter
from natalis.testing.chaos.witness import NeverRecovered, Witness

START = datetime(2026, 6, 1, tzinfo=UTC)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def witness(clock: VirtualClock) -> Witness:
    return Witness(clock)


def deliver(witness: Witness, clock: VirtualClock, email: str, at: float) -> None:
    clock.advance_to(START + seconds(at))
    witness.delivered(Letter(email, "Hey"))


async def test_flow_is_the_next_message_whoever_it_is_for(witness: Witness, clock: VirtualClock) -> None:
    deliver(witness, clock, "early@example.org", 1)
    deliver(witness, clock, "next@example.org", 5)
    assert await witness.flow_since(seconds(2), within=seconds(10)) == seconds(3)


async def test_passage_is_the_first_message_of_somebody_who_came_afterwards(
    witness: Witness, clock: VirtualClock
) -> None:
    witness.took_in("before@example.org")
    clock.advance(seconds(2))
    passage = asyncio.create_task(witness.passage_since(seconds(1), within=seconds(10)))
    await asyncio.wait({passage}, timeout=0)
    witness.took_in("after@example.org")
    deliver(witness, clock, "before@example.org", 3)
    await asyncio.wait({passage}, timeout=0)
    assert not passage.done()
    deliver(witness, clock, "after@example.org", 4)
    assert await passage == seconds(3)


async def test_it_says_so_when_deliveries_never_flow_again(witness: Witness, clock: VirtualClock) -> None:
    witness.took_in("waiting@example.org")
    waiting = asyncio.create_task(witness.flow_since(seconds(0), within=seconds(5)))
    await asyncio.wait({waiting}, timeout=0)
    clock.advance(seconds(6))
    with pytest.raises(NeverRecovered, match="1 wait"):
        await waiting


def test_the_longest_stall_reaches_from_the_beginning_to_the_end(witness: Witness, clock: VirtualClock) -> None:
    for at in (1, 2, 7):
        deliver(witness, clock, f"{at}@example.org", at)
    assert witness.longest_stall(seconds(0), seconds(8)) == seconds(5)
    assert witness.longest_stall(seconds(0), seconds(20)) == seconds(13)
