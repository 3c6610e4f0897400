"""Which panel shows what an alert is about: the address that the alert carries beside that of its page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from plimsoll.budget.dashboards.catalogue import boards_of
from plimsoll.budget.dashboards.panel import Board, Panel
from plimsoll.budget.file.boards import Kind
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.links import Links, Subject, board_url, uid_of


def links_of(file: BudgetFile) -> Links:
    """Return whereto the alerts of a file lead; to no board where it does not say where Grafana is."""
    if file.service.grafana is None:
        return Links(file.service, {})
    found: dict[Subject, str] = {}
    for subject, address in _addresses(file.service.grafana, boards_of(file)):
        found.setdefault(subject, address)
    return Links(file.service, found)


def _addresses(grafana: str, boards: Iterable[Board]) -> Iterator[tuple[Subject, str]]:
    """Yield the address of what each board shows, in the order in which boards are looked at.

    A panel is shown alone where no other one of its board is about the same alert: a budget of several endpoints has a
    panel for each, and its alert is one.
    """
    for board in boards:
        uid = uid_of(board.service, board.name)
        for subject, numbers in _shown_on(board).items():
            yield subject, board_url(grafana, uid, numbers[0] if len(numbers) == 1 else None)


def _shown_on(board: Board) -> dict[Subject, list[int]]:
    """Return the numbers of the panels of each alert; one large number tells less than the course of what it was."""
    found: dict[Subject, list[int]] = {}
    for number, each in board.numbered():
        if isinstance(each, Panel) and each.alert is not None and each.kind is not Kind.STAT:
            found.setdefault(each.alert, []).append(number)
    return found
