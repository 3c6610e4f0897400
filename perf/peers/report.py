"""The report: medians over rounds, Natalis's ratio to each in the same round, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table

from perf.figures import RESULTS, Figure, commit
from perf.limits.parts import slowest
from perf.peers.contenders import Contender
from perf.peers.harness import Ending, Result
from perf.targets import at_least

OURS = "natalis"
_COLUMNS = {
    "messages/s": ("perSecond", "{:,.0f}"),
    "CPU s per 1,000: own": ("cpu.contender", "{:.3f}"),
    "PostgreSQL": ("cpu.postgresql", "{:.3f}"),
    "RabbitMQ": ("cpu.rabbitmq", "{:.3f}"),
    "MiB: all": ("memory.total", "{:,.0f}"),
    "largest": ("memory.largest", "{:,.0f}"),
    "WAL kB per 1,000": ("wal", "{:,.0f}"),
    "ahead": ("walAhead", "{:,.0f}"),
    "late s: p50": ("lateness.p50", "{:.2f}"),
    "p99": ("lateness.p99", "{:.2f}"),
    "max": ("lateness.max", "{:.2f}"),
}
_UNITS = {
    "messages": "",
    "seconds": "s",
    "perSecond": "/s",
    "cpu": "s/1,000",
    "cpuAhead": "s/1,000",
    "memory": "MiB",
    "wal": "bytes/1,000",
    "walAhead": "bytes/1,000",
    "lateness": "s",
}
_TARGETS = {
    "celery": at_least(5, stretch=8),
    "dramatiq": at_least(2, stretch=3),
    "taskiq": at_least(2, stretch=3),
    "pgqueuer": at_least(1, stretch=1.5),
}


@dataclass(frozen=True, slots=True)
class Report:
    """All that one session found.

    Attributes:
        count: Messages in each run.
        rounds: How often each contender ran.
        contenders: Who took part, in order.
        results: Every run.
        settings: What each contender was set to, and why.
        limits: What the parts can do alone, in the same session.
    """

    count: int
    rounds: int
    contenders: tuple[Contender, ...]
    results: tuple[Result, ...]
    settings: Mapping[str, Mapping[str, Any]]
    limits: tuple[Figure, ...] = ()

    def of_the_limit(self) -> tuple[Figure, float] | None:
        """Return the limit that stands nearest, and which share of it Natalis reaches; None when either is unknown."""
        limit, found = slowest(self.limits), self.medians(OURS)
        return (limit, found["perSecond"] / limit.value) if limit and found else None

    def medians(self, name: str) -> dict[str, float]:
        """Return the median of each figure over a contender's rounds that count."""
        runs = [result.figures for result in self.results if result.contender == name and result.counts]
        return {figure: median(run[figure] for run in runs) for figure in (runs[0] if runs else ())}

    def ratios(self, name: str) -> list[float]:
        """Return Natalis's messages a second over a contender's, for each round in which both count."""
        rates = {(run.contender, run.round): run.figures["perSecond"] for run in self.results if run.counts}
        both = [turn for turn in range(1, self.rounds + 1) if (OURS, turn) in rates and (name, turn) in rates]
        return [rates[OURS, turn] / rates[name, turn] for turn in both]


def table(report: Report) -> Table:
    """Return the table."""
    made = Table(title=f"{report.count:,} messages due at one instant; median of {report.rounds} round(s)")
    made.add_column("")
    for heading in (*_COLUMNS, "natalis is", "by round"):
        made.add_column(heading, justify="right")
    for each in report.contenders:
        made.add_row(each.name, *_cells(report, each.name))
    made.caption = "\n".join(_remarks(report))
    return made


def _cells(report: Report, name: str) -> list[str]:
    found = report.medians(name)
    cells = [form.format(_shown(figure, found[figure])) if found else "-" for figure, form in _COLUMNS.values()]
    ratios = report.ratios(name)
    if not ratios or name == OURS:
        return [*cells, "", ""]
    return [*cells, f"{median(ratios):.2f}x", " ".join(f"{ratio:.2f}" for ratio in ratios)]


def _shown(figure: str, value: float) -> float:
    return value / 1000 if figure.startswith("wal") else value


def _remarks(report: Report) -> list[str]:
    faults = [f"{run.contender}, round {run.round}: {fault}" for run in report.results for fault in run.faults]
    stopped = [
        f"{run.contender}, round {run.round}: stopped after {run.figures['seconds']:.0f} s at "
        f"{run.figures['messages']:,.0f} messages"
        for run in report.results
        if run.counts and run.ending != Ending.FINISHED
    ]
    limits = [f"{each.name}: {each.value:,.0f} {each.unit}" for each in report.limits]
    reached = report.of_the_limit()
    share = [f"{OURS}: {reached[1]:.0%} of the limit, which is {reached[0].name}"] if reached else []
    return [*faults, *stopped, *limits, *share]


def figures(report: Report) -> list[Figure]:
    """Return the medians and ratios as the other benchmarks have theirs."""
    made = []
    for each in report.contenders:
        for name, value in report.medians(each.name).items():
            made.append(Figure(f"{each.name}: {name}", value, _UNITS[name.split(".")[0]]))
        if each.name != OURS and (ratios := report.ratios(each.name)):
            made.append(Figure(f"natalis against {each.name}", median(ratios), "x", _TARGETS.get(each.name)))
    reached = report.of_the_limit()
    if reached:
        made.append(Figure("natalis: share of the nearest limit", 100 * reached[1], "%", at_least(30, stretch=50)))
    return [*made, *report.limits]


def as_json(report: Report, *, on: Mapping[str, object], quick: bool) -> dict[str, Any]:
    """Return the record: what every benchmark has, and every run, ratio and setting."""
    return {
        "benchmark": "peers",
        "quick": quick,
        "figures": [figure.as_json() for figure in figures(report)],
        "machine": dict(on),
        "commit": commit(),
        "messages": report.count,
        "rounds": report.rounds,
        "contenders": [
            {"name": each.name, "about": each.about, "settings": report.settings.get(each.name, {})}
            for each in report.contenders
        ],
        "ratios": {each.name: report.ratios(each.name) for each in report.contenders if each.name != OURS},
        "runs": [result.as_json() for result in report.results],
    }


def keep(report: Report, *, on: Mapping[str, object], quick: bool) -> Path:
    """Write the record down and return the file."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"peers{'.quick' if quick else ''}.json"
    path.write_text(json.dumps(as_json(report, on=on, quick=quick), indent=2) + "\n", encoding="utf-8")
    return path


def line(result: Result) -> str:
    """Return one run in a line, to be told while the session goes on."""
    if not result.figures:
        return f"{result.round}. {result.contender}: {'; '.join(result.faults)}"
    found = result.figures
    told = (
        f"{result.round}. {result.contender}: {found['perSecond']:,.0f}/s, {found['seconds']:.2f} s, "
        f"CPU {found['cpu.contender']:.3f} + {found['cpu.postgresql']:.3f} + {found['cpu.rabbitmq']:.3f} s per 1,000"
    )
    return f"{told}: {'; '.join(result.faults)}" if result.faults else told
