"""Budgets as renderers read them: each with its indicator, its endpoint, and how Prometheus sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from plimsoll.budget.file.amounts import Amount, Unit
from plimsoll.budget.file.model import Budget, BudgetFile, Endpoint, Watch
from plimsoll.budget.indicators import INDICATORS, Indicator
from plimsoll.budget.measures import Eventful, Mean, Measure
from plimsoll.budget.own_indicators import indicator_of
from plimsoll.budget.sight import Sight, Unseen, sight_of

_ALL: Final[Sequence[Endpoint | None]] = (None,)
_ONE_A_MINUTE: Final = Amount(1 / 60, Unit.PER_SECOND, "1/min")
_FIVE_MINUTES: Final = Amount(300, Unit.SECONDS, "5m")


@dataclass(frozen=True, slots=True)
class Promise:
    """One budget for one endpoint, or for the whole service.

    Attributes:
        service: Whose promise it is.
        budget: As the file has it.
        indicator: What is promised.
        endpoint: For which requests; None for all.
        measure: How Prometheus reads it; None where it cannot.
        traffic: Fewer events a second than these, of the group that counts where there are groups, raise no alert.
        rate: The seconds over which counters are looked at.
    """

    service: str
    budget: Budget
    indicator: Indicator
    endpoint: Endpoint | None
    measure: Measure | None
    traffic: float
    rate: float

    @property
    def labels(self) -> dict[str, str]:
        """What tells its recorded series from every other's."""
        found = {"service": self.service, "budget": self.budget.name}
        return found | ({"endpoint": self.endpoint.name} if self.endpoint else {})

    @property
    def slug(self) -> str:
        """Its name in files and anchors: `latency`, or `latency-create-user`."""
        return slug_of(self.budget.name if self.endpoint is None else f"{self.budget.name} {self.endpoint.name}")

    @property
    def bound(self) -> float:
        """What must not be crossed, in the base of its unit."""
        return self.budget.bound.value

    @property
    def objective(self) -> float | None:
        """The share of events that must be good; None where events are not what it counts."""
        return None if self.events is None else self.indicator.objective_at(self.bound)

    @property
    def events(self) -> Eventful | None:
        """Its measure, where it counts events."""
        return self.measure if isinstance(self.measure, Eventful) else None


def promises_of(file: BudgetFile) -> tuple[Promise, ...]:
    """Return every promise of a file that was read without complaint, in its order."""
    watch, known = file.watch or Watch(), indicators_of(file)
    sight = sight_of(file.watch)
    return tuple(
        _promise(file.service.name, budget, known[budget.indicator], sight.at(endpoint), watch)
        for budget in file.budgets
        for endpoint in endpoints_of(file, budget)
    )


def slug_of(words: str) -> str:
    """Return words as files and anchors are named: `latency-create-user`."""
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def endpoints_of(file: BudgetFile, budget: Budget) -> Sequence[Endpoint | None]:
    """Return the endpoints that a budget holds for, each alone; one None where it holds for all together."""
    known = {endpoint.name: endpoint for endpoint in file.service.endpoints}
    return [*map(known.__getitem__, budget.endpoints)] or _ALL


def indicators_of(file: BudgetFile) -> Mapping[str, Indicator]:
    """Return all indicators that the budgets of a file may name.

    Raises:
        ValueError: One of the file's own cannot be read.
    """
    return INDICATORS | {name: indicator_of(name, own) for name, own in file.indicators.items()}


def _promise(service: str, budget: Budget, indicator: Indicator, sight: Sight, watch: Watch) -> Promise:
    measure = _measure(indicator, sight)
    # What is little for a service is much for one table of its database: a group has a usual guard of its own.
    usual = None if isinstance(measure, Mean) and measure.by else watch.traffic
    traffic = (budget.traffic or usual or _ONE_A_MINUTE).value
    if isinstance(measure, Mean):
        measure = replace(measure, least=traffic)
    return Promise(service, budget, indicator, sight.endpoint, measure, traffic, (watch.rate or _FIVE_MINUTES).value)


def _measure(indicator: Indicator, sight: Sight) -> Measure | None:
    try:
        return indicator.live(sight) if indicator.live else None
    except Unseen:
        return None
