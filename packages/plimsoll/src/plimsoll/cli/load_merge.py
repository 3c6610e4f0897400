"""`plimsoll load merge`: put the results of shards together into one run, exactly."""

from __future__ import annotations

from pathlib import Path

import click

from plimsoll.cli.exit_codes import code_of_run
from plimsoll.cli.outputs import Outputs, with_outputs
from plimsoll.load.shards import merged
from plimsoll.measure.results import decode_run
from plimsoll.measure.thresholds import threshold_in_words


@click.command("merge")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--threshold", "thresholds", multiple=True, metavar="METRIC:CONDITION", help="Judge the whole by this too."
)
@with_outputs
def command(files: tuple[Path, ...], thresholds: tuple[str, ...], outputs: Outputs) -> int:
    r"""Put the results of shards together into one run, exactly.

    FILES are what `plimsoll load run --shard i/n --out FILE` wrote. Thresholds are judged anew on the whole.

    \b
    plimsoll load merge shard-1.json shard-2.json --out run.json --html run.html
    """
    outputs.check()
    runs = [decode_run(path.read_bytes(), str(path)) for path in files]
    whole = merged(runs, [threshold_in_words(each) for each in thresholds])
    outputs.write(whole)
    return code_of_run(whole)
