"""Cost: what a request, a message, a person and a month cost, and where that goes."""

from __future__ import annotations

from typing import Final

from plimsoll.budget.boards import Kind, Scale
from plimsoll.budget.dashboards.panel import Panel, Query
from plimsoll.budget.dashboards.view import Plan, View
from plimsoll.budget.promql import Selector
from plimsoll.budget.sources import Source

_WINDOW: Final = "1h"
_MONTH: Final = 730 * 3600
"""Seconds; a twelfth of a year, as clouds bill."""
_ABOUT_MONTH: Final = "If a month of 730 hours went as the last hour did."


def _spent(view: View, window: str = _WINDOW, by: str = "") -> str:
    return f"sum{by} (rate({view.of(Source.COST, 'service_cost_dollars_total')}[{window}]))"


def _per(view: View, title: str, done: Selector, about: str) -> Panel:
    query = Query(f"{_spent(view)} / (sum(rate({done}[{_WINDOW}])) > 0)", title.lower())
    return Panel(title, (query,), Kind.STAT, Scale.DOLLARS, about)


def per_request(view: View) -> Panel:
    """Return what a request costs."""
    about = "All that was spent in the last hour, by all requests in it, those of load tests as well."
    return _per(view, "Per request", view.of(Source.HTTP, view.sight.dialect.requests), about)


def per_message(view: View) -> Panel:
    """Return what a message costs."""
    about = "All that was spent in the last hour, by all messages processed in it."
    return _per(view, "Per message", view.of(Source.QUEUE, "messages_processed_total"), about)


def per_user(view: View) -> Panel:
    """Return what a person costs in a month."""
    users = f"max({view.of(Source.BUSINESS, 'active_users_total')})"
    query = Query(f"{_MONTH} * {_spent(view)} / ({users} > 0)", "per active user")
    return Panel("Per active user and month", (query,), Kind.STAT, Scale.DOLLARS, _ABOUT_MONTH)


def monthly(view: View) -> Panel:
    """Return what a month costs."""
    query = Query(f"{_MONTH} * {_spent(view)}", "a month")
    return Panel("A month", (query,), Kind.STAT, Scale.DOLLARS, _ABOUT_MONTH)


def by_resource(view: View) -> Panel:
    """Return where it goes."""
    query = Query(f"{_MONTH} * {_spent(view, by=' by (resource)')}", "{{resource}}")
    return Panel("A month by resource", (query,), Kind.BARS, Scale.DOLLARS, _ABOUT_MONTH)


def trend(view: View) -> Panel:
    """Return whether it grows: what a month would cost by the last hour, day and week."""
    queries = tuple(
        Query(f"{_MONTH} * {_spent(view, window)}", f"by the last {said}")
        for window, said in (("1h", "hour"), ("1d", "day"), ("7d", "week"))
    )
    about = "What a month would cost. While the hour lies above the week, it gets dearer."
    return Panel("Trend", queries, scale=Scale.DOLLARS, about=about)


def by_resource_over_time(view: View) -> Panel:
    """Return where it goes, over time."""
    query = Query(f"{_MONTH} * {_spent(view, by=' by (resource)')}", "{{resource}}")
    return Panel("A month by resource over time", (query,), Kind.STACK, Scale.DOLLARS, _ABOUT_MONTH)


PLAN: Final = Plan(
    "cost",
    "Cost",
    "What a request, a message, a person and a month cost, and where that goes.",
    (
        ("Now", (per_request, per_message, per_user, monthly)),
        ("Where it goes", (by_resource, trend, by_resource_over_time)),
    ),
)
