"""Panels about people: who is served, how they find it, and what their browsers measure."""

from __future__ import annotations

from typing import Final

from plimsoll.budget.dashboards.panel import Bounds, Panel, Query
from plimsoll.budget.dashboards.queries import quantile
from plimsoll.budget.dashboards.view import Maker, View
from plimsoll.budget.file.boards import Kind, Scale
from plimsoll.budget.promql import Matcher
from plimsoll.budget.sides import Good
from plimsoll.budget.sources import Source

_GOOD_AND_POOR: Final = {
    "LCP": ("Largest contentful paint", 2.5, 4.0),
    "INP": ("Interaction to next paint", 0.2, 0.5),
    "CLS": ("Cumulative layout shift", 0.1, 0.25),
    "FCP": ("First contentful paint", 1.8, 3.0),
    "TTFB": ("Time to first byte", 0.8, 1.8),
}
"""What each is, up to where it is good, from where it is poor: https://web.dev/articles/vitals, in seconds."""
_UNITLESS: Final = "CLS"
_JUDGED_AT: Final = 0.75


def active_now(view: View) -> Panel:
    """Return how many people use the service."""
    query = Query(f"max({view.of(Source.BUSINESS, 'active_users_total')})", "people")
    return Panel("Active users", (query,), Kind.STAT, about="People who are there to be served.")


def active_users(view: View) -> Panel:
    """Return how many people use the service, over time."""
    query = Query(f"max({view.of(Source.BUSINESS, 'active_users_total')})", "people")
    return Panel("Active users", (query,), about="People who are there to be served.")


def satisfaction(view: View) -> Panel:
    """Return how they rate it."""
    query = Query(f"min({view.of(Source.BUSINESS, 'user_satisfaction_score')})", "rating")
    panel = Panel("Satisfaction", (query,), Kind.STAT, about="Mean rating, 1 to 5; 0 without any.", most=5)
    return view.with_bounds(panel, "satisfaction")


def completion(view: View) -> Panel:
    """Return how much of what was due was done."""
    return view.measured("Completion", "completion")


def accuracy(view: View) -> Panel:
    """Return how much of what was done was right."""
    return view.measured("Accuracy", "accuracy")


def availability(view: View) -> Panel:
    """Return how much of what was asked was not failed."""
    return view.measured("Availability", "availability")


def availability_over_time(view: View) -> Panel:
    """Return how much of what was asked was not failed, over time."""
    return view.measured("Availability over time", "availability", Kind.LINES)


def ratios(view: View) -> Panel:
    """Return completion and accuracy over time."""
    queries = tuple(
        Query(f"min({view.of(Source.BUSINESS, name)})", said)
        for said, name in (("completion", "task_completion_ratio"), ("accuracy", "data_accuracy_ratio"))
    )
    return Panel("Completion and accuracy", queries, scale=Scale.SHARE, about="1 while nothing was due.")


def vital(name: str) -> Maker:
    """Return the maker of the panel of one vital: what three of four visits do not exceed."""

    def made(view: View) -> Panel:
        return _vital(view, name, f"{name} now", Kind.STAT)

    return made


def vital_by_page(name: str) -> Maker:
    """Return the maker of the panel of one vital by page."""

    def made(view: View) -> Panel:
        return _vital(view, name, f"{name} by page", Kind.LINES, "page")

    return made


def _vital(view: View, name: str, title: str, kind: Kind, *by: str) -> Panel:
    long, good, poor = _GOOD_AND_POOR[name]
    seen = view.of(Source.VITALS, "web_vitals_seconds", Matcher("name", "=", name))
    query = Query(quantile(_JUDGED_AT, seen, *by), "{{page}}" if by else name)
    scale = Scale.NUMBER if name == _UNITLESS else Scale.SECONDS
    about = f"{long}: what three of four visits do not exceed. Good up to {good:g}, poor from {poor:g}."
    return Panel(title, (query,), kind, scale, about, Bounds(good, poor, Good.BELOW))
