"""`plimsoll slo explain`: an alert in words."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from plimsoll.budget.explaining.explanations import Case, Explanation, explanations_of
from plimsoll.budget.file.reading import read_file
from plimsoll.budget.pages.runbooks import outages
from plimsoll.errors import InvalidInput


@click.command("explain")
@click.argument("alert")
@click.argument(
    "file", type=click.Path(path_type=Path, dir_okay=False), default=Path("plimsoll.yaml"), metavar="[FILE]"
)
@click.option("--query", is_flag=True, help="Show what Prometheus is asked, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with what Prometheus is asked.")
def command(alert: str, file: Path, *, query: bool, as_json: bool) -> None:
    r"""Say in words what ALERT means, how long an outage of each size takes to be noticed, and what it costs.

    FILE is plimsoll.yaml where it is left out. An alert on an error budget is called ErrorBudgetBurn.

    \b
    plimsoll slo explain HighLatency
    plimsoll slo explain ErrorBudgetBurn perf/plimsoll.yaml --query
    """
    known = {each.name: each for each in explanations_of(read_file(file))}
    if alert not in known:
        near = get_close_matches(alert, known, n=1, cutoff=0.5)
        remedy = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known) or 'none'}"
        raise InvalidInput("ALERT", f"{file} has no alert {alert!r}", remedy)
    if as_json:
        click.echo(json.dumps(_plain(known[alert]), indent=2))
        return
    width = min(120, max(80, shutil.get_terminal_size().columns))
    console = Console(width=width, highlight=False)
    for each in _said(known[alert], query=query):
        if isinstance(each, Table):
            console.print(each)
        else:
            click.echo(_wrapped(each, width))


def _wrapped(line: str, width: int) -> str:
    """Return a line in lines that fit, set in as it begins; queries and addresses stay as they are."""
    begin = line[: len(line) - len(line.lstrip())]
    return (
        line
        if "\n" in line
        else textwrap.fill(line, width, subsequent_indent=begin + "  ", break_on_hyphens=False, break_long_words=False)
    )


def _said(found: Explanation, *, query: bool) -> Iterator[str | Table]:
    yield f"{found.name} of {found.service}: {' or '.join(found.severities)}"
    for case in found.cases:
        yield from ("", f"  {case.promise.budget.name}: {case.promise.indicator.about}")
        if case.means:
            yield f"  {case.means}"
        if case.board:
            yield f"  What it has been: {case.board}"
        yield from _case(case, query=query)
    if found.steps:
        yield from ("", "First steps", *(f"  {number}. {step}" for number, step in enumerate(found.steps, 1)))


def _case(case: Case, *, query: bool) -> Iterator[str | Table]:
    if case.endpoints:
        yield f"  For each of these alone: {', '.join(case.endpoints)}."
    yield from ("", *(f"  {each}" for each in case.conditions))
    if query:
        yield from (f"\n  {severity}\n{textwrap.indent(asked, '    ')}" for severity, asked in case.queries)
    yield ""
    if case.soon:
        yield f"  {case.soon}"
        return
    yield from (_outages(case), "")
    yield from (f"  {each}" for each in (case.bad, case.allowance, case.traffic) if each)


def _outages(case: Case) -> Table:
    head, rows = outages(case)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 2))
    for name in head:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*row)
    return table


def _plain(found: Explanation) -> dict[str, Any]:
    """Return the same as plain values: shares of 1, seconds, and `null` where something never comes or is not there."""
    return {
        "alert": found.name,
        "service": found.service,
        "severities": [str(each) for each in found.severities],
        "budgets": [_plain_case(each) for each in found.cases],
        "steps": list(found.steps),
        "runbook": found.runbook,
    }


def _plain_case(case: Case) -> dict[str, Any]:
    indicator = case.promise.indicator
    return {
        "budget": case.promise.budget.name,
        "endpoints": list(case.endpoints),
        "indicator": indicator.name,
        "about": indicator.about,
        "means": case.means,
        "dashboard": case.board,
        "conditions": list(case.conditions),
        "queries": [{"severity": str(severity), "query": asked} for severity, asked in case.queries],
        "value": case.value,
        "notes": [each for each in (case.soon, case.bad, case.allowance, case.traffic) if each],
        "outages": [
            {
                "bad": each.bad,
                "critical_after": each.critical,
                "warning_after": each.warning,
                "spent_by_then": each.spent,
                "all_spent_after": each.empty,
            }
            for each in case.sizes
        ],
    }
