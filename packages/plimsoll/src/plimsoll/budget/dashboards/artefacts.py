"""The dashboards of a budget file as files; Grafana's builders are asked for only here, and only when needed."""

from __future__ import annotations

from collections.abc import Iterator

from plimsoll.budget.dashboards.catalogue import boards_of
from plimsoll.budget.model import BudgetFile
from plimsoll.budget.outputs import Artefact, Kind, Places, mark
from plimsoll.errors import InvalidInput


def dashboards(file: BudgetFile, places: Places) -> Iterator[Artefact]:
    """Yield each dashboard of a file, into the folder of dashboards.

    Raises:
        InvalidInput: Grafana's builders are not installed.
    """
    try:
        from plimsoll.budget.dashboards.grafana import drawn  # noqa: PLC0415 - an extra: nothing else needs it
    except ModuleNotFoundError as error:
        problem = "dashboards are made with Grafana's own builders, which are not installed"
        remedy = "install plimsoll[grafana], or render something else by name"
        raise InvalidInput("dashboards", problem, remedy) from error
    for board in boards_of(file):
        yield Artefact(places[Kind.DASHBOARDS] / f"{board.name}.json", drawn(board, mark(file.service.name)))
