"""What an alert means, when it is raised, how soon an outage is noticed, what that costs: for pages and terminals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from plimsoll.budget.alerts import Told, alerts_of, by_name
from plimsoll.budget.burn import Burn, budget_of
from plimsoll.budget.dashboards.showing import links_of
from plimsoll.budget.explaining.noticing import SIZES, Noticed, noticed, within
from plimsoll.budget.file.model import BudgetFile, Severity
from plimsoll.budget.links import Links
from plimsoll.budget.measures import Quantile
from plimsoll.budget.promises import Promise
from plimsoll.budget.promql import duration
from plimsoll.budget.quantities import share, time
from plimsoll.budget.rules.layout import laid_out
from plimsoll.budget.rules.rendered import groups_in
from plimsoll.budget.rules.rule import Alerting
from plimsoll.budget.sides import Good

_BURNING: Final = (
    "See which promise it is, since when it is broken so often, and whether it still is.",
    "Was something deployed or changed when it began? Take it back.",
    "If that promise has an alert of its own, follow the first steps on its page.",
    "When little is left of an error budget, risk nothing until there is more: no deployment that is not a repair.",
)


@dataclass(frozen=True, slots=True)
class Case:
    """One budget that an alert is about.

    Attributes:
        promise: The budget, at the first of its endpoints.
        endpoints: The names of all of them; empty where it holds for all requests together.
        conditions: When it is raised, in sentences.
        queries: What Prometheus is asked, by severity.
        value: The query of the value that is looked at.
        soon: How soon it is raised, in a sentence, where events are not counted.
        sizes: What comes of an outage of each size, where they are.
        board: The address of the dashboard or panel that shows it; None where the file does not say where Grafana is.
    """

    promise: Promise
    endpoints: tuple[str, ...]
    conditions: tuple[str, ...]
    queries: tuple[tuple[Severity, str], ...]
    value: str
    soon: str | None
    sizes: tuple[Noticed, ...]
    board: str | None

    @property
    def means(self) -> str | None:
        """What it means for those whom the service serves, in a sentence; None where the file does not say."""
        alert = self.promise.budget.alert
        return alert.means if alert else None

    @property
    def allowance(self) -> str | None:
        """What may be bad, in a sentence; None where there is no error budget."""
        window, objective = self.promise.budget.window, self.promise.objective
        if window is None or objective is None:
            return None
        lasts = time(window.value * budget_of(objective))
        return (
            f"What is spent is the error budget: {share(budget_of(objective))} of what happens in {time(window.value)}"
            f" may be bad; that is as much as {lasts} of nothing but bad ones in even traffic."
        )

    @property
    def traffic(self) -> str | None:
        """What is too little to judge by, in a sentence; None where events are not counted."""
        if self.promise.events is None:
            return None
        few = rate_in_words(self.promise.traffic)
        return f"Fewer than {few} raise no alert, for a share of next to nothing says nothing."

    @property
    def bad(self) -> str | None:
        """What is bad, in a sentence; None where events are not counted."""
        measure, indicator = self.promise.measure, self.promise.indicator
        if isinstance(measure, Quantile):
            return f"Bad is what takes longer than {self.promise.budget.bound.text}."
        if self.promise.events is None:
            return None
        counted = f"{indicator.about[:1].lower()}{indicator.about[1:]}"
        if indicator.good is Good.ABOVE:
            return f"Good are these, and bad are all others: {counted}"
        return f"Bad are these: {counted}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """All of one alert.

    Attributes:
        name: The alert's.
        service: Whose.
        severities: Whom it may wake.
        cases: The budgets that it is about.
        steps: What to look at first.
        runbook: A page that says more, relative to the folder of runbooks or an address; None where there is none.
    """

    name: str
    service: str
    severities: tuple[Severity, ...]
    cases: tuple[Case, ...]
    steps: tuple[str, ...]
    runbook: str | None


def explanations_of(file: BudgetFile) -> tuple[Explanation, ...]:
    """Return an explanation for each alert's name."""
    rules = [rule for group in groups_in(file, 1) for rule in group.rules if isinstance(rule, Alerting)]
    links = links_of(file)
    return tuple(_explained(links, name, alerts, rules) for name, alerts in by_name(alerts_of(file)).items())


