"""Where Grafana is, in the file's `service` section: what cannot be the beginning of a link."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from plimsoll.budget.file.model import BudgetFile

_EXAMPLE = "write it as https://grafana.example.org"


def refusals_of_grafana(file: BudgetFile) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield where, what is wrong, and what would be right."""
    if file.service.grafana is None:
        return
    for problem, remedy in _of_address(file.service.grafana):
        yield ("service", "grafana"), problem, remedy
    if file.render is not None and file.render.dashboards is None:
        problem = "no dashboards are rendered to which an alert could lead"
        yield ("service", "grafana"), problem, "name a folder as dashboards under render, or leave grafana out"


def _of_address(address: str) -> Iterator[tuple[str, str]]:
    try:
        parts = urlsplit(address)
    except ValueError:  # brackets that hold no address of IPv6
        yield f"{address!r} is no address", _EXAMPLE
        return
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(map(str.isspace, address)):
        yield f"{address!r} is no address of HTTP", _EXAMPLE
    if parts.username is not None:
        yield "it holds a login, and alerts would carry it", "leave it out: whoever follows the link logs in"
    if parts.query or parts.fragment:
        yield f"{address!r} is one of its pages", "end it where Grafana begins, before the question mark"
