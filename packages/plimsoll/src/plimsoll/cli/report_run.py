"""`plimsoll report FILE`: the reports of a run that was kept."""

from __future__ import annotations

from pathlib import Path

import click

from plimsoll.cli.exit_codes import code_of_run
from plimsoll.cli.outputs import Outputs, with_reports
from plimsoll.cli.results import read_run


@click.command("run")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_reports
def command(file: Path, outputs: Outputs) -> int:
    r"""Report what `plimsoll load run --out FILE` kept; the exit code is that of the run.

    \b
    plimsoll report run.json --html run.html
    """
    outputs.check()
    run = read_run(file)
    outputs.write(run)
    return code_of_run(run)
