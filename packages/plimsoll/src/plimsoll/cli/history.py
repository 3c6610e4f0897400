"""`plimsoll history`: stored runs in the order of time, and where a figure moved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from plimsoll.cli.results import figures_of, with_figures
from plimsoll.compare.changes import Moved, moved
from plimsoll.compare.figures import Figure
from plimsoll.compare.store import RunStore
from plimsoll.errors import InvalidInput
from plimsoll.measure.run import Run, Verdict

Line = tuple[str, str, float]
"""Runs that can stand side by side: name, machine, time scale."""


@click.command("history")
@click.option("--store", type=click.Path(path_type=Path, file_okay=False), required=True, metavar="FOLDER")
@click.option("--name", metavar="NAME", help="Runs of this name alone.")
@with_figures
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line for each run and each change.")
def command(store: Path, name: str | None, figures: tuple[str, ...], *, as_json: bool) -> None:
    r"""Show stored runs in the order of time, and where a figure moved, with the first commit after it.

    Runs of one name, machine and time scale stand together. Partial and invalid ones are shown and not counted.

    \b
    plimsoll history --store results
    plimsoll history --store results --name 'natalis load' --figure 'http_req_latency p99'
    """
    if not store.is_dir():
        raise InvalidInput(
            "--store", f"there is no folder {store}", "give the one that `load run --store` keeps runs in"
        )
    wanted = figures_of(figures)
    lines: dict[Line, list[Run]] = {}
    for run in RunStore(store).runs(name):
        lines.setdefault((run.name, run.environment.get("machine", ""), run.time_scale), []).append(run)
    if not lines and not as_json:
        click.echo(f"  No runs{f' called {name}' if name else ''} in {store}.")
    for line, runs in lines.items():
        changes = moved([run for run in runs if _counts(run)], wanted)
        shown = _plain(line, runs, wanted, changes) if as_json else _table(line, runs, wanted, changes)
        click.echo("\n".join(shown))


def _counts(run: Run) -> bool:
    return run.partial is None and run.verdict is not Verdict.INVALID


def _table(line: Line, runs: Sequence[Run], figures: Sequence[Figure], changes: Sequence[Moved]) -> Iterator[str]:
    name, machine, scale = line
    yield f"\n  {name}" + (f"  ({machine})" if machine else "") + (f"  time scale {scale:g}" if scale != 1 else "")
    widths = [max(12, len(each.name)) for each in figures]
    heads = "  ".join(f"{each.name:>{width}}" for each, width in zip(figures, widths, strict=True))
    yield f"  {'when':<17} {'commit':<12}  {'verdict':<8} {heads}"
    for run in runs:
        values = "  ".join(f"{_shown(each.of(run)):>{width}}" for each, width in zip(figures, widths, strict=True))
        verdict = f"{run.verdict}{'' if run.partial is None else '*'}"
        yield f"  {run.started_at:%Y-%m-%d %H:%M}  {_commit(run):<12}  {verdict:<8} {values}"
    if any(run.partial for run in runs):
        yield "  * ended early"
    yield from (_sentence(each) for each in changes)
    if not changes:
        yield "  No figure moved, as far as these runs say (a change needs five on either side)."


def _sentence(each: Moved) -> str:
    change = each.change
    by = f"{change.ratio - 1:+.1%}"
    return (
        f"  {each.figure.name} moved by {by}, from {change.before:.4g} to {change.after:.4g},"
        f" with {_commit(each.run) or 'the run'} of {each.run.started_at:%Y-%m-%d %H:%M} (p = {change.chance:.2g})"
    )


def _plain(line: Line, runs: Sequence[Run], figures: Sequence[Figure], changes: Sequence[Moved]) -> Iterator[str]:
    name, machine, scale = line
    common: dict[str, Any] = {"name": name, "machine": machine, "timeScale": scale}
    for run in runs:
        yield json.dumps(
            {
                "kind": "run",
                **common,
                "startedAt": run.started_at.isoformat(),
                "commit": run.environment.get("commit"),
                "verdict": run.verdict,
                "partial": run.partial,
                "figures": {each.name: each.of(run) for each in figures},
            }
        )
    for each in changes:
        yield json.dumps(
            {
                "kind": "change",
                **common,
                "figure": each.figure.name,
                "startedAt": each.run.started_at.isoformat(),
                "commit": each.run.environment.get("commit"),
                "before": each.change.before,
                "after": each.change.after,
                "chance": each.change.chance,
            }
        )


def _commit(run: Run) -> str:
    return run.environment.get("commit", "")[:12]


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:,.4g}"
