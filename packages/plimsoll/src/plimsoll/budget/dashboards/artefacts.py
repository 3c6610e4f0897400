"""The dashboards of a budget file as files; Grafana's builders are asked for only here, and only when needed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from plimsoll.budget.dashboards.catalogue import SOURCES, boards_of
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.file.outputs import Artefact, Kind, Places, mark
from plimsoll.errors import InvalidInput


def dashboards(file: BudgetFile, places: Places) -> Iterator[Artefact]:
    """Yield each dashboard of a file, into the folder of dashboards.

    Raises:
        InvalidInput: Grafana's builders are not installed, or a board that the file names has nothing to show.
    """
    try:
        from plimsoll.budget.dashboards.grafana import drawn  # noqa: PLC0415 - an extra: nothing else needs it
    except ModuleNotFoundError as error:
        problem = "dashboards are made with Grafana's own builders, which are not installed"
        remedy = "install plimsoll[grafana], or render something else by name"
        raise InvalidInput("dashboards", problem, remedy) from error
    boards = tuple(boards_of(file))
    _check_wanted(file.dashboards or (), {board.name for board in boards})
    for board in boards:
        yield Artefact(places[Kind.DASHBOARDS] / f"{board.name}.json", drawn(board, mark(file.service.name)))


def _check_wanted(wanted: Sequence[str], made: Collection[str]) -> None:
    for number, name in enumerate(wanted):
        if name not in made:
            sources = " or ".join(SOURCES.get(name, ()))
            remedy = (
                f"watch the source {sources}, or do not name it" if sources else "promise something, or do not name it"
            )
            raise InvalidInput(f"dashboards[{number}]", f"nothing that is watched would show on {name!r}", remedy)
