"""`plimsoll compare`: how two runs differ, as ratios with their intervals and as curves."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click

from plimsoll.cli.results import figures_of, read_run, with_figures
from plimsoll.compare.figures import Figure
from plimsoll.compare.history import FEWEST, judge
from plimsoll.compare.paired import Design, Finding
from plimsoll.compare.sampling import sampled
from plimsoll.compare.signed_rank import Interval
from plimsoll.compare.store import RunStore
from plimsoll.measure.histogram import Histogram
from plimsoll.measure.names import HTTP_REQ_LATENCY
from plimsoll.measure.run import Run, Verdict
from plimsoll.measure.tallies import Trend
from plimsoll.report.curves import percentile_curves

_ONE_RUN_EACH: Final = (
    "One run each: the interval holds the chance in the requests, and not the machine's own noise, which often is\n"
    "  larger. Whether B is worse, `plimsoll gate` says in pairs, or --store with five runs of this name and machine."
)


@click.command("compare")
@click.argument("a", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("b", type=click.Path(path_type=Path, dir_okay=False))
@with_figures
@click.option(
    "--store",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Runs like B, whose scatter is the noise.",
)
def command(a: Path, b: Path, figures: tuple[str, ...], store: Path | None) -> None:
    r"""Show how run B differs from run A: ratios with intervals, and percentile curves.

    A and B are what `plimsoll load run --out FILE` wrote. It shows and does not judge, which `plimsoll gate` does.

    \b
    plimsoll compare before.json after.json
    plimsoll compare before.json after.json --figure 'http_req_latency{name:create} p99' --store results
    """
    baseline, candidate = read_run(a), read_run(b)
    wanted = figures_of(figures)
    stored = RunStore(store).baselines(candidate) if store is not None else []
    click.echo("\n".join(_account(baseline, candidate, wanted, stored)))
    width = shutil.get_terminal_size((100, 24)).columns
    for metric, curves in _curves((("A", baseline), ("B", candidate)), wanted):
        click.echo(f"\n  {metric} by share of requests\n{percentile_curves(curves, width=width)}")
    if store is not None and len(stored) < FEWEST:
        click.echo(f"\n  {len(stored)} runs like B are stored before it, {FEWEST} are needed to know the noise.")
    if len(stored) < FEWEST:
        click.echo(f"\n  {_ONE_RUN_EACH}")


def _account(a: Run, b: Run, figures: Sequence[Figure], stored: Sequence[Run]) -> Iterator[str]:
    yield from (_introduced("A", a), _introduced("B", b), "")
    intervals = _intervals(a, b, figures, stored)
    confidence = next((each.confidence for each in intervals if each is not None), 0.95)
    source = f"{len(stored)} stored runs" if len(stored) >= FEWEST else "requests alone"
    width = max(24, *(len(each.name) for each in figures))
    head = f"interval {confidence:.1%} ({source})"
    yield f"  {'figure':<{width}}  {'A':>10}  {'B':>10}  {'worse by':>9}  {head}"
    for figure, interval in zip(figures, intervals, strict=True):
        before, after = figure.of(a), figure.of(b)
        values = f"{_value(before)}  {_value(after)}  {_worse(figure, before, after)}"
        yield f"  {figure.name:<{width}}  {values}  {_span(interval)}"


def _introduced(letter: str, run: Run) -> str:
    commit = run.environment.get("commit", "")[:12]
    notes = [f"{run.started_at:%Y-%m-%d %H:%M}", commit, run.environment.get("machine", ""), *run.shards]
    doubt = f"  INVALID: {run.reasons[0]}" if run.verdict is Verdict.INVALID else ""
    return f"  {letter}  {run.name}  {', '.join(each for each in notes if each)}{doubt}"


def _intervals(a: Run, b: Run, figures: Sequence[Figure], stored: Sequence[Run]) -> list[Interval | None]:
    if len(stored) < FEWEST:
        return [sampled(each, a, b, 1 - 0.05 / len(figures)) for each in figures]
    found = {each.figure: each for each in judge(b, stored, Design(figures=tuple(figures))).findings}
    return [_known(found.get(each)) for each in figures]


def _known(finding: Finding | None) -> Interval | None:
    return finding.ratio if finding is not None and finding.ratio.pairs else None


def _value(value: float | None) -> str:
    return f"{'-' if value is None else f'{value:,.4g}':>10}"


def _worse(figure: Figure, before: float | None, after: float | None) -> str:
    if before is None or after is None or not math.isfinite(figure.worsening(before, after)):
        return f"{'-':>9}"
    return f"{math.expm1(figure.worsening(before, after)):>+9.1%}"


def _span(interval: Interval | None) -> str:
    if interval is None or not math.isfinite(interval.high):
        return "not known"
    return f"{interval.low - 1:+.1%} to {interval.high - 1:+.1%}"


def _curves(
    named: Sequence[tuple[str, Run]], figures: Sequence[Figure]
) -> Iterator[tuple[str, list[tuple[str, Histogram]]]]:
    """Yield what there is to draw: each metric and selection once, the latency where no figure is a percentile."""
    chosen = {(each.metric, each.having): each for each in figures if each.share is not None}
    for each in chosen.values() or [Figure(HTTP_REQ_LATENCY.name, "p50")]:
        found = [(name, run.recording.select(each.metric, dict(each.having))) for name, run in named]
        curves = [(name, tally.histogram) for name, tally in found if isinstance(tally, Trend)]
        if curves:
            yield each.name.rpartition(" ")[0], curves
