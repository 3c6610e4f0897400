"""Dashboards in a budget file: which of the built-in ones are wanted, and what the service's own show."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from plimsoll.budget.file.places import Path

BUILT_IN: Final = (
    "overview",
    "api",
    "database",
    "database-redis",
    "queue-workers",
    "user-experience",
    "business",
    "cost",
    "budgets",
)
"""The boards that there are for any service, in the order in which they are looked at."""

_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Kind(StrEnum):
    """How a panel shows what it found."""

    STAT = "stat"
    """One large number for each query, with its course behind it."""
    LINES = "lines"
    """A line for each series."""
    STACK = "stack"
    """A filled area for each series, on top of one another."""
    BARS = "bars"
    """A bar for each series, as long as its present value."""
    HEATMAP = "heatmap"
    """The buckets of a histogram over time."""
    TABLE = "table"
    """A row for each series, a column for each query."""


class Scale(StrEnum):
    """What a panel's numbers count."""

    NUMBER = "number"
    SHARE = "share"
    SECONDS = "seconds"
    BYTES = "bytes"
    DOLLARS = "dollars"
    PER_SECOND = "per second"
    REQUESTS_PER_SECOND = "requests per second"
    BYTES_PER_SECOND = "bytes per second"


class OwnPanel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A panel of the service's own.

    Attributes:
        title: What stands above it.
        queries: What is asked in Prometheus' language, by what each answer is called; `{{zone}}` in a name is the
            answer's label of that name. `$__rate_interval` and `$__range` are Grafana's.
        kind: How it is shown.
        unit: What its numbers count.
        about: What it says, for whoever asks.
        budget: The budget whose bounds are drawn.
    """

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    queries: Annotated[Mapping[str, str], msgspec.Meta(min_length=1, max_length=26)]
    kind: Kind = Kind.LINES
    unit: Scale = Scale.NUMBER
    about: str | None = None
    budget: str | None = None


class OwnRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of panels.

    Attributes:
        title: What stands above it.
        panels: From left to right.
    """

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    panels: Annotated[tuple[OwnPanel, ...], msgspec.Meta(min_length=1)]


class OwnBoard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A board of the service's own; under the name of a built-in one, rows that stand before the built-in ones.

    Attributes:
        rows: From top to bottom.
        title: What it is called; its name where it is left out.
        about: What it is for.
    """

    rows: Annotated[tuple[OwnRow, ...], msgspec.Meta(min_length=1)]
    title: str | None = None
    about: str | None = None


def refusals_of_boards(
    wanted: tuple[str, ...] | None, boards: Mapping[str, OwnBoard], budgets: Collection[str]
) -> Iterator[tuple[Path, str, str]]:
    """Yield what is wrong with the boards of a file: where, why, and what would be right.

    Args:
        wanted: The built-in boards that the file names; None where it names none.
        boards: Its own.
        budgets: The names of its budgets.
    """
    for number, name in enumerate(wanted or ()):
        if name not in BUILT_IN:
            yield ("dashboards", number), *_not_among(name, BUILT_IN, "dashboard")
    for name, board in boards.items():
        if _SLUG.fullmatch(name) is None:
            yield ("boards", name), f"{name!r} would be no name of a file", "write it in small letters, digits and -"
        if wanted is not None and name in BUILT_IN and name not in wanted:
            yield ("boards", name), f"{name} is not among the dashboards that are wanted", "name it under dashboards"
        yield from _of_panels(board, ("boards", name), budgets)


def _of_panels(board: OwnBoard, path: Path, budgets: Collection[str]) -> Iterator[tuple[Path, str, str]]:
    for row_number, row in enumerate(board.rows):
        for number, panel in enumerate(row.panels):
            if panel.budget is not None and panel.budget not in budgets:
                place = (*path, "rows", row_number, "panels", number, "budget")
                yield place, *_not_among(panel.budget, budgets, "budget")


def _not_among(name: str, known: Collection[str], what: str) -> tuple[str, str]:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    remedy = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known) or 'none'}"
    return f"there is no {what} {name!r}", remedy
