"""What a built-in board is made from: what can be seen of a service, and what it promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from plimsoll.budget.dashboards.panel import RATE, Bounds, Panel, Query
from plimsoll.budget.file.amounts import Unit
from plimsoll.budget.file.boards import Kind, Scale
from plimsoll.budget.indicators import INDICATORS
from plimsoll.budget.promises import Promise
from plimsoll.budget.promql import Matcher, Selector
from plimsoll.budget.sight import Sight, Unseen
from plimsoll.budget.sources import Source

SCALES = {
    Unit.SECONDS: Scale.SECONDS,
    Unit.SHARE: Scale.SHARE,
    Unit.PER_SECOND: Scale.PER_SECOND,
    Unit.BYTES: Scale.BYTES,
    Unit.NUMBER: Scale.NUMBER,
}


@dataclass(frozen=True, slots=True)
class View:
    """What a maker of panels looks at.

    Attributes:
        service: Its name.
        sight: What Prometheus sees of it.
        promises: All that it promises.
        runbook_of: Returns the address of a promise's page; None where it has none.
    """

    service: str
    sight: Sight
    promises: tuple[Promise, ...]
    runbook_of: Callable[[Promise], str | None]

    def of(self, source: Source, name: str, *matchers: Matcher) -> Selector:
        """Return the series of a metric.

        Raises:
            Unseen: Nothing is watched that has it.
        """
        return self.sight.of(source, name, *matchers)

    def promised(self, indicator: str) -> Promise | None:
        """Return the promise about an indicator: that for all endpoints together, else the first."""
        found = [each for each in self.promises if each.indicator.name == indicator]
        return next((each for each in found if each.endpoint is None), found[0] if found else None)

    def measured(
        self, title: str, indicator: str, kind: Kind = Kind.STAT, *, scale: Scale | None = None, zero: bool = False
    ) -> Panel:
        """Return a panel of one of the catalogue's indicators, with the bounds of the promise about it.

        Args:
            title: What stands above it.
            indicator: Which.
            kind: How it is shown.
            scale: What its numbers count, where the indicator's unit does not say it well.
            zero: Whether nothing is 0.

        Raises:
            Unseen: Nothing is watched that has it.
        """
        known = INDICATORS[indicator]
        if known.live is None:
            raise Unseen(f"{indicator} is not seen while the service runs", "ask a load test")
        asked = known.live(self.sight).value(RATE)
        query = Query(f"({asked}) or on() vector(0)" if zero else asked, title)
        panel = Panel(title, (query,), kind, scale or SCALES[known.unit], known.about)
        promise = self.promised(indicator)
        if kind is Kind.STAT and known.unit is Unit.PER_SECOND and (promise is None or promise.budget.alert is None):
            return panel  # what a load test alone asks for is not missed when nobody comes: no red number at night
        return self.with_bounds(panel, indicator)

    def with_bounds(self, panel: Panel, indicator: str) -> Panel:
        """Return a panel with the bounds and the page of the promise about an indicator, if there is one."""
        promise = self.promised(indicator)
        return panel if promise is None else self.with_promise(panel, promise)

    def with_promise(self, panel: Panel, promise: Promise) -> Panel:
        """Return a panel with the bounds of a promise, its alert, and the address of its page."""
        bounds = Bounds(promise.budget.target.value, promise.bound, promise.indicator.good)
        alert = promise.budget.alert
        subject = (alert.name, promise.budget.name) if alert is not None else None
        return replace(panel, bounds=bounds, runbook=self.runbook_of(promise), alert=subject)


Maker: TypeAlias = Callable[[View], Panel]
"""Makes a panel; raises `Unseen` where nothing is watched that it could show."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A built-in board before it is known what can be seen.

    Attributes:
        name: Of its file and in its address.
        title: What stands above it.
        about: What it is for.
        of: The sources that it is about; without any of them there is no such board, whatever else is watched.
        rows: Titles and makers of panels, from top to bottom.
        instances: The source of which a reader may choose some instances; None where there is no choice.
    """

    name: str
    title: str
    about: str
    of: tuple[Source, ...]
    rows: tuple[tuple[str, tuple[Maker, ...]], ...]
    instances: Source | None = None
