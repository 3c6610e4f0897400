"""Runs the contenders in turn, A B C A B C …, on one set of servers; prints a table, keeps JSON."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from rich.console import Console

from natalis.clocks.system import SystemClock
from perf.figures import Figure, machine
from perf.limits.parts import measure, medians
from perf.peers import report
from perf.peers.contenders import CONTENDERS, Contender
from perf.peers.harness import Patience, Result, perform
from perf.peers.situation import Situation
from perf.peers.stage import Stage, Troupe, raised

QUICK, FULL = 2_000, 200_000
_console = Console(width=None if sys.stdout.isatty() else 170)


def main() -> int:
    """Return 0 when every run was faultless."""
    parser = argparse.ArgumentParser(prog="python -m perf.peers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} messages and 2 rounds, to see that all works")
    parser.add_argument("--count", type=int, help=f"messages; {FULL:,} by default")
    parser.add_argument("--rounds", type=int, help="3 by default")
    parser.add_argument("--patience", type=int, default=300, help="seconds after which a contender is stopped")
    parser.add_argument("--only", nargs="+", metavar="NAME", help=", ".join(each.name for each in CONTENDERS))
    parser.add_argument(
        "--trial",
        action="append",
        metavar="KNOBS",
        help="for tuning: run with these knobs turned (name=value name=value), as often as wanted; nothing is kept",
    )
    parser.add_argument("--no-limits", action="store_true", help="leave the limits out")
    given = parser.parse_args()
    chosen = [each for each in CONTENDERS if not given.only or each.name in given.only]
    if unknown := sorted(set(given.only or ()) - {each.name for each in chosen}):
        parser.error(f"there is no {', '.join(unknown)}")
    return _run(given, [each.turned(knobs) for each in chosen for knobs in given.trial or [""]])


def _run(given: argparse.Namespace, taking_part: Sequence[Contender]) -> int:
    on = machine()
    count = given.count or (QUICK if given.quick else FULL)
    rounds = given.rounds or (2 if given.quick else 3)
    patience = Patience(timedelta(seconds=given.patience))
    results: list[Result] = []
    limits: list[list[Figure]] = []
    with raised() as stage:
        on |= stage.versions()
        for turn in range(1, rounds + 1):
            limits += [] if given.no_limits else [measure(stage, quick=given.quick)]
            results += [_told(perform(each, stage, count=count, patience=patience, turn=turn)) for each in taking_part]
        settings = {each.name: _settings(each, stage) for each in taking_part}
    whole = report.Report(count, rounds, tuple(taking_part), tuple(results), settings, tuple(medians(limits)))
    _console.print(report.table(whole))
    if not given.trial and not given.only:
        _console.print(f"written to {report.keep(whole, on=on, quick=given.quick)}")
    return int(any(result.faults for result in results))


def _told(result: Result) -> Result:
    _console.print(report.line(result), highlight=False)
    return result


def _settings(contender: Contender, stage: Stage) -> Mapping[str, Any]:
    with contextlib.closing(Troupe(contender)) as troupe:
        due = SystemClock().now()
        here = Situation(stage.postgres.url(), stage.rabbitmq.url(), stage.provider.url, 0, due, troupe.folder)
        return troupe.settings(here)


if __name__ == "__main__":
    sys.exit(main())
