"""The command line: one file per command; `app.py` lists them, and nothing is imported before it is needed."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    from plimsoll.cli.app import run  # noqa: PLC0415 - importing the package must stay free for those who want one part

    sys.exit(run(sys.argv[1:]))
