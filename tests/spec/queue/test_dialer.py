"""The dialer: which node, and when again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from natalis.clocks.virtual import VirtualClock
from natalis.domain.retry import RetryPolicy
from natalis.errors import TransportUnavailable
from natalis.testing.builders import NOON
from natalis.transports.rabbitmq.dialer import Dialer

NODES = ("a", "b", "c")
POLICY = RetryPolicy(base=timedelta(seconds=1), cap=timedelta(seconds=4))


@dataclass
class Line:
    address: str
    is_up: bool = True
    reason: str = "it fell"

    async def close(self) -> None:
        self.is_up = False


@dataclass
class Exchange:
    """Nodes that answer or not, and which were dialed."""

    down: set[str] = field(default_factory=set)
    dialed: list[str] = field(default_factory=list)

    async def dial(self, address: str) -> Line:
        self.dialed.append(address)
        await asyncio.wait({asyncio.ensure_future(_nothing())})
        if address in self.down:
            raise TransportUnavailable(f"{address} is down")
        return Line(address)


async def _nothing() -> None: ...


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOON)


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


def dialer(exchange: Exchange, clock: VirtualClock, *, draw: float = 0.0) -> Dialer[Line]:
    return Dialer(NODES, exchange.dial, policy=POLICY, clock=clock, random=lambda: draw)


async def test_a_line_is_kept_while_it_is_up(exchange: Exchange, clock: VirtualClock) -> None:
    dialing = dialer(exchange, clock)
    assert await dialing.line() is await dialing.line()
    assert exchange.dialed == ["a"]


async def test_many_who_ask_at_once_share_one_line(exchange: Exchange, clock: VirtualClock) -> None:
    dialing = dialer(exchange, clock)
    lines = await asyncio.gather(*(dialing.line() for _ in range(5)))
    assert len({id(line) for line in lines}) == 1
    assert exchange.dialed == ["a"]


async def test_a_line_that_fell_is_replaced_by_one_to_the_next_node_at_once(
    exchange: Exchange, clock: VirtualClock
) -> None:
    dialing = dialer(exchange, clock)
    line = await dialing.line()
    clock.advance(POLICY.base)
    line.is_up = False
    assert (await dialing.line()).address == "b"


async def test_a_line_that_falls_as_soon_as_it_is_up_is_not_replaced_in_a_rush(
    exchange: Exchange, clock: VirtualClock
) -> None:
    dialing = dialer(exchange, clock)
    (await dialing.line()).is_up = False
    with pytest.raises(TransportUnavailable, match="it fell"):
        await dialing.line()
    assert exchange.dialed == ["a"]


async def test_nodes_that_are_down_are_passed_over_without_a_pause(exchange: Exchange, clock: VirtualClock) -> None:
    exchange.down = {"a", "b"}
    assert (await dialer(exchange, clock).line()).address == "c"


async def test_processes_begin_with_different_nodes(exchange: Exchange, clock: VirtualClock) -> None:
    draws = (0.0, 0.34, 0.67, 0.999)
    assert [(await dialer(exchange, clock, draw=draw).line()).address for draw in draws] == ["a", "b", "c", "c"]


async def test_when_all_are_down_each_is_named(exchange: Exchange, clock: VirtualClock) -> None:
    exchange.down = set(NODES)
    with pytest.raises(TransportUnavailable, match="a is down; b is down; c is down"):
        await dialer(exchange, clock).line()


async def test_after_a_round_in_vain_nobody_is_dialed_until_a_drawn_pause_is_over(
    exchange: Exchange, clock: VirtualClock
) -> None:
    exchange.down = set(NODES)
    dialing = dialer(exchange, clock, draw=0.5)
    for pause in (0.5, 1.0, 2.0, 2.0):  # half of 1, 2, 4 and 4 s
        with pytest.raises(TransportUnavailable):
            await dialing.line()
        exchange.dialed.clear()
        clock.advance(timedelta(seconds=pause) - timedelta(microseconds=1))
        with pytest.raises(TransportUnavailable):
            await dialing.line()
        assert exchange.dialed == []
        clock.advance(timedelta(microseconds=1))


async def test_one_who_has_patience_is_served_as_soon_as_a_node_is_back(
    exchange: Exchange, clock: VirtualClock
) -> None:
    exchange.down = set(NODES)
    dialing = dialer(exchange, clock, draw=0.5)
    waiting = asyncio.ensure_future(dialing.line_within(timedelta(seconds=30)))
    await _settled(waiting)
    exchange.down = set()
    clock.advance(timedelta(milliseconds=500))
    assert (await waiting).address in NODES


async def test_patience_ends(exchange: Exchange, clock: VirtualClock) -> None:
    exchange.down = set(NODES)
    waiting = asyncio.ensure_future(dialer(exchange, clock, draw=0.5).line_within(timedelta(seconds=3)))
    for _ in range(8):
        await _settled(waiting)
        clock.advance(timedelta(milliseconds=500))
    with pytest.raises(TransportUnavailable):
        await waiting


async def test_one_who_stops_waiting_takes_no_other_s_line_away(exchange: Exchange, clock: VirtualClock) -> None:
    dialing = dialer(exchange, clock)
    impatient, patient = (asyncio.ensure_future(dialing.line()) for _ in range(2))
    await asyncio.wait({asyncio.ensure_future(_nothing())})
    impatient.cancel()
    assert (await patient).address == "a"


async def _settled(task: asyncio.Task[Line]) -> None:
    """Let others run for a while."""
    for _ in range(50):
        await asyncio.wait({task, asyncio.ensure_future(_nothing())}, return_when=asyncio.FIRST_COMPLETED)
