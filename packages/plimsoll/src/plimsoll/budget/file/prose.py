"""Figures in what people write of an alert: `{threshold}` there is the threshold that stands in the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from plimsoll.budget.burn import budget_of
from plimsoll.budget.file.model import Alert, Budget, BudgetFile
from plimsoll.budget.file.places import Path
from plimsoll.budget.promises import Promise, promises_of
from plimsoll.budget.quantities import share

_NAMED: Final = re.compile(r"\{\{(?P<plain>\w+)\}\}|(?<!\{)\{(?P<figure>\w+)\}(?!\})")
"""A name alone within braces: a selector, a template of Go or of a shell stays as it is."""


def _lasts(promise: Promise) -> str | None:
    return promise.budget.alert.lasts.text if promise.budget.alert else None


def _window(promise: Promise) -> str | None:
    return promise.budget.window.text if promise.budget.window else None


def _objective(promise: Promise) -> str | None:
    return None if promise.objective is None else share(promise.objective)


def _allowed(promise: Promise) -> str | None:
    return None if promise.objective is None else share(budget_of(promise.objective))


FIGURES: Final[Mapping[str, Callable[[Promise], str | None]]] = {
    "target": lambda promise: promise.budget.target.text,
    "threshold": lambda promise: promise.budget.bound.text,
    "for": _lasts,
    "window": _window,
    "objective": _objective,
    "allowed": _allowed,
}
"""What each name stands for; None where the budget has no such figure."""


def refusals_of_prose(file: BudgetFile) -> Iterator[tuple[Path, str, str]]:
    """Yield where a figure is named that there is not, what is wrong, and what would be right.

    Args:
        file: In which nothing else is wrong.
    """
    promises = _first_of_each(file)
    for number, budget in enumerate(file.budgets):
        for path, text in _texts(budget.alert):
            for name in _named(text):
                if name not in FIGURES:
                    remedy = (
                        f"known are {', '.join(map('{{{}}}'.format, FIGURES))}; {{{{{name}}}}} is shown as {{{name}}}"
                    )
                    yield ("budgets", number, "alert", *path), f"there is no figure {{{name}}}", remedy
                elif FIGURES[name](promises[budget.name]) is None:
                    yield ("budgets", number, "alert", *path), *_without(name, budget)


def with_figures(file: BudgetFile) -> BudgetFile:
    """Return a file that says the figures where it named them.

    Args:
        file: In which nothing is wrong.
    """
    promises = _first_of_each(file)
    budgets = tuple(_filled(each, promises[each.name]) for each in file.budgets)
    return msgspec.structs.replace(file, budgets=budgets)


def _first_of_each(file: BudgetFile) -> dict[str, Promise]:
    """Return a promise of each budget, by its name: the figures of all its endpoints are the same."""
    return {each.budget.name: each for each in promises_of(file)}


def _texts(alert: Alert | None) -> Iterator[tuple[Path, str]]:
    if alert is None:
        return
    if alert.means is not None:
        yield ("means",), alert.means
    for number, step in enumerate(alert.steps):
        yield ("steps", number), step


def _named(text: str) -> Iterator[str]:
    return (found["figure"] for found in _NAMED.finditer(text) if found["figure"])


def _without(name: str, budget: Budget) -> tuple[str, str]:
    if name == "window":
        return "the budget has no {window}", "give it one, or say it without"
    return f"{budget.indicator} counts no events, so there is no {{{name}}}", "say it by {target} or {threshold}"


def _filled(budget: Budget, promise: Promise) -> Budget:
    if budget.alert is None:
        return budget
    means = None if budget.alert.means is None else _said(budget.alert.means, promise)
    steps = tuple(_said(step, promise) for step in budget.alert.steps)
    return msgspec.structs.replace(budget, alert=msgspec.structs.replace(budget.alert, means=means, steps=steps))


def _said(text: str, promise: Promise) -> str:
    def said(found: re.Match[str]) -> str:
        return f"{{{found['plain']}}}" if found["plain"] else FIGURES[found["figure"]](promise) or ""

    return _NAMED.sub(said, text)