def rate_in_words(per_second: float) -> str:
    """Return a rate that may be much less than one a second: `1 a minute`, `5/s`."""
    a_minute = per_second * 60
    if per_second < 1 and a_minute >= 1:
        return f"{a_minute:.3g} a minute"
    return f"{per_second:.3g} a second" if per_second >= 1 else f"{per_second * 3600:.3g} an hour"


def _explained(links: Links, name: str, alerts: tuple[Told, ...], rules: Iterable[Alerting]) -> Explanation:
    ours = [rule for rule in rules if rule.alert == name]
    budgets = dict.fromkeys(each.promise.budget.name for each in alerts)
    cases = tuple(
        _case([each for each in alerts if each.promise.budget.name == budget], ours, links.boards.get((name, budget)))
        for budget in budgets
    )
    first = alerts[0].promise.budget.alert
    own = first if first is not None and alerts[0].burn is None else None
    return Explanation(
        name,
        links.service.name,
        tuple(severity for severity in Severity if any(each.severity is severity for each in alerts)),
        cases,
        _BURNING if alerts[0].burn else own.steps if own else (),
        own.runbook if own else None,
    )


def _case(alerts: list[Told], rules: Iterable[Alerting], board: str | None) -> Case:
    promise = alerts[0].promise
    of_one = [each for each in alerts if each.promise == promise]
    counted = promise.events is not None
    return Case(
        promise,
        tuple(dict.fromkeys(each.promise.endpoint.name for each in alerts if each.promise.endpoint)),
        tuple(_conditions(of_one)),
        tuple(_queries(promise, rules)),
        laid_out(promise.measure.value(duration(promise.rate))) if promise.measure else "",
        None if counted else _soon(of_one[0]),
        tuple(noticed(of_one, bad) for bad in SIZES) if counted else (),
        board,
    )


def _queries(promise: Promise, rules: Iterable[Alerting]) -> Iterator[tuple[Severity, str]]:
    for rule in rules:
        if rule.labels["budget"] == promise.budget.name:
            yield Severity(rule.labels["severity"]), rule.written()["expr"]


def _conditions(alerts: Iterable[Told]) -> Iterator[str]:
    for told in alerts:
        yield _of_bound(told) if told.burn is None else _of_burn(told, told.burn)


def _of_bound(told: Told) -> str:
    budget, indicator = told.promise.budget, told.promise.indicator
    side = "above" if indicator.good is Good.BELOW else "below"
    lasting = f" for {time(budget.alert.lasts.value)}" if budget.alert and budget.alert.lasts.value else ""
    aim = f"; {budget.target.text} is aimed at" if budget.threshold else ""
    return f"{told.severity}: {indicator.name} is {side} {budget.bound.text}{lasting}{aim}."


def _of_burn(told: Told, burn: Burn) -> str:
    objective, window = told.promise.objective or 0, told.promise.budget.window
    part = burn.factor * budget_of(objective)
    gone = share(burn.spent(window.value)) if window else ""
    return (
        f"{told.severity}: over {time(burn.long)}, and still over {time(burn.short)}, more than {share(part)} is bad,"
        f" {burn.factor:g} times what is allowed; at that pace {gone} of the budget is gone by then."
    )


def _soon(told: Told) -> str:
    alert = told.promise.budget.alert
    lasts = alert.lasts.value if alert else 0
    looked = within(told) - lasts
    seen = f"Counters are looked at over {time(looked)}, and then it" if looked else "It"
    latest = time(within(told))
    return f"{seen} must last for {time(lasts)}: it is raised {latest} after the bound is crossed, at the latest."
