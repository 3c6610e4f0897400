"""What a dashboard is: a board of rows of panels, each of which asks Prometheus something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from plimsoll.budget.file.boards import Kind, Scale
from plimsoll.budget.links import Subject
from plimsoll.budget.sides import Good

RATE: Final = "$__rate_interval"
"""The window that Grafana puts in the place of this: four scrapes, or what a point of the graph stands for."""


@dataclass(frozen=True, slots=True)
class Query:
    """One question.

    Attributes:
        expression: In Prometheus' language.
        legend: What its answers are called; `{{route}}` is the label of that name.
        exemplars: Whether examples of traces are shown with it.
    """

    expression: str
    legend: str = ""
    exemplars: bool = False


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a budget draws into a panel.

    Attributes:
        target: What is aimed at.
        bound: What must not be crossed.
        good: On which side of both is well.
    """

    target: float
    bound: float
    good: Good


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture.

    Attributes:
        title: What stands above it.
        queries: What it shows.
        kind: How.
        scale: What its numbers count.
        about: What it says, and where that comes from.
        bounds: What a budget draws into it.
        runbook: The address of the page for when a bound is crossed.
        most: The top of its axis, where that is known.
        alert: The alert on what it shows; None where there is none.
    """

    title: str
    queries: tuple[Query, ...]
    kind: Kind = Kind.LINES
    scale: Scale = Scale.NUMBER
    about: str = ""
    bounds: Bounds | None = None
    runbook: str | None = None
    most: float | None = None
    alert: Subject | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Panels beside one another.

    Attributes:
        title: What stands above them.
        panels: From left to right.
    """

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard.

    Attributes:
        name: Of its file and in its address.
        title: What stands above it.
        about: What it is for.
        service: Whose it is.
        rows: From top to bottom.
        instances: The selection of series of which a reader may choose some; empty where there is no choice.
    """

    name: str
    title: str
    about: str
    service: str
    rows: tuple[Row, ...]
    instances: str = ""

    def numbered(self) -> Iterator[tuple[int, Row | Panel]]:
        """Yield rows and their panels, from top to bottom, with the numbers by which Grafana finds them."""
        parts: list[Row | Panel] = []
        for row in self.rows:
            parts += [row, *row.panels]
        yield from enumerate(parts, 1)
