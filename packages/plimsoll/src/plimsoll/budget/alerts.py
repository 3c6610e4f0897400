"""Every alert that a budget file gives rise to: one for each promise that has one, four for each error budget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from plimsoll.budget.burn import Burn, burns_of
from plimsoll.budget.file.model import BudgetFile, Severity
from plimsoll.budget.promises import Promise, promises_of

BURN: Final = "ErrorBudgetBurn"
"""The name of every alert on an error budget; its labels say which."""


@dataclass(frozen=True, slots=True)
class Told:
    """One alert.

    Attributes:
        name: As it is called in rules, routes, silences and pages.
        severity: Whom it wakes.
        promise: What it watches.
        burn: Which pair of windows; None where it watches the promise's bound.
    """

    name: str
    severity: Severity
    promise: Promise
    burn: Burn | None = None

    @property
    def labels(self) -> dict[str, str]:
        """What tells it from others of its name, without its severity."""
        return self.promise.labels


def alerts_of(file: BudgetFile) -> tuple[Told, ...]:
    """Return all alerts of a file, in the order of its budgets, those on error budgets after the others."""
    promises = [each for each in promises_of(file) if each.measure is not None]
    return (*_of_bounds(promises), *_of_burns(promises))


def by_name(alerts: Iterable[Told]) -> dict[str, tuple[Told, ...]]:
    """Return alerts by their names, which share a page."""
    found: dict[str, tuple[Told, ...]] = {}
    for each in alerts:
        found[each.name] = (*found.get(each.name, ()), each)
    return found


def _of_bounds(promises: Iterable[Promise]) -> Iterable[Told]:
    for promise in promises:
        if promise.budget.alert is not None:
            yield Told(promise.budget.alert.name, promise.budget.alert.severity, promise)


def _of_burns(promises: Iterable[Promise]) -> Iterable[Told]:
    for promise in promises:
        if promise.budget.window is not None and promise.events is not None:
            for burn in burns_of(promise.budget.window.value):
                yield Told(BURN, burn.severity, promise, burn)
