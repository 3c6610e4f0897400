"""Shares as people write them on the command line: `99.9%` or `0.999`; and the option for the objective."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from plimsoll.errors import InvalidInput


def share_of(option: str, text: str, example: str, what: str = "is no share") -> float:
    """Return a share between 0 and 1, both left out.

    Raises:
        InvalidInput: It is none.
    """
    plain = text.strip()
    try:
        share = float(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise InvalidInput(option, f"{text!r} {what}", f"write it as {example}")
    return share


def objective_of(text: str | None) -> float | None:
    """Return which share of requests shall succeed over a month; None where nobody says.

    Raises:
        InvalidInput: It is no share, or one that leaves nothing to burn.
    """
    if text is None:
        return None
    return share_of("--objective", text, "99.9% or 0.999", "is no share that leaves a budget")


def with_objective(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--objective`, as it was written."""
    said = (
        "Which share of requests shall succeed a month, to say what was burned of its error budget.  [default: 99.9%]"
    )
    return click.option("--objective", metavar="99.9%", help=said)(command)
