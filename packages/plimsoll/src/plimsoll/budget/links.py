"""Whereto an alert leads whoever is told of it: its page, and the board that shows what it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias

from plimsoll.budget.file.model import Service

ALERTS: Final = "alerts"
"""The folder of rendered pages, within the folder of runbooks."""
PLACE: Final = "{alert}"
"""Stands in `service.runbooks` for an alert's name."""
_LONGEST_UID: Final = 40  # characters; Grafana refuses more

Subject: TypeAlias = tuple[str, str]
"""An alert's name, and that of the budget that it is about: all on error budgets share one name."""


@dataclass(frozen=True, slots=True)
class Links:
    """Whereto the alerts of a file lead.

    Attributes:
        service: Whose they are.
        boards: The address of the board or panel that shows what an alert is about; nothing of those that none shows.
    """

    service: Service
    boards: Mapping[Subject, str]

    def of(self, alert: str, budget: str) -> Iterator[tuple[str, str]]:
        """Yield the names of an alert's annotations that are addresses, with them."""
        page, board = runbook_url(self.service, alert), self.boards.get((alert, budget))
        if page is not None:
            yield "runbook_url", page
        if board is not None:
            yield "dashboard_url", board


def runbook_url(service: Service, alert: str) -> str | None:
    """Return the address of an alert's page; None where the file does not say where runbooks are served.

    Args:
        service: Whose `runbooks` is the address of the folder of runbooks, or of one page with `{alert}` in its place.
        alert: Its name.
    """
    if service.runbooks is None:
        return None
    if PLACE in service.runbooks:
        return service.runbooks.replace(PLACE, alert)
    return f"{service.runbooks.rstrip('/')}/{ALERTS}/{alert}.html"


def board_url(grafana: str, uid: str, panel: int | None) -> str:
    """Return the address of a board, or of one of its panels alone.

    Args:
        grafana: The address of Grafana.
        uid: What names the board.
        panel: The panel's number; None for the whole board.
    """
    return f"{grafana.rstrip('/')}/d/{uid}" + ("" if panel is None else f"?viewPanel={panel}")


def uid_of(service: str, board: str) -> str:
    """Return what names a service's board in its address: readable, and never longer than Grafana takes."""
    words = re.sub(r"[^a-z0-9]+", "-", f"{service}-{board}".lower()).strip("-")
    if len(words) <= _LONGEST_UID:
        return words
    ending = sha256(words.encode()).hexdigest()[:8]
    return f"{words[: _LONGEST_UID - len(ending) - 1]}-{ending}"
