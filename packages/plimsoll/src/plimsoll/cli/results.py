"""Results of runs, read from the files that commands name; and the figures they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from plimsoll.compare.figures import STANDARD, Figure, parse_figure
from plimsoll.errors import InvalidInput
from plimsoll.measure.results import decode_run
from plimsoll.measure.run import Run


def read_run(path: Path) -> Run:
    """Return the run that a file holds.

    Raises:
        InvalidInput: It cannot be read, or is none.
    """
    return decode_run(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """Return what a file holds.

    Raises:
        InvalidInput: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(str(path), f"it cannot be read: {error.strerror}", "give what --out wrote") from error


def with_figures(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--figure`."""
    text = "What to look at, such as 'http_req_latency{name:create} p95'; with - before it, less is worse."
    return click.option("--figure", "figures", multiple=True, metavar="FIGURE", help=text)(command)


def figures_of(texts: tuple[str, ...]) -> tuple[Figure, ...]:
    """Return the figures that were asked for, or else p50, p95 and p99 of the latency.

    Raises:
        InvalidInput: One of them is none.
    """
    return tuple(dict.fromkeys(parse_figure(each) for each in texts)) or STANDARD
