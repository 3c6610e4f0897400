"""Who starts which iteration when: k6's executors, one rule at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from time import perf_counter_ns
from typing import Any

import pytest

from plimsoll.load.client.client import Client
from plimsoll.load.crew import Crew
from plimsoll.load.division import Part
from plimsoll.load.executors import arriving, executor
from plimsoll.load.executors.base import Executor
from plimsoll.load.flow import Mix
from plimsoll.load.scenarios import (
    ConstantArrivalRate,
    ConstantVus,
    PerVuIterations,
    RampingArrivalRate,
    RampingVus,
    Scenario,
    SharedIterations,
    Stage,
)
from plimsoll.load.scopes import Scopes
from plimsoll.load.session import Session
from plimsoll.load.timer import LoopTimer, timer
from plimsoll.load.world import World
from plimsoll.measure.tallies import Counter

SHORT = timedelta(milliseconds=200)
NONE = timedelta(0)
Flow = Callable[[Session], Awaitable[None]]


class Ran:
    """What came of a scenario.

    Args:
        scenario: What to do.
        flow: How.
        part: Which part of it.
    """

    def __init__(self, scenario: Scenario, flow: Flow, part: Part = Part(0, 1)) -> None:  # noqa: B008 - a constant
        self.scopes = Scopes()
        self.client = Client()
        self.crew = Crew(scenario, Mix([flow], [1]), World(), self.client, self.scopes, part=part)
        self.executor: Executor = executor(self.crew)

        self.ended = self.dropped = self.interrupted = 0

    async def to_its_end(self) -> Ran:
        await self.executor.run(perf_counter_ns())
        self.client.close()
        counted = {metric.name: tally for metric, _, tally in self.crew.channel.drain()}
        self.ended, self.dropped, self.interrupted = (
            _whole(counted.get(f"{which}iterations")) for which in ("", "dropped_", "interrupted_")
        )
        return self


def _whole(tally: object) -> int:
    return round(tally.value) if isinstance(tally, Counter) else 0


async def quickly(session: Session) -> None:
    del session


async def forever(session: Session) -> None:
    del session
    await asyncio.Event().wait()


def open_for(length: timedelta, rate: float, most: int, **more: Any) -> ConstantArrivalRate:
    return ConstantArrivalRate(name="it", rate=rate, lasts=length, pre_allocated_vus=1, max_vus=most, **more)


async def test_every_arrival_is_begun_or_dropped() -> None:
    ran = await Ran(open_for(SHORT, 500, 3), quickly).to_its_end()

    assert ran.ended + ran.dropped == 100


async def test_what_is_still_overdue_well_after_the_end_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "_LAST_CHANCE", (0.0, 0.0))

    async def hog(_: Session) -> None:
        until = perf_counter_ns() + 5_000_000
        while perf_counter_ns() < until:
            pass

    ran = await Ran(open_for(SHORT, 1000, 3), hog).to_its_end()

    assert ran.ended + ran.dropped == 200
    assert ran.dropped > 0


async def test_an_arrival_that_finds_no_user_free_is_dropped() -> None:
    ran = await Ran(open_for(SHORT, 100, 3, graceful_stop=NONE), forever).to_its_end()

    assert ran.crew.made == 3
    assert ran.dropped == 17


async def test_what_a_ramp_asks_for_is_begun() -> None:
    stages = (Stage(SHORT, 400), Stage(SHORT, 0))
    scenario = RampingArrivalRate(name="it", stages=stages, pre_allocated_vus=50, max_vus=50)

    ran = await Ran(scenario, quickly).to_its_end()

    assert ran.ended + ran.dropped == 80


@pytest.mark.parametrize("parts", [2, 3])
async def test_parts_of_an_open_scenario_together_begin_what_the_whole_would(parts: int) -> None:
    every = [await Ran(open_for(SHORT, 500, 30), quickly, Part(n, parts)).to_its_end() for n in range(parts)]

    assert sum(ran.ended + ran.dropped for ran in every) == 100


async def test_each_user_does_its_iterations() -> None:
    done: list[tuple[int, int]] = []

    async def noted(session: Session) -> None:
        done.append((session.vu, session.iteration))
        await asyncio.sleep(0)  # noqa: TID251 - others get their turn

    await Ran(PerVuIterations(name="it", vus=3, iterations=2), noted).to_its_end()

    assert sorted(done) == [(vu, iteration) for vu in (1, 2, 3) for iteration in (0, 1)]


async def test_users_share_their_iterations() -> None:
    ran = await Ran(SharedIterations(name="it", vus=3, iterations=20), quickly).to_its_end()

    assert ran.ended == 20
    assert ran.dropped == 0


async def test_iterations_for_which_time_ran_out_are_dropped_and_counted() -> None:
    scenario = PerVuIterations(name="it", vus=2, iterations=5, max_duration=SHORT, graceful_stop=NONE)

    ran = await Ran(scenario, forever).to_its_end()

    assert ran.dropped == 8  # each user began one


async def test_constant_users_go_round_until_time_is_over_and_never_keep_one_another_from_running() -> None:
    turns: dict[int, int] = {}

    async def count(session: Session) -> None:
        turns[session.vu] = turns.get(session.vu, 0) + 1

    await Ran(ConstantVus(name="it", vus=3, lasts=SHORT), count).to_its_end()

    assert sorted(turns) == [1, 2, 3]
    assert min(turns.values()) > 1


async def test_an_iteration_under_way_at_the_end_may_end_gracefully() -> None:
    async def slowly(session: Session) -> None:
        await session.think(0.4)

    ran = await Ran(ConstantVus(name="it", vus=2, lasts=SHORT), slowly).to_its_end()

    assert (ran.ended, ran.interrupted) == (2, 0)


async def test_an_iteration_that_does_not_end_in_time_is_interrupted_and_counted_as_such() -> None:
    ran = await Ran(ConstantVus(name="it", vus=2, lasts=SHORT, graceful_stop=NONE), forever).to_its_end()

    assert (ran.ended, ran.interrupted) == (0, 2)
    assert ran.crew.busy == 0


async def test_users_of_a_ramp_come_and_go_by_index() -> None:
    seen: set[int] = set()

    async def note(session: Session) -> None:
        seen.add(session.vu)
        await session.think(0.005)

    stages = (Stage(SHORT, 4), Stage(NONE, 1), Stage(SHORT, 1))
    ran = await Ran(RampingVus(name="it", start_vus=0, stages=stages), note).to_its_end()

    assert {1, 2, 3} <= seen <= {1, 2, 3, 4}
    assert ran.crew.busy == 0


async def test_a_user_of_a_ramp_that_does_not_go_in_time_is_interrupted() -> None:
    stages = (Stage(NONE, 0), Stage(SHORT, 0))
    scenario = RampingVus(name="it", start_vus=2, stages=stages, graceful_ramp_down=NONE, graceful_stop=SHORT)

    ran = await Ran(scenario, forever).to_its_end()

    assert ran.crew.busy == 0
    assert (ran.ended, ran.interrupted) == (0, 2)


@pytest.mark.parametrize(
    "scenario",
    [
        open_for(timedelta(hours=1), 100, 5),
        ConstantVus(name="it", vus=2, lasts=timedelta(hours=1)),
        RampingVus(name="it", start_vus=2, stages=(Stage(timedelta(hours=1), 2),)),
        PerVuIterations(name="it", vus=2, iterations=10**9),
        ConstantVus(name="it", vus=2, lasts=timedelta(hours=1), starts_after=timedelta(hours=1)),
    ],
)
async def test_whatever_runs_can_be_stopped(scenario: Scenario) -> None:
    ran = Ran(scenario, quickly)
    running = asyncio.ensure_future(ran.to_its_end())
    await asyncio.sleep(0.05)  # noqa: TID251 - let it begin

    ran.executor.stop(NONE)

    await running
    assert ran.crew.busy == 0


async def test_a_timer_rings_at_its_instant_and_not_before() -> None:
    loop = asyncio.get_running_loop()
    for make in (timer, LoopTimer):
        rung = loop.create_future()
        made = make(loop, lambda rung=rung: rung.set_result(perf_counter_ns()))  # type: ignore[misc]  # bound now
        due = perf_counter_ns() + 20_000_000
        made.set(perf_counter_ns() + 3_600 * 10**9)
        made.set(due)

        assert await rung >= due - 1_000_000  # a loop's own timers count whole milliseconds
        made.close()
