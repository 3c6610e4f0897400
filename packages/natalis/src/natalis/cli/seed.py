"""`natalis seed`: invented people, for trials."""

from __future__ import annotations

from dataclasses import asdict

import click

from natalis.cli.command import Command
from natalis.cli.invented import Crowd
from natalis.cli.opening import with_application
from natalis.cli.output import Output, with_output
from natalis.runtime.wiring import Application
from natalis.usecases.import_result import Tally, Wanted


@click.command(cls=Command, examples=["natalis seed 1000", "natalis seed 1000000 --seed 7 --json"])
@click.argument("count", metavar="N", type=click.IntRange(1))
@click.option("--seed", type=int, default=1, show_default=True, help="Which crowd: the same seed, the same people.")
@with_output
@with_application
async def command(output: Output, application: Application, count: int, seed: int) -> None:
    """Add N invented people from the whole earth.

    Names, birthdays and zones are as they occur. Their addresses end in example.org, .com and .net, which nobody can
    receive mail at. Repeating it adds nobody.
    """
    tally, done = Tally(), 0
    with output.progress("inventing people", count) as advance:
        async for progress in application.importing.run(Crowd(count, seed), Wanted()):
            advance(progress.bytes_done - done)
            tally, done = progress.tally, progress.bytes_done
    output.answer({"seed": seed, **asdict(tally)}, f"added {tally.added} people; {tally.unchanged} were there already")
