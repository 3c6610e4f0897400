"""Budgets: how much of each error budget is left, how fast it goes, and where each promise stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from plimsoll.budget import series
from plimsoll.budget.alerts import BURN
from plimsoll.budget.burn import burns_of
from plimsoll.budget.dashboards.panel import Board, Bounds, Panel, Query, Row
from plimsoll.budget.dashboards.queries import or_zero
from plimsoll.budget.dashboards.view import SCALES, View
from plimsoll.budget.file.boards import Kind, Scale
from plimsoll.budget.measures import Increase, Rate
from plimsoll.budget.promises import Promise
from plimsoll.budget.promql import Matcher, Selector, duration
from plimsoll.budget.sides import Good

NAME: Final = "budgets"
_SAME: Final = "on (service, budget, endpoint)"
_LITTLE: Final = 0.25  # of an error budget: the rest of its window has to go well
_LEGEND: Final = "{{budget}} {{endpoint}}"


def board(view: View) -> Board | None:
    """Return the board; None where nothing is promised that Prometheus sees."""
    rows = tuple(row for row in (_left(view), _promises(view), _alerts(view)) if row.panels)
    if not any(each.measure for each in view.promises):
        return None
    return Board(
        NAME,
        "Budgets",
        "How much of each error budget is left, how fast it goes, and where each promise stands.",
        view.service,
        rows,
    )


def _left(view: View) -> Row:
    kept = [each for each in view.promises if each.budget.window is not None and each.measure is not None]
    if not kept:
        return Row("Error budgets", ())
    whole = Bounds(_LITTLE, 0, Good.ABOVE)
    remaining = Query(f"sort_desc({_of(view, series.REMAINING)})", _LEGEND)
    about = "What is left of the budget of bad events in its window; below 0 it is overspent."
    panels = [Panel("Error budget left", (remaining,), Kind.BARS, Scale.SHARE, about, whole, most=1)]
    panels += [_burn(each) for each in kept]
    return Row("Error budgets", tuple(panels))


def _burn(promise: Promise) -> Panel:
    """Return how many times faster than allowed a budget burns, over the windows that alerts look at."""
    assert promise.budget.window is not None  # noqa: S101 - chosen by it
    burns = burns_of(promise.budget.window.value)
    queries = tuple(
        Query(
            f"{_one(promise, series.bad_share(each.long))} / {_SAME} (1 - {_one(promise, series.OBJECTIVE)})",
            f"over {duration(each.long)}",
        )
        for each in burns
    )
    about = f"1 spends the budget in exactly {promise.budget.window.text}; alerts begin at {burns[-1].factor:g}."
    bounds = Bounds(burns[-1].factor, burns[0].factor, Good.BELOW)
    subject = (BURN, promise.budget.name)
    return Panel(f"Burn: {_words(promise)}", queries, about=about, bounds=bounds, alert=subject)


def _promises(view: View) -> Row:
    return Row("Promises", tuple(_stands(view)))


def _stands(view: View) -> Iterator[Panel]:
    for promise in view.promises:
        if promise.measure is not None:
            query = Query(_value(promise), _words(promise))
            about = promise.budget.why or promise.indicator.about
            panel = Panel(_words(promise).capitalize(), (query,), Kind.LINES, SCALES[promise.indicator.unit], about)
            yield view.with_promise(panel, promise)


def _value(promise: Promise) -> str:
    """Return the query of its present value: what never happened yet has no series, and happened 0 times."""
    value = str(_one(promise, series.VALUE))
    return or_zero(value) if isinstance(promise.measure, Increase | Rate) else value


def _alerts(view: View) -> Row:
    if not any(each.budget.alert or each.budget.window for each in view.promises):
        return Row("Alerts", ())
    firing = Selector("ALERTS", (Matcher("service", "=", view.service), Matcher("alertstate", "=", "firing")))
    now = Query(f"count({firing}) or on() vector(0)", "firing")
    each = Query(f"count by (alertname, severity) ({firing}) or on() vector(0)", "{{alertname}} {{severity}}")
    return Row(
        "Alerts",
        (
            Panel("Firing now", (now,), Kind.STAT, about="Alerts that somebody is told of.", bounds=_NONE),
            Panel("Firing over time", (each,), Kind.STACK, about="By alert and severity; 0 while none fires."),
        ),
    )


def _of(view: View, name: str) -> Selector:
    return Selector(name, (Matcher("service", "=", view.service),))


def _one(promise: Promise, name: str) -> Selector:
    """Return the recorded series of one promise: one for all endpoints has no label `endpoint`."""
    labels = {"endpoint": "", **promise.labels}
    return Selector(name, tuple(Matcher(label, "=", labels[label]) for label in sorted(labels)))


def _words(promise: Promise) -> str:
    return promise.budget.name if promise.endpoint is None else f"{promise.budget.name}: {promise.endpoint.name}"


_NONE: Final = Bounds(0, 0, Good.BELOW)
