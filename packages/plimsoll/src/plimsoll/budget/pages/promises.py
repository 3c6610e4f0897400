"""The page of all that a service promises: budgets, alerts and error budgets, in tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from plimsoll.budget.alerts import alerts_of, by_name
from plimsoll.budget.explaining.noticing import lasts
from plimsoll.budget.file.model import Action, Budget, BudgetFile
from plimsoll.budget.file.outputs import Artefact, Kind, Places, mark
from plimsoll.budget.pages import markdown
from plimsoll.budget.pages.markdown import escaped, link
from plimsoll.budget.pages.runbooks import page_of
from plimsoll.budget.promises import Promise, promises_of
from plimsoll.budget.quantities import share, time
from plimsoll.budget.sides import Good

_ACTIONS = {
    Action.FAIL: "fail",
    Action.WARN: "warn",
    Action.ALERT: "-",
}


def table(file: BudgetFile, places: Places) -> Iterator[Artefact]:
    """Yield the page."""
    path = places[Kind.TABLE]
    yield Artefact(path, markdown.page(mark(file.service.name), _page(file, path, places)))


def _page(file: BudgetFile, path: Path, places: Places) -> Iterator[str]:
    yield from (f"# What {escaped(file.service.name)} promises", "")
    promises = promises_of(file)
    head = (
        "budget",
        "what is promised",
        "for",
        "aimed at",
        "must not be crossed",
        "then load tests and gates",
        "alert",
    )
    yield from markdown.table(head, (_budget(each, promises, path, places) for each in file.budgets))
    yield from _reasons(file)
    yield from _error_budgets(promises)
    yield from _alerts(file, path, places)


def _budget(budget: Budget, promises: tuple[Promise, ...], path: Path, places: Places) -> tuple[str, ...]:
    promise = next(each for each in promises if each.budget == budget)
    sign = "≤" if promise.indicator.good is Good.BELOW else "≥"
    told = _alert(budget.alert.name, path, places) if budget.alert else "-"
    return (
        escaped(budget.name),
        f"{escaped(promise.indicator.name)}: {escaped(promise.indicator.about)}",
        escaped(", ".join(budget.endpoints)) or "all",
        f"{sign} {budget.target.text}",
        f"{sign} {budget.bound.text}",
        _ACTIONS[budget.action] if promise.indicator.load else "-",
        told,
    )


def _reasons(file: BudgetFile) -> Iterator[str]:
    reasons = [f"- {escaped(each.name)}: {escaped(each.why)}." for each in file.budgets if each.why]
    if reasons:
        yield from ("Why some are as they are:", "", *reasons, "")


def _error_budgets(promises: tuple[Promise, ...]) -> Iterator[str]:
    rows = [row for each in promises if (row := _error_budget(each))]
    if rows:
        yield from ("## Error budgets", "", "What may be bad before a promise is broken.", "")
        yield from markdown.table(("budget", "good", "over", "lasts with 1 % bad", "with 10 %", "with all"), rows)


def _error_budget(promise: Promise) -> tuple[str, ...] | None:
    if promise.budget.window is None or promise.objective is None:
        return None
    name = promise.budget.name + (f" of {promise.endpoint.name}" if promise.endpoint else "")
    kept = [lasts(promise, bad) for bad in (0.01, 0.1, 1)]
    times = ["for good" if each is None else time(each) for each in kept]
    return escaped(name), share(promise.objective), time(promise.budget.window.value), *times


def _alerts(file: BudgetFile, path: Path, places: Places) -> Iterator[str]:
    alerts = by_name(alerts_of(file))
    if not alerts:
        return
    yield from ("## Alerts", "")
    rows = []
    for name, several in alerts.items():
        severities = dict.fromkeys(each.severity.value for each in several)
        budgets = dict.fromkeys(each.promise.budget.name for each in several)
        alert = several[0].promise.budget.alert
        lasting = time(alert.lasts.value) if alert and several[0].burn is None else "-"
        severity = ", ".join(severities)
        rows.append((_alert(name, path, places), escaped(", ".join(budgets)), lasting, severity))
    yield from markdown.table(("alert", "on", "crossed for", "severity"), rows)


def _alert(name: str, path: Path, places: Places) -> str:
    return link(name, page_of(name, places[Kind.RUNBOOKS]), path) if Kind.RUNBOOKS in places else name
