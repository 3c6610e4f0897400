"""`plimsoll load run`: load a service, and say how it bore it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, TextIO

import click

from plimsoll.cli.environment import surroundings
from plimsoll.cli.exit_codes import INTERRUPTED, code_of_error, code_of_run
from plimsoll.cli.load_options import wish_of, with_load_options
from plimsoll.cli.outputs import Outputs, with_outputs
from plimsoll.load.conductor import Conducted, Conductor, Observer
from plimsoll.load.facts import facts_of
from plimsoll.load.plan import Plan
from plimsoll.load.planning import plan_of
from plimsoll.measure.thresholds import Threshold
from plimsoll.report.exposition_server import exposition_server
from plimsoll.report.live import LiveView


@click.command("run")
@with_load_options
@with_outputs
@click.option(
    "--prometheus", type=int, metavar="PORT", help="Offer the run to Prometheus on this port while it goes on."
)
@click.option("--quiet", is_flag=True, help="No live view.")
def command(prometheus: int | None, *, quiet: bool, outputs: Outputs, **given: Any) -> int:
    r"""Load a service, and say how it bore it.

    FLOW is a Python file of flows; without one, --url is called.

    \b
    plimsoll load run --url http://127.0.0.1:8000/health --rate 200 --for 30s
    plimsoll load run checkout.py --stages 2m:100,5m:100 --threshold 'http_req_duration:p(95)<500'
    """
    outputs.check()
    wish = wish_of(**given)
    os.environ.update(wish.env)  # before the file of flows is read, which may look there
    plan, thresholds = plan_of(wish)
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
