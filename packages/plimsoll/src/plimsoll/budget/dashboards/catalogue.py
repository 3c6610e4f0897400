"""Which boards a service has: those that are wanted, of what can be seen, and its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from plimsoll.budget.dashboards import (
    api,
    budgets,
    business,
    cost,
    database,
    database_redis,
    overview,
    queue_workers,
    user_experience,
)
from plimsoll.budget.dashboards.own import own_board, rows_of
from plimsoll.budget.dashboards.panel import Board, Panel, Row
from plimsoll.budget.dashboards.view import Maker, Plan, View
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.links import runbook_url
from plimsoll.budget.promises import Promise, promises_of
from plimsoll.budget.promql import Matcher, Selector
from plimsoll.budget.sight import Sight, Unseen, sight_of
from plimsoll.budget.sources import Source

PLANS: Final = (
    overview.PLAN,
    api.PLAN,
    database.PLAN,
    database_redis.PLAN,
    queue_workers.PLAN,
    user_experience.PLAN,
    business.PLAN,
    cost.PLAN,
)
SOURCES: Final = {plan.name: tuple(str(each) for each in plan.of) for plan in PLANS}
"""What each built-in board is about: with none of these sources there is no such board."""
_CHOSEN: Final = Matcher("instance", "=~", "$instance")


def boards_of(file: BudgetFile) -> Iterator[Board]:
    """Yield the boards of a file: built-in ones that have something to show, then its own."""
    view = _view_of(file)
    built = {plan.name: _built(plan, view) for plan in PLANS} | {budgets.NAME: budgets.board(view)}
    for name, board in built.items():
        own = file.boards.get(name)
        if file.dashboards is not None and name not in file.dashboards:
            continue
        if board is not None:
            yield board if own is None else replace(board, rows=(*rows_of(own, view), *board.rows))
        elif own is not None:
            yield own_board(name, own, view)
    yield from (own_board(name, own, view) for name, own in file.boards.items() if name not in built)


def _view_of(file: BudgetFile) -> View:
    def runbook_of(promise: Promise) -> str | None:
        alert = promise.budget.alert
        return runbook_url(file.service, alert.name) if alert else None

    return View(file.service.name, sight_of(file.watch), promises_of(file), runbook_of)


def _built(plan: Plan, view: View) -> Board | None:
    if not view.sight.sources.keys() & set(plan.of):
        return None
    seen, instances = _with_choice(plan.instances, view)
    rows = tuple(Row(title, tuple(_panels(makers, seen))) for title, makers in plan.rows)
    rows = tuple(row for row in rows if row.panels)
    return Board(plan.name, plan.title, plan.about, view.service, rows, instances) if rows else None


def _with_choice(source: Source | None, view: View) -> tuple[View, str]:
    """Return the view in which a source's instances are those that the reader chose, and where all of them are."""
    if source is None or source not in view.sight.sources:
        return view, ""
    labels = view.sight.sources[source]
    chosen = {**view.sight.sources, source: (*labels, _CHOSEN)}
    sight = Sight(view.sight.dialect, chosen, view.sight.endpoint)
    return replace(view, sight=sight), str(Selector("up", labels))


def _panels(makers: tuple[Maker, ...], view: View) -> Iterator[Panel]:
    for maker in makers:
        try:
            yield maker(view)
        except Unseen:
            continue
