"""Measures the limits alone, and keeps them as JSON."""

from __future__ import annotations

import argparse
import sys

from perf.figures import keep, machine, show
from perf.limits.parts import measure
from perf.peers.stage import raised


def main() -> int:
    """Return 0."""
    parser = argparse.ArgumentParser(prog="python -m perf.limits", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that all works")
    given = parser.parse_args()
    on = machine()
    with raised() as stage:
        on |= stage.versions()
        found = measure(stage, quick=given.quick)
    show("limits", found)
    print(f"  written to {keep('limits', found, quick=given.quick, on=on)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
