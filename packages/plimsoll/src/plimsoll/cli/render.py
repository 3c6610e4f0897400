"""`plimsoll render`: everything that other tools need, from one budget file."""

from __future__ import annotations

from pathlib import Path

import click

from plimsoll.budget.file.outputs import Kind, Places, places_in, places_of
from plimsoll.budget.file.reading import read_file
from plimsoll.budget.rendering import render
from plimsoll.cli.budgeted import check_scenarios
from plimsoll.cli.rendering import checked, written
from plimsoll.errors import InvalidInput


@click.command("render")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("what", type=click.Choice([kind.value for kind in Kind]), nargs=-1, metavar="[WHAT]...")
@click.option("--check", is_flag=True, help="Write nothing; fail where a file there is another one.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Put everything there, whatever the file's render section says.",
)
def command(file: Path, what: tuple[str, ...], out: Path | None, *, check: bool) -> int:
    r"""Write what other tools need, from the budget file: everything, or WHAT alone.

    WHAT is one of rules (Prometheus), tests (for promtool), alertmanager (with a test of its routes), dashboards
    (Grafana), openslo, k6, table and runbooks (Markdown). The file's render section says where each goes; without one
    it is the folder rendered beside it. What was rendered there before, and is not any more, is removed. A scenario
    that load run would refuse is refused here too, unless WHAT leaves k6 out.

    \b
    plimsoll render plimsoll.yaml
    plimsoll render plimsoll.yaml --check
    plimsoll render plimsoll.yaml rules tests --out /etc/prometheus
    """
    read = read_file(file)
    places = places_of(read.render, file.parent) if out is None else places_in(out)
    wanted = [Kind(each) for each in what]
    _check_places(file, places, wanted)
    if not wanted or Kind.K6 in wanted:
        check_scenarios(read, file)
    made = render(read, places, wanted)
    return checked(made) if check else written(made)


def _check_places(file: Path, places: Places, wanted: list[Kind]) -> None:
    if not places:
        remedy = "name a place, as in rules: rules.yaml, or leave the section out"
        raise InvalidInput("render", f"{file} says that nothing is rendered", remedy)
    for kind in wanted:
        if kind not in places:
            remedy = f"write {kind}: PATH under render in the file, or give --out FOLDER"
            raise InvalidInput("WHAT", f"{file} does not say where {kind} goes", remedy)
    taken: dict[Path, Kind] = {}
    for kind, path in places.items():
        if path in taken:
            problem = f"{file} has {taken[path]} and {kind} go to the same place, {path}"
            raise InvalidInput("render", problem, "give each a place of its own")
        taken[path] = kind
