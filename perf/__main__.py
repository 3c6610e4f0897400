"""Runs benchmarks: all, or those named; each in a process of its own, so that memory is its own too."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from pathlib import Path

from perf import page
from perf.figures import keep, machine, show

BENCHMARKS = (
    "import_rows",
    "planner_cost",
    "users_1m",
    "deliveries",
    "postgres_store",
    "queue_ceiling",
    "http_api",
    "planner_postgres",
    "roles",
    "load_client",
    "load_engine",
    "load_memory",
    "load_peers",
    "gate_trials",
    "instrument_scrape",
    "instrument_cost",
)


def main() -> int:
    """Return how many benchmarks could not be run."""
    parser = argparse.ArgumentParser(prog="python -m perf", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that all works")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    unknown = sorted(set(given.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    names = given.names or list(BENCHMARKS)
    if given.here:
        _measure(names[0], quick=given.quick)
        return 0
    more = ["--quick"] if given.quick else []
    failed = sum(_apart(name, more) for name in names)
    page.update()
    return failed


def _apart(name: str, more: list[str]) -> bool:
    """Run one in a process of its own; return whether it failed."""
    command = [sys.executable, "-m", "perf", name, "--here", *more]
    return subprocess.run(command, check=False, cwd=Path(__file__).parent.parent).returncode != 0


def _measure(name: str, *, quick: bool) -> None:
    on = machine()
    figures = importlib.import_module(f"perf.{name}").run(quick=quick)
    show(name, figures)
    print(f"  written to {keep(name, figures, quick=quick, on=on)}")


if __name__ == "__main__":
    sys.exit(main())
