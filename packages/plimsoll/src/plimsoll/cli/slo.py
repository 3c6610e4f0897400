"""`plimsoll slo`: how every promise of a budget file stands, by what Prometheus recorded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
from click.core import ParameterSource

from plimsoll.budget import series
from plimsoll.budget.asking.early import early_query, known_queries, not_yet, with_known
from plimsoll.budget.asking.prometheus import Prometheus
from plimsoll.budget.asking.standing import UNJUDGED, Standing, State, query_of, states_of
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.file.reading import read_file
from plimsoll.cli.exit_codes import ExitCode
from plimsoll.cli.slo_tables import plain, shown
from plimsoll.errors import InvalidInput, TargetFailed

_EXAMPLE: Final = "plimsoll slo http://127.0.0.1:9090"


@click.command("state")
@click.argument("words", nargs=-1, metavar="[FILE] [URL]")
@click.option("--prometheus", "url", envvar="PROMETHEUS_URL", metavar="URL", help="Where it answers.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(words: tuple[str, ...], url: str | None, *, as_json: bool) -> int:
    r"""Show how every promise stands: objective, actual, what is left of its error budget, and when it is gone.

    FILE is plimsoll.yaml where it is left out, and URL, the address of Prometheus, is $PROMETHEUS_URL. Prometheus has
    to have the rules that plimsoll render writes. Ends with 0 when all that can be judged is kept, with 99 when an
    error budget is spent or a bound is crossed, with 7 when nothing can be judged yet, and with 8 when Prometheus does
    not answer or has no such rules. Idle is a promise of which too little happens, without data one of which nothing
    is recorded. A budget is "gone in" what is left of it takes to be spent at the pace of the shorter window.

    \b
    plimsoll slo http://127.0.0.1:9090
    plimsoll slo perf/plimsoll.yaml --prometheus http://127.0.0.1:9090 --json
    plimsoll slo explain HighLatency
    """
    file, url = _places(words, url)
    read, server = read_file(file), Prometheus(url)
    recorded = states_of(read, server.present(query_of(read.service.name)))
    states = tuple(not_yet(each) if _is_early(each, server) else each for each in recorded)
    if not states:
        remedy = "say under watch where its metrics are"
        raise InvalidInput(str(file), "it holds no promise that Prometheus can see", remedy)
    if all(each.standing is Standing.NO_RULE for each in states):
        raise _without_rules(read, server)
    for window, query in known_queries(states):
        states = with_known(states, window, server.present(query))
    click.echo(json.dumps(plain(read.service.name, states), indent=2) if as_json else shown(read.service.name, states))
    return _code(states)


def _places(words: Sequence[str], option: str | None) -> tuple[Path, str]:
    """Return the budget file and Prometheus' address: what is written as an address is one, wherever it stands.

    Raises:
        click.UsageError: There is no address, or there are several addresses or files.
    """
    urls, files = ([each for each in words if ("://" in each) is wanted] for wanted in (True, False))
    if option is not None and (not urls or _is_typed("url")):
        urls.append(option)
    if not urls:
        raise click.UsageError(f"where does Prometheus answer? Say {_EXAMPLE}, --prometheus URL, or $PROMETHEUS_URL")
    if len(urls) > 1:
        raise click.UsageError(f"one Prometheus is asked, and these are several: {', '.join(urls)}")
    if len(files) > 1:
        raise click.UsageError(f"one budget file is read, and these are several: {', '.join(files)}")
    return Path(files[0] if files else "plimsoll.yaml"), urls[0]


def _is_typed(option: str) -> bool:
    return click.get_current_context().get_parameter_source(option) is ParameterSource.COMMANDLINE


def _is_early(state: State, server: Prometheus) -> bool:
    query = early_query(state)
    return query is not None and bool(server.present(query))


def _code(states: tuple[State, ...]) -> ExitCode:
    if any(each.standing.is_broken for each in states):
        return ExitCode.FAIL
    return ExitCode.UNDECIDED if all(each.standing in UNJUDGED for each in states) else ExitCode.PASS


def _without_rules(file: BudgetFile, server: Prometheus) -> TargetFailed:
    name = file.service.name
    if server.records(series.BOUND, {"service": name}):
        detail = f"{server.url} has the rules of {name} and has not evaluated them yet; ask again in a minute"
    else:
        detail = (
            f"{server.url} has no rules of {name}: render them (plimsoll render), name them under rule_files in its"
            " configuration, and have it reload"
        )
    return TargetFailed("no_rules", detail)
