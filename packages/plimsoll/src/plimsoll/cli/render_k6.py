"""`plimsoll render k6`: scenarios and thresholds of a budget file, for scripts of k6."""

from __future__ import annotations

from pathlib import Path

import click

from plimsoll.budget.k6_plan import k6_plan
from plimsoll.budget.reading import read_file
from plimsoll.cli.rendering import written


@click.command("k6")
@click.option("--budget", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="FOLDER",
    help="Where scripts are.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail where the file there is another one.")
def command(budget: Path, out: Path, *, check: bool) -> int:
    r"""Render scenarios and thresholds for k6's scripts, as plan.json beside them.

    \b
    plimsoll render k6 --budget perf/plimsoll.yaml --out perf/k6
    plimsoll render k6 --budget perf/plimsoll.yaml --out perf/k6 --check
    """
    return written({out / "plan.json": k6_plan(read_file(budget))}, check=check)
