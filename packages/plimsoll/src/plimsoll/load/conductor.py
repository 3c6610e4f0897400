"""The conductor: starts engines, puts together what they say, judges it while the run goes on, and ends the run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter_ns
from typing import Any, Final, Protocol, TextIO

from plimsoll.errors import InvalidInput, RunFailed
from plimsoll.load.collector import Collector
from plimsoll.load.engine_process import EngineProcess
from plimsoll.load.facts import facts_of
from plimsoll.load.messages import (
    Begin,
    Broken,
    Ended,
    Leave,
    Order,
    Ready,
    Report,
    SetUp,
    Slice,
    Start,
    Stop,
    TearDown,
)
from plimsoll.load.plan import Plan
from plimsoll.load.scopes import MOST_SETS
from plimsoll.load.validity import reasons_against, warnings_about
from plimsoll.measure.recording import Recording
from plimsoll.measure.run import Judged, Run
from plimsoll.measure.thresholds import Judge, Threshold

_HEAD_START: Final = 200_000_000
"""Nanoseconds from the order to start until the start: time for the order to reach all engines."""
_GRACE: Final = (timedelta(seconds=10), timedelta(0))
"""What is under way gets so long after the first Ctrl-C, and after the second."""


class Observer(Protocol):
    """Whoever watches a run."""

    def update(self, whole: Recording, last: Recording, elapsed: timedelta, thresholds: Sequence[Judged] = ()) -> None:
        """See how it stands; called once a second."""


@dataclass(frozen=True, slots=True)
class Conducted:
    """What came of it.

    Attributes:
        run: All that was recorded, judged.
        failure: Why it could not be carried out to its end; None for a run that was.
    """

    run: Run
    failure: RunFailed | None = None


class Conductor:
    """Carries out one plan.

    Args:
        plan: What is to be done.
        thresholds: What shall be so.
        now: The clock, for when it began.
        observers: Who watches.
        said: Where what flows print goes to; None for nowhere.
        environment: What else the run shall say of itself.
    """

    def __init__(
        self,
        plan: Plan,
        thresholds: Sequence[Threshold],
        now: Callable[[], datetime],
        *,
        observers: Sequence[Observer] = (),
        said: TextIO | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._plan, self._now, self._said = plan, now, said
        self._observers, self._environment = observers, dict(environment or {})
        self._judge = Judge(thresholds)
        self._facts = tuple(facts_of(each) for each in plan.scenarios)
        self._collector = Collector(plan.processes)
        self._engines: list[EngineProcess] = []
        self._ended: list[Ended] = []
        self._partial: str | None = None
        self._failure: RunFailed | None = None
        self._data: Any = None
        self._interrupts = 0
        self._loading: asyncio.Task[None] | None = None
        self._began = now()

    async def run(self) -> Conducted:
        """Carry it out.

        Raises:
            InvalidInput: An engine found the user's input at fault.
            RunFailed: It came to no load at all: setup raised, an engine did not start.
        """
        try:
            for number in range(self._plan.processes):
                self._engines.append(await EngineProcess.start(number, self._said))
            await self._set_up()
            await self._load()
            await self._tear_down()
        finally:
            await asyncio.gather(*(engine.end() for engine in self._engines))
        return Conducted(self._account(), self._failure)

    def interrupt(self, why: str) -> None:
        """End the run early: at first gracefully, the second time at once, the third without asking."""
        self._partial = self._partial or why
        if self._interrupts < len(_GRACE):
            self._tell(Stop(_GRACE[self._interrupts]))
        elif self._loading is not None:
            self._loading.cancel()
        self._interrupts += 1

    async def _set_up(self) -> None:
        for engine in self._engines:
            engine.order(Begin(self._plan, engine.number))
        await asyncio.gather(*(_answer(engine) for engine in self._engines))
        if self._plan.set_up:
            self._engines[0].order(SetUp())
            self._data = (await _answer(self._engines[0])).data

    async def _load(self) -> None:
        if self._interrupts:
            return
        self._began = self._now()
        self._tell(Start(perf_counter_ns() + _HEAD_START, self._data))
        self._loading = asyncio.ensure_future(self._followed())
        try:
            await self._loading
        except RunFailed as error:
            self._failure = error
            self._partial = self._partial or str(error).splitlines()[0]
        except asyncio.CancelledError:
            self._partial = self._partial or "interrupted"
        self._take_seconds(all_of_them=True)

    async def _followed(self) -> None:
        """Follow all engines until each has ended; when one dies, none goes on."""
        following = [asyncio.ensure_future(self._follow(engine)) for engine in self._engines]
        try:
            await asyncio.gather(*following)
        finally:
            for each in following:
                each.cancel()

    async def _follow(self, engine: EngineProcess) -> None:
        while True:
            report: Report = await engine.report()
            match report:
                case Slice():
                    self._collector.take(engine.number, report)
                    self._take_seconds()
                case Ended():
                    self._ended.append(report)
                    self._collector.leave(engine.number)
                    self._take_seconds()
                    return
                case Broken():
                    raise RunFailed(f"engine {engine.number + 1}: {report.why}")
                case Ready():
                    pass

    def _take_seconds(self, *, all_of_them: bool = False) -> None:
        if all_of_them:
            for engine in self._engines:
                self._collector.leave(engine.number)
        for second, part in self._collector.seconds():
            elapsed = timedelta(seconds=second + 1)
            self._judge.feed(part, elapsed)
            self._abort_if_due(elapsed)
            if self._observers:
                judged = self._judge.judge(self._collector.whole, elapsed)
                for each in self._observers:
                    each.update(self._collector.whole, part, elapsed, judged)

    def _abort_if_due(self, elapsed: timedelta) -> None:
        if self._partial is None and (crossed := self._judge.aborting(self._collector.whole, elapsed)):
            self._partial = f"threshold {crossed.metric}: {crossed.condition} was crossed"
            self._tell(Stop(_GRACE[0]))

    async def _tear_down(self) -> None:
        if self._failure is not None:
            return
        if self._plan.tear_down:
            self._engines[0].order(TearDown(self._data))
            try:
                await _answer(self._engines[0])
            except RunFailed as error:
                self._failure = error
        self._tell(Leave())

    def _tell(self, order: Order) -> None:
        for engine in self._engines:
            engine.order(order)

    def _account(self) -> Run:
        whole = self._collector.whole
        lasted = max((each.lasted for each in self._ended), default=float(len(self._collector.timeline.slots)))
        elapsed = timedelta(seconds=lasted)
        examples: dict[str, str] = {}
        for each in self._ended:
            examples |= each.examples
        overflowed = any(each.overflowed for each in self._ended)
        passed_over = sorted({address for each in self._ended for address in each.passed_over})
        plan = self._plan
        return Run(
            name=plan.name,
            started_at=self._began,
            lasted=elapsed,
            scenarios=self._facts,
            recording=whole,
            timeline=self._collector.timeline,
            thresholds=self._judge.judge(whole, elapsed),
            reasons=reasons_against(whole, self._facts),
            warnings=warnings_about(
                self._facts, overflowed=overflowed, most=MOST_SETS, passed_over=passed_over, recording=whole
            ),
            partial=self._partial,
            shards=(f"{plan.shard + 1}/{plan.shards}",) if plan.shards > 1 else (),
            time_scale=plan.time_scale,
            error_examples=examples,
            environment=self._environment,
        )


async def _answer(engine: EngineProcess) -> Ready:
    """Return an engine's answer to an order.

    Raises:
        InvalidInput: The user's input is at fault.
        RunFailed: It could not be carried out.
    """
    while True:
        match await engine.report():
            case Ready() as ready:
                return ready
            case Broken(invalid=(where, problem, remedy)):
                raise InvalidInput(where, problem, remedy)
            case Broken(why=why):
                raise RunFailed(why)
            case _:
                pass
