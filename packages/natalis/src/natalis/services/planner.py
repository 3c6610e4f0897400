"""The planner: turns occasions whose time comes within the horizon into deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from natalis.domain.events import Planned, Quarantined
from natalis.domain.planning import Decision, Plan, Plannable, Quarantine, decide_plans
from natalis.domain.rulebook import Rulebook
from natalis.ports.clock import Clock
from natalis.ports.plans import Plans
from natalis.ports.service import Step
from natalis.ports.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class PlannerOptions:
    """How far ahead, and how much at once.

    Attributes:
        horizon: Everything that fires up to this long from now is planned. It is compared with instants, not with
            dates, so any horizon covers the whole earth; it must only be longer than the planner may be down.
        batch: Occasions in one transaction.
    """

    horizon: timedelta = timedelta(hours=24)
    batch: int = 1000


class Planner:
    """Plans a batch at each step; any number may run.

    Args:
        plans: The store's view of occasions.
        book: The rules of every kind, and the zones.
        clock: Tells the present.
        telemetry: Hears of `Planned` and `Quarantined`.
        options: How far ahead, and how much at once.
    """

    def __init__(
        self, plans: Plans, book: Rulebook, clock: Clock, telemetry: Telemetry, options: PlannerOptions | None = None
    ) -> None:
        self._plans = plans
        self._book = book
        self._clock = clock
        self._telemetry = telemetry
        self._options = options or PlannerOptions()

    @property
    def name(self) -> str:
        """`planner`."""
        return "planner"

    async def step(self) -> Step:
        """Plan a batch; when the next occasion comes into the horizon is not known."""
        now = self._clock.now()
        written = await self._plans.plan(
            until=now + self._options.horizon, limit=self._options.batch, now=now, decide=self._decide
        )
        self._tell(written, began=now)
        return Step(worked=bool(written))

    async def drain(self) -> None:
        """Nothing is ever under way between two steps."""

    def _decide(self, plannables: Sequence[Plannable]) -> Sequence[Decision]:
        try:
            return decide_plans(plannables, self._book)
        except Exception:  # noqa: BLE001 - one row that nobody foresaw must not stop the batch: find it, set it aside
            return [self._decide_alone(plannable) for plannable in plannables]

    def _decide_alone(self, plannable: Plannable) -> Decision:
        try:
            return decide_plans([plannable], self._book)[0]
        except Exception as error:  # noqa: BLE001 - whatever it is, it concerns this person alone
            return Quarantine(plannable, f"it cannot be planned: {type(error).__name__}: {error}")

    def _tell(self, written: Sequence[Decision], *, began: datetime) -> None:
        plans = [decision for decision in written if isinstance(decision, Plan)]
        if plans:
            self._telemetry.record(Planned(len(plans), plans, began))
        for decision in written:
            if isinstance(decision, Quarantine):
                occasion = decision.plannable.occasion
                self._telemetry.record(Quarantined(occasion.user_id, occasion.kind, decision.reason))
