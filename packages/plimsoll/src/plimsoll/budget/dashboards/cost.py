"""Cost: what a request, a message, a person and a month cost, and where that goes."""

from __future__ import annotations

from typing import Final

from plimsoll.budget import series
from plimsoll.budget.burn import DAY
from plimsoll.budget.dashboards.panel import Panel, Query
from plimsoll.budget.dashboards.view import Plan, View
from plimsoll.budget.file.boards import Kind, Scale
from plimsoll.budget.promql import Matcher, Selector, number
from plimsoll.budget.sources import Source

_MONTH: Final = number(30 * DAY)
_ABOUT_MONTH: Final = "If 30 days went as the last hour did."


def per_request(view: View) -> Panel:
    """Return what a request costs."""
    view.of(Source.HTTP, view.sight.dialect.requests)
    return _recorded(view, "Per request", series.COST_PER_REQUEST, "All that the last hour cost, by its requests.")


def per_message(view: View) -> Panel:
    """Return what a message costs."""
    view.of(Source.QUEUE, "messages_processed_total")
    return _recorded(view, "Per message", series.COST_PER_MESSAGE, "All that the last hour cost, by its messages.")


def per_user(view: View) -> Panel:
    """Return what a person costs in a month."""
    view.of(Source.BUSINESS, "active_users_total")
    return _recorded(view, "Per active user and month", series.COST_PER_USER, _ABOUT_MONTH)


def monthly(view: View) -> Panel:
    """Return what a month costs."""
    query = Query(f"{_MONTH} * sum({_series(view, series.COST)})", "a month")
    return Panel("A month", (query,), Kind.STAT, Scale.DOLLARS, _ABOUT_MONTH)


def by_resource(view: View) -> Panel:
    """Return where it goes."""
    query = Query(f"{_MONTH} * sum by (resource) ({_series(view, series.COST)})", "{{resource}}")
    return Panel("A month by resource", (query,), Kind.BARS, Scale.DOLLARS, _ABOUT_MONTH)


def by_resource_over_time(view: View) -> Panel:
    """Return where it goes, over time."""
    query = Query(f"{_MONTH} * sum by (resource) ({_series(view, series.COST)})", "{{resource}}")
    return Panel("A month by resource over time", (query,), Kind.STACK, Scale.DOLLARS, _ABOUT_MONTH)


def trend(view: View) -> Panel:
    """Return whether it grows: what a month would cost by the last hour, day and week."""
    spent = view.of(Source.COST, "service_cost_dollars_total")
    queries = tuple(
        Query(f"{_MONTH} * sum(rate({spent}[{window}]))", f"by the last {said}")
        for window, said in (("1h", "hour"), ("1d", "day"), ("7d", "week"))
    )
    about = "What 30 days would cost. While the hour lies above the week, it gets dearer."
    return Panel("Trend", queries, scale=Scale.DOLLARS, about=about)


def _recorded(view: View, title: str, name: str, about: str) -> Panel:
    return Panel(title, (Query(str(_series(view, name)), title.lower()),), Kind.STAT, Scale.DOLLARS, about)


def _series(view: View, name: str) -> Selector:
    """Return what the rules record of costs.

    Raises:
        Unseen: Costs are not watched, so nothing is recorded.
    """
    view.of(Source.COST, "service_cost_dollars_total")
    return Selector(name, (Matcher("service", "=", view.service),))


PLAN: Final = Plan(
    "cost",
    "Cost",
    "What a request, a message, a person and a month cost, and where that goes.",
    (Source.COST,),
    (
        ("Now", (per_request, per_message, per_user, monthly)),
        ("Where it goes", (by_resource, trend, by_resource_over_time)),
    ),
)
