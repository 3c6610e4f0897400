"""What each part of a budget file allows and the whole does not, each with where it is, why, and what would help.

An alert that can never fire, a promise that nothing measures and a bound at which no bucket ends look right in a file
and are found out in the night: they are refused when the file is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from math import isclose
from typing import Final

from plimsoll.budget.alerts import BURN
from plimsoll.budget.burn import STEEPEST, longest_window, shortest_window
from plimsoll.budget.dialects import DIALECTS
from plimsoll.budget.executors import EXECUTORS
from plimsoll.budget.file.addresses import refusals_of_grafana
from plimsoll.budget.file.amounts import EXAMPLES, EXAMPLES_AT, Amount, Unit
from plimsoll.budget.file.boards import refusals_of_boards
from plimsoll.budget.file.model import Budget, BudgetFile, Endpoint, Watch
from plimsoll.budget.file.places import Path
from plimsoll.budget.file.prose import refusals_of_prose
from plimsoll.budget.file.routing import refusals_of_routing
from plimsoll.budget.indicators import INDICATORS, Indicator
from plimsoll.budget.measures import Eventful, Level, Measure, Quantile, Up
from plimsoll.budget.own_indicators import indicator_of
from plimsoll.budget.promises import endpoints_of, indicators_of, slug_of
from plimsoll.budget.promql import duration, matchers_of, number
from plimsoll.budget.sides import Good
from plimsoll.budget.sight import Sight, Unseen, sight_of
from plimsoll.budget.sources import Source

Refusal = tuple[Path, str, str]
"""Where, what is wrong, what would be right."""
_UNITS: Final[Mapping[str, Unit]] = {"traffic": Unit.PER_SECOND, "window": Unit.SECONDS, "rate": Unit.SECONDS}
_DO_NOT_GROW: Final = ("they do not grow", "write each upper bound once, the smallest first")
_SHORTEST_RATE: Final = 30.0
"""Seconds; a shorter window holds no two scrapes of those that are usual, and every rate in it is absent."""


def refusals_of(file: BudgetFile) -> Iterator[Refusal]:
    """Yield what is wrong with a file; what comes later may rest on what came before."""
    endpoints = {endpoint.name: endpoint for endpoint in file.service.endpoints}
    yield from _doubled([endpoint.name for endpoint in file.service.endpoints], ("service", "endpoints"))
    yield from _of_watch(file.watch)
    yield from _of_own(file)
    yield from _doubled([budget.name for budget in file.budgets], ("budgets",))
    yield from _alike(file.budgets)
    yield from _doubled_alerts(file.budgets)
    known = indicators_of(file)
    for number_, budget in enumerate(file.budgets):
        yield from _of_budget(budget, ("budgets", number_), known, endpoints)
    sight = sight_of(file.watch)
    for number_, budget in enumerate(file.budgets):
        for endpoint in endpoints_of(file, budget):
            yield from _of_sight(budget, ("budgets", number_), known[budget.indicator], sight.at(endpoint))
    yield from refusals_of_prose(file)
    yield from _of_scenarios(file)
    yield from refusals_of_boards(file.dashboards, file.boards, [budget.name for budget in file.budgets])
    yield from refusals_of_routing(file.routing)
    yield from refusals_of_grafana(file)


def _of_watch(watch: Watch | None) -> Iterator[Refusal]:
    if watch is None:
        return
    if watch.dialect not in DIALECTS:
        yield ("watch", "dialect"), *_not_among(watch.dialect, list(DIALECTS), "dialect")
    for name, labels in watch.sources.items():
        if name not in set(Source):
            yield ("watch", "sources", name), *_not_among(name, list(Source), "source")
        try:
            matchers_of(labels)
        except ValueError as error:
            yield ("watch", "sources", name), *_halves(error)
    if watch.buckets is not None and list(watch.buckets) != sorted(set(watch.buckets)):
        yield ("watch", "buckets"), *_DO_NOT_GROW
    yield from _units(watch, ("watch",))
    yield from _too_short(watch.rate, ("watch", "rate"))


def _of_own(file: BudgetFile) -> Iterator[Refusal]:
    for name, own in file.indicators.items():
        if name in INDICATORS:
            yield ("indicators", name), f"{name!r} is an indicator that every file has", "give it another name"
        if own.increase is not None:
            if own.increase.over.unit is not Unit.SECONDS:
                yield ("indicators", name, "increase", "over"), *_wrong_unit(own.increase.over, Unit.SECONDS, "over")
            yield from _too_short(own.increase.over, ("indicators", name, "increase", "over"))
        if own.quantile is not None and list(own.quantile.buckets) != sorted(set(own.quantile.buckets)):
            yield ("indicators", name, "quantile", "buckets"), *_DO_NOT_GROW
        if own.ratio is not None and own.ratio.all in (own.ratio.some, (own.ratio.some,)):
            yield ("indicators", name, "ratio"), "some is all, so it is always 100 %", "narrow what is counted as some"
        try:
            measure = indicator_of(name, own).live(sight_of(None))  # type: ignore[misc]  # one's own always has one
            for selector in measure.reads():
                selector.example()
        except ValueError as error:
            yield ("indicators", name), *_halves(error)


def _of_budget(
    budget: Budget, path: Path, known: Mapping[str, Indicator], endpoints: Mapping[str, Endpoint]
) -> Iterator[Refusal]:
    indicator = known.get(budget.indicator)
    if indicator is None:
        yield (*path, "indicator"), *_not_among(budget.indicator, list(known), "indicator")
        return
    for key in ("target", "threshold"):
        amount = getattr(budget, key)
        if amount is not None and amount.unit is not indicator.unit:
            problem = f"{amount.text!r} is {amount.unit}, and {indicator.name} is {indicator.unit}"
            yield (*path, key), problem, f"write it as {EXAMPLES[indicator.unit]}"
    if budget.threshold is not None and not _is_looser(budget, indicator.good):
        problem = f"{budget.threshold.text} is crossed before the target {budget.target.text} is missed"
        yield (*path, "threshold"), problem, "put it on the worse side of the target"
    for number_, name in enumerate(budget.endpoints):
        if name not in endpoints:
            yield (*path, "endpoints", number_), *_not_among(name, list(endpoints), "endpoint")
        if name in budget.endpoints[:number_]:
            yield (*path, "endpoints", number_), f"{name!r} stands here a second time", "keep one of the two"
    yield from _units(budget, path)
    if budget.alert is not None and budget.alert.lasts.unit is not Unit.SECONDS:
        yield (*path, "alert", "for"), *_wrong_unit(budget.alert.lasts, Unit.SECONDS, "for")


def _of_sight(budget: Budget, path: Path, indicator: Indicator, sight: Sight) -> Iterator[Refusal]:
    """Yield what a budget asks of Prometheus and cannot get."""
    watched = budget.alert is not None or budget.window is not None
    key = "alert" if budget.alert is not None else "window"
    if indicator.live is None:
        if watched:
            why = f"{indicator.name} is not seen while the service runs, only by a load test"
            yield (*path, key), why, f"leave {key} out, or promise something that Prometheus sees"
        return
    try:
        measure = indicator.live(sight)
    except Unseen as error:
        if watched:
            yield (*path, key), f"{indicator.name} has no data: {error}", error.remedy
        return
    yield from _of_buckets(budget, path, measure)
    yield from _of_alert(budget, path, indicator, measure)
    yield from _of_window(budget, path, indicator, measure)


def _of_buckets(budget: Budget, path: Path, measure: Measure) -> Iterator[Refusal]:
    if not isinstance(measure, Quantile) or not measure.buckets:
        return
    for key in ("target", "threshold"):
        amount = getattr(budget, key)
        if amount is not None and not any(isclose(amount.value, each) for each in measure.buckets):
            ends = ", ".join(number(each) for each in measure.buckets)
            problem = f"no bucket of {measure.histogram.name} ends at {amount.text}, so it would be judged by guessing"
            yield (*path, key), problem, f"take one of {ends} s, or give the service such a bucket and name all"


def _of_alert(budget: Budget, path: Path, indicator: Indicator, measure: Measure) -> Iterator[Refusal]:
    """Yield an alert on a bound that is crossed by nothing, or by everything."""
    if budget.alert is None:
        return
    place, bound, written = (*path, "alert"), budget.bound.value, budget.bound.text
    if indicator.good is Good.BELOW and indicator.unit is Unit.SHARE and bound >= 1:
        yield place, f"no share exceeds {written}: it can never fire", "put the bound under 100 %"
    is_own_gauge = isinstance(measure, Level) and indicator.name not in INDICATORS  # which may be negative
    if indicator.good is Good.ABOVE and bound <= 0 and not is_own_gauge:
        yield place, f"{indicator.name} is never under {written}: it can never fire", "put the bound above 0"
    if indicator.good is Good.ABOVE and bound > 1 and (indicator.unit is Unit.SHARE or isinstance(measure, Up)):
        yield (
            place,
            f"{indicator.name} never reaches {written}: it would always fire",
            "put the bound where it can be kept",
        )
    if isinstance(measure, Quantile) and measure.buckets and bound >= measure.buckets[-1]:
        most = number(measure.buckets[-1])
        why = f"no percentile of {measure.histogram.name} is ever above its last bucket of {most} s: it can never fire"
        yield place, why, "put the bound lower, or give the service a longer bucket"


def _of_window(budget: Budget, path: Path, indicator: Indicator, measure: Measure) -> Iterator[Refusal]:
    if budget.window is None:
        return
    if not isinstance(measure, Eventful):
        why = f"{indicator.name} does not count events, so there is no budget of bad ones"
        yield (*path, "window"), why, "leave the window out; an alert can watch it"
        return
    if budget.window.value < shortest_window():
        shortest = duration(shortest_window())
        yield (*path, "window"), f"{budget.window.text} is too short to tell a burst from a burn", f"take {shortest}+"
    if budget.window.value > longest_window():
        why = f"{budget.window.text} is too long: promtool cannot hold what a test of its alerts reads"
        yield (*path, "window"), why, f"take {duration(longest_window())} or less"
    objective = indicator.objective_at(budget.bound.value)
    if not 0 < objective < 1:
        yield (*path, "window"), f"an objective of {objective:.4g} leaves no budget to burn", "promise less than 100 %"
    elif STEEPEST * (1 - objective) >= 1:
        most = 1 - 1 / STEEPEST
        why = f"at an objective of {objective:.2%} a burn of {STEEPEST:g}x is more than all events: it can never fire"
        yield (*path, "window"), why, f"promise more than {most:.2%}, or leave the window out and set an alert"


def _of_scenarios(file: BudgetFile) -> Iterator[Refusal]:
    names = [budget.name for budget in file.budgets]
    for name, scenario in file.scenarios.items():
        for number_, wanted in enumerate(scenario.budgets or ()):
            if wanted not in names:
                yield ("scenarios", name, "budgets", number_), *_not_among(wanted, names, "budget")
        for part, load in scenario.load.items():
            path: Path = ("scenarios", name, "load", part)
            if "executor" not in load:
                yield path, "it has no executor", f"give it one of {', '.join(EXECUTORS)}"
            elif load["executor"] not in EXECUTORS:
                yield (*path, "executor"), *_not_among(str(load["executor"]), list(EXECUTORS), "executor")


def _units(holder: Budget | Watch, path: Path) -> Iterator[Refusal]:
    for key, unit in _UNITS.items():
        amount = getattr(holder, key, None)
        if amount is not None and amount.unit is not unit:
            yield (*path, key), *_wrong_unit(amount, unit, key)


def _too_short(amount: Amount | None, path: Path) -> Iterator[Refusal]:
    if amount is not None and amount.unit is Unit.SECONDS and amount.value < _SHORTEST_RATE:
        why = f"{amount.text} is too short: it holds no two scrapes, and without them there is no rate"
        yield path, why, "take 5m, or at least four times the interval between scrapes"


def _wrong_unit(amount: Amount, unit: Unit, key: str) -> tuple[str, str]:
    return f"{amount.text!r} is not {unit}", f"write it as {EXAMPLES_AT[key]}"


def _is_looser(budget: Budget, good: Good) -> bool:
    return good.keeps(budget.target.value, budget.bound.value)


def _doubled(names: list[str], path: Path) -> Iterator[Refusal]:
    for number_, name in enumerate(names):
        if name in names[:number_]:
            yield (*path, number_, "name"), f"{name!r} is the name of another one too", "give one of them another name"


def _alike(budgets: tuple[Budget, ...]) -> Iterator[Refusal]:
    """Yield a budget's name that is another's but for signs: files and anchors could not tell the two apart."""
    seen: dict[str, str] = {}
    for number_, budget in enumerate(budgets):
        slug = slug_of(budget.name)
        if not slug:
            yield (
                ("budgets", number_, "name"),
                f"{budget.name!r} has no Latin letter or digit",
                "give it a name in words",
            )
        if slug in seen:
            problem = f"{budget.name!r} and {seen[slug]!r} differ in nothing but spaces and signs"
            yield ("budgets", number_, "name"), problem, "give one of them another name"
        seen[slug] = budget.name


def _doubled_alerts(budgets: tuple[Budget, ...]) -> Iterator[Refusal]:
    """Yield an alert's name that stands twice: routes, silences and pages could not tell the two apart."""
    seen: set[str] = set()
    for number_, budget in enumerate(budgets):
        if budget.alert is None:
            continue
        if budget.alert.name == BURN:
            problem = f"{BURN!r} is what alerts on a budget's window are called"
            yield ("budgets", number_, "alert", "name"), problem, "give it another name"
        if budget.alert.name in seen:
            problem = f"{budget.alert.name!r} is the name of another alert too"
            yield ("budgets", number_, "alert", "name"), problem, "give one of them another name"
        seen.add(budget.alert.name)


def _not_among(name: str, known: list[str], what: str) -> tuple[str, str]:
    near = get_close_matches(name, [str(each) for each in known], n=1, cutoff=0.5)
    remedy = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known) or 'none'}"
    return f"there is no {what} {name!r}", remedy


def _halves(error: ValueError) -> tuple[str, str]:
    problem, _, remedy = str(error).partition("; ")
    return problem, remedy or "write plain conditions that some label can meet"
