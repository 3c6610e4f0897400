"""`plimsoll slo`: how every promise of a budget file stands, by what Prometheus recorded."""

from __future__ import annotations

import json
from pathlib import Path

import click

from plimsoll.budget import series
from plimsoll.budget.asking.prometheus import Prometheus
from plimsoll.budget.asking.standing import UNJUDGED, Standing, State, query_of, states_of
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.file.reading import read_file
from plimsoll.cli.exit_codes import ExitCode
from plimsoll.cli.slo_tables import plain, shown
from plimsoll.errors import InvalidInput, TargetFailed


@click.command("state")
@click.argument(
    "file", type=click.Path(path_type=Path, dir_okay=False), default=Path("plimsoll.yaml"), metavar="[FILE]"
)
@click.option("--prometheus", "url", required=True, envvar="PROMETHEUS_URL", metavar="URL", help="Where it answers.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(file: Path, url: str, *, as_json: bool) -> int:
    r"""Show how every promise stands: objective, actual, what is left of its error budget, and when it is gone.

    FILE is plimsoll.yaml where it is left out, and the address is $PROMETHEUS_URL. Prometheus has to have the rules
    that plimsoll render writes. Ends with 0 when all that can be judged is kept, with 99 when an error budget is spent
    or a bound is crossed, with 7 when nothing can be judged yet, and with 8 when Prometheus does not answer or has no
    such rules. Idle is a promise of which too little happens, without data one of which nothing is recorded. A budget
    is "gone in" what is left of it takes to be spent at the pace of the shorter window.

    \b
    plimsoll slo --prometheus http://127.0.0.1:9090
    plimsoll slo perf/plimsoll.yaml --prometheus http://127.0.0.1:9090 --json
    plimsoll slo explain HighLatency
    """
    read, server = read_file(file), Prometheus(url)
    states = states_of(read, server.present(query_of(read.service.name)))
    if not states:
        remedy = "say under watch where its metrics are"
        raise InvalidInput(str(file), "it holds no promise that Prometheus can see", remedy)
    if all(each.standing is Standing.NO_RULE for each in states):
        raise _without_rules(read, server)
    click.echo(json.dumps(plain(read.service.name, states), indent=2) if as_json else shown(read.service.name, states))
    return _code(states)


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
