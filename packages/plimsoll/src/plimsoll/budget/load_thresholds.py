"""Renders budgets as the thresholds of a load test, in k6's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from plimsoll.budget.file.model import Action, Budget, BudgetFile, Scenario
from plimsoll.budget.indicators import Indicator
from plimsoll.budget.promises import indicators_of
from plimsoll.budget.sides import Good


def thresholds_of(file: BudgetFile, scenario: Scenario) -> dict[str, list[object]]:
    """Return the conditions by which a scenario is judged, by metric: those of its budgets, then its own.

    A budget that warns or alerts gives none, and neither does one that a load test cannot see.
    """
    found: dict[str, list[object]] = {}
    for metric, condition in _rendered(_chosen(file.budgets, scenario.budgets), indicators_of(file)):
        found.setdefault(metric, []).append(condition)
    for metric, own in scenario.thresholds.items():
        found.setdefault(metric, []).extend(own if isinstance(own, list) else [own])
    return found


def _chosen(budgets: Iterable[Budget], names: tuple[str, ...] | None) -> list[Budget]:
    return [budget for budget in budgets if names is None or budget.name in names]


def _rendered(budgets: Iterable[Budget], known: Mapping[str, Indicator]) -> Iterable[tuple[str, str]]:
    for budget in budgets:
        indicator = known[budget.indicator]
        if indicator.load is None or budget.action is not Action.FAIL:
            continue
        metric, aggregation = indicator.load
        for tags in _selectors(budget):
            yield metric + tags, f"{aggregation}{_sign(indicator)}{budget.bound.value * indicator.load_factor:.12g}"


def _selectors(budget: Budget) -> list[str]:
    return [f"{{name:{name}}}" for name in budget.endpoints] or [""]


def _sign(indicator: Indicator) -> str:
    return "<" if indicator.good is Good.BELOW else ">"
