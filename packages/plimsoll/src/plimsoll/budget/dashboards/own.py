"""Boards and rows that a budget file brings itself."""

from __future__ import annotations

from plimsoll.budget.dashboards.panel import Board, Panel, Query, Row
from plimsoll.budget.dashboards.view import View
from plimsoll.budget.file.boards import OwnBoard, OwnPanel


def own_board(name: str, own: OwnBoard, view: View) -> Board:
    """Return a board of the file's own."""
    return Board(
        name, own.title or name.replace("-", " ").capitalize(), own.about or "", view.service, rows_of(own, view)
    )


def rows_of(own: OwnBoard, view: View) -> tuple[Row, ...]:
    """Return its rows."""
    return tuple(Row(row.title, tuple(_panel(each, view) for each in row.panels)) for row in own.rows)


def _panel(own: OwnPanel, view: View) -> Panel:
    queries = tuple(Query(expression, said) for said, expression in own.queries.items())
    panel = Panel(own.title, queries, own.kind, own.unit, own.about or "")
    promise = next((each for each in view.promises if each.budget.name == own.budget), None)
    return panel if promise is None else view.with_promise(panel, promise)
