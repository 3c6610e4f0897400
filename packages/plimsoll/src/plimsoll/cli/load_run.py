"""`plimsoll load run`: load a service, and say how it bore it."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import click

from plimsoll.cli.budgeted import objective_in, planned, with_budget_options
from plimsoll.cli.environment import surroundings
from plimsoll.cli.exit_codes import INTERRUPTED, code_of_error, code_of_run
from plimsoll.cli.k6_script import SUFFIXES, run_script
from plimsoll.cli.load_options import with_load_options
from plimsoll.cli.outputs import Outputs, with_outputs
from plimsoll.errors import InvalidInput
from plimsoll.load.conductor import Conducted, Conductor, Observer
from plimsoll.load.facts import facts_of
from plimsoll.load.plan import Plan
from plimsoll.measure.thresholds import Threshold
from plimsoll.report.exposition_server import exposition_server
from plimsoll.report.live import LiveView


@click.command("run")
@with_load_options
@with_budget_options
@with_outputs
@click.option(
    "--prometheus", type=int, metavar="PORT", help="Offer the run to Prometheus on this port while it goes on."
)
@click.option("--quiet", is_flag=True, help="No live view.")
@click.argument("k6_options", nargs=-1, type=click.UNPROCESSED, metavar="[-- K6-OPTION...]")
def command(
    prometheus: int | None,
    *,
    quiet: bool,
    outputs: Outputs,
    budget: Path | None,
    scenario: str | None,
    k6_options: tuple[str, ...],
    **given: Any,
) -> int:
    r"""Load a service, and say how it bore it.

    FLOW is a Python file of flows, or a script of k6, which the k6 on your PATH runs; without one, --url is called.
    --budget and --scenario name load, flow and thresholds at once.

    \b
    plimsoll load run --url http://127.0.0.1:8000/health --rate 200 --for 30s
    plimsoll load run checkout.py --stages 2m:100,5m:100 --threshold 'http_req_duration:p(95)<500'
    plimsoll load run --budget plimsoll.yaml --scenario smoke --time-scale 10 --html smoke.html
    plimsoll load run script.js --vus 10 --for 30s
    """
    outputs.check()
    flow: Path | None = given["flow"]
    if flow is not None and flow.suffix in SUFFIXES:
        _check_k6(budget, scenario, prometheus)
        return run_script(flow, given, k6_options, outputs, quiet=quiet)
    if k6_options:
        raise InvalidInput("FLOW", f"{' '.join(k6_options)} is one too many", "only scripts of k6 take options of k6")
    plan, thresholds = planned(given, budget, scenario)
    if outputs.objective is None and budget is not None:
        outputs = replace(outputs, objective=objective_in(budget))
    with ExitStack() as stack:
        observers: list[Observer] = []
        if not quiet:
            facts = [facts_of(each) for each in plan.scenarios]
            observers.append(stack.enter_context(LiveView(plan.name, facts, sys.stderr)))
        if prometheus is not None:
            observers.append(stack.enter_context(exposition_server(prometheus)))
        conducted = asyncio.run(_conducted(plan, thresholds, observers, sys.stderr))
    outputs.write(conducted.run)
    if conducted.failure is not None:
        click.echo(str(conducted.failure), err=True)
        return code_of_error(conducted.failure)
    return code_of_run(conducted.run)


def _check_k6(budget: Path | None, scenario: str | None, prometheus: int | None) -> None:
    if budget is not None or scenario is not None:
        raise InvalidInput("--budget", "a script of k6 brings its own load", "leave it out, or give a file in Python")
    if prometheus is not None:
        raise InvalidInput("--prometheus", "k6 has an output of its own for that", "leave it out")


async def _conducted(
    plan: Plan, thresholds: tuple[Threshold, ...], observers: list[Observer], said: TextIO
) -> Conducted:
    conductor = Conductor(
        plan, thresholds, _now, observers=observers, said=said, environment=surroundings(plan.processes)
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, conductor.interrupt, INTERRUPTED)
    return await conductor.run()


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the command line is where the clock is taken
