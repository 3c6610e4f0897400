"""Rounds of a paired comparison: a few seconds of load against one of two builds, and the run that came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import msgspec

from plimsoll.cli.builds import Build, running
from plimsoll.compare.paired import Arm
from plimsoll.errors import InvalidInput
from plimsoll.load.conductor import Conductor
from plimsoll.load.plan import Plan
from plimsoll.load.scenarios import ConstantArrivalRate, ConstantVus, lasts, scaled
from plimsoll.measure.recording import Recording
from plimsoll.measure.run import Run, Verdict
from plimsoll.measure.thresholds import Threshold, judge
from plimsoll.measure.timeline import Timeline


def plan_of_a_round(plan: Plan, length: timedelta) -> Plan:
    """Return a plan shortened to one round: all its scenarios by the same factor, steady ones to exactly that length.

    Raises:
        InvalidInput: A scenario has no length of its own that could be shortened.
    """
    whole = max(each.starts_after + lasts(each) for each in plan.scenarios)
    counted = [each.name for each in plan.scenarios if not hasattr(each, "stages") and not hasattr(each, "lasts")]
    if counted:
        remedy = "give one with a duration or stages"
        raise InvalidInput(f"scenarios.{counted[0]}", "it counts iterations, and a round lasts a time", remedy)
    factor = whole / length
    if len(plan.scenarios) == 1 and isinstance(plan.scenarios[0], ConstantVus | ConstantArrivalRate):
        only = msgspec.structs.replace(plan.scenarios[0], lasts=length, starts_after=timedelta(0))
        return msgspec.structs.replace(plan, scenarios=(only,))
    scenarios = tuple(scaled(each, factor) for each in plan.scenarios)
    return msgspec.structs.replace(plan, scenarios=scenarios, time_scale=plan.time_scale * factor)


@dataclass(slots=True)
class Rounds:
    """Measures one round after the other; an async context that keeps both builds running.

    Attributes:
        plan: Of one round.
        builds: The two, by arm.
        now: The clock, for when a run began.
        fresh: Whether a build is started anew for each of its rounds, and stopped after it.
        progress: Hears a sentence after each round.
        candidates: The candidate's valid rounds, for its budgets.
    """

    plan: Plan
    builds: Mapping[Arm, Build]
    now: Callable[[], datetime]
    fresh: bool = False
    progress: Callable[[str], None] = lambda _: None
    candidates: list[Run] = field(default_factory=list)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack, init=False)
    _number: int = field(default=0, init=False)

    async def __aenter__(self) -> Self:
        """Start both, unless each round does."""
        if not self.fresh:
            try:
                for build in self.builds.values():
                    await self._stack.enter_async_context(running(build))
            except BaseException:
                await self._stack.aclose()
                raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop them."""
        await self._stack.aclose()

    async def measure(self, arm: Arm) -> Run:
        """Load one of the two for a round.

        Raises:
            RunFailed: The build or the load could not be run.
        """
        build = self.builds[arm]
        if not self.fresh:
            return await self._measured(arm, build)
        async with running(build):
            return await self._measured(arm, build)

    async def _measured(self, arm: Arm, build: Build) -> Run:
        plan = self.plan
        if plan.target is not None:
            plan = msgspec.structs.replace(plan, target=msgspec.structs.replace(plan.target, url=build.url))
        else:
            plan = msgspec.structs.replace(plan, base=build.url.rstrip("/"))
        conducted = await Conductor(plan, (), self.now).run()
        if conducted.failure is not None:
            raise conducted.failure
        run = conducted.run
        self._number += 1
        if arm is Arm.CANDIDATE and run.verdict is not Verdict.INVALID:
            self.candidates.append(run)
        doubt = f" (INVALID: {run.reasons[0].partition(':')[0]})" if run.reasons else ""
        self.progress(f"round {self._number}: {arm}{doubt}")
        return run


def together(runs: Sequence[Run], thresholds: Sequence[Threshold]) -> Run | None:
    """Return the rounds of one build as one run, judged as a whole; None where there is none."""
    if not runs:
        return None
    whole = Recording()
    for each in runs:
        whole.merge(each.recording)
    lasted = sum((each.lasted for each in runs), timedelta(0))
    return replace(
        runs[0],
        recording=whole,
        timeline=Timeline(),
        lasted=lasted,
        thresholds=judge(thresholds, whole, lasted),
        reasons=(),
        warnings=(),
    )
