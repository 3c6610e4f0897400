"""A page for each alert: what it means, when it is raised, how soon that is and what it costs, what to do first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from plimsoll.budget.explaining.explanations import Case, Explanation, explanations_of
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.file.outputs import Artefact, Kind, Places, mark
from plimsoll.budget.links import ALERTS
from plimsoll.budget.pages import markdown
from plimsoll.budget.pages.markdown import escaped, link
from plimsoll.budget.quantities import share, time

_STEADY: Final = (
    "All times are for an outage that begins at once and stays as it is, in even traffic;"
    " add up to a minute for scraping and evaluating."
)


def page_of(alert: str, folder: Path) -> Path:
    """Return where an alert's page is, in a folder of runbooks."""
    return folder / ALERTS / f"{alert}.md"


def runbooks(file: BudgetFile, places: Places) -> Iterator[Artefact]:
    """Yield a page for each alert."""
    for each in explanations_of(file):
        path = page_of(each.name, places[Kind.RUNBOOKS])
        yield Artefact(path, markdown.page(mark(file.service.name), _page(each, path, places)))


def _page(found: Explanation, path: Path, places: Places) -> Iterator[str]:
    severities = " or ".join(f"**{each}**" for each in found.severities)
    yield from (f"# {found.name}", "", f"An alert of {escaped(found.service)}: {severities}.", "")
    for case in found.cases:
        yield from _case(case, alone=len(found.cases) == 1)
    if found.steps:
        yield from ("## First steps", "")
        yield from (f"{number}. {escaped(step)}" for number, step in enumerate(found.steps, 1))
        yield ""
    yield from _more(found, path, places)


def _case(case: Case, *, alone: bool) -> Iterator[str]:
    budget = case.promise.budget
    level = "##" if alone else "###"
    if not alone:
        yield from (f"## {escaped(budget.name.capitalize())}", "")
    if case.means:
        yield from (escaped(case.means), "")
    if budget.why:
        yield from (f"Why it is promised: {escaped(budget.why)}.", "")
    if case.endpoints:
        yield from (f"It holds for each of these alone: {', '.join(map(escaped, case.endpoints))}.", "")
    yield from (f"{level} When it is raised", "")
    yield from (f"- {escaped(each)}" for each in case.conditions)
    yield ""
    yield f"*{escaped(case.promise.indicator.name)}*: {escaped(case.promise.indicator.about)}"
    yield ""
    if case.board:
        yield from (f"[What it has been]({case.board}), in Grafana.", "")
    yield from _queries(case)
    yield from (f"{level} How soon{', and at what cost' if case.allowance else ''}", "")
    yield from _cost(case)


def _queries(case: Case) -> Iterator[str]:
    for severity, query in case.queries:
        yield from (f'```promql title="{severity}"', query, "```", "")
    yield from ("The value is read by", "", "```promql", case.value, "```", "")


def _cost(case: Case) -> Iterator[str]:
    if case.soon:
        yield from (case.soon, "")
        return
    yield from markdown.table(*outages(case))
    yield from (f"{each}\n" for each in (case.bad, _STEADY, case.allowance, case.traffic) if each)


def outages(case: Case) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of a table: what comes of outages of several sizes."""
    budgeted = case.allowance is not None
    severities = [severity for severity, _ in case.queries]
    head = ["bad", *(f"{each} after" for each in severities)]
    rows = [[share(each.bad), *(_after(each.after(severity)) for severity in severities)] for each in case.sizes]
    if budgeted:
        head += ["spent by then", "all spent after"]
        for row, each in zip(rows, case.sizes, strict=True):
            row += ["-" if each.spent is None else share(each.spent), _after(each.empty)]
    return head, rows


def _after(seconds: float | None) -> str:
    return "never" if seconds is None else time(seconds)


def _more(found: Explanation, path: Path, places: Places) -> Iterator[str]:
    links = []
    if found.runbook:
        to = found.runbook if "://" in found.runbook else places[Kind.RUNBOOKS] / found.runbook
        links.append(link("What else can be done", to, path))
    if Kind.TABLE in places:
        links.append(link(f"All that {escaped(found.service)} promises", places[Kind.TABLE], path))
    if links:
        yield from ("## See also", "", *(f"- {each}" for each in links))
