"""What is rendered from a budget file, and where it goes: the file's `render` section, and its defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from os.path import normpath
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec


class Kind(StrEnum):
    """One thing that is rendered; the words are the keys of the `render` section, and those of the command line."""

    RULES = "rules"
    TESTS = "tests"
    ALERTMANAGER = "alertmanager"
    DASHBOARDS = "dashboards"
    OPENSLO = "openslo"
    K6 = "k6"
    TABLE = "table"
    RUNBOOKS = "runbooks"


class Render(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where each thing is rendered to, from the budget file on; what is left out is not rendered.

    Attributes:
        rules: The file of recording and alert rules for Prometheus.
        tests: The file of their tests, for `promtool test rules`.
        alertmanager: Alertmanager's configuration; a test of its routes is put beside it.
        dashboards: The folder of Grafana's dashboards.
        openslo: The file of objectives as OpenSLO.
        k6: The file of scenarios and thresholds, for k6's scripts.
        table: The page with all budgets, in Markdown.
        runbooks: The folder of runbooks, in whose folder `alerts` a page for each alert is put.
    """

    rules: str | None = None
    tests: str | None = None
    alertmanager: str | None = None
    dashboards: str | None = None
    openslo: str | None = None
    k6: str | None = None
    table: str | None = None
    runbooks: str | None = None


DEFAULTS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.RULES: "rules.yaml",
        Kind.TESTS: "rules.test.yaml",
        Kind.ALERTMANAGER: "alertmanager.yaml",
        Kind.DASHBOARDS: "dashboards",
        Kind.OPENSLO: "openslo.yaml",
        Kind.K6: "plan.json",
        Kind.TABLE: "budgets.md",
        Kind.RUNBOOKS: "runbooks",
    }
)
"""What each is called within a folder that is named for all of them."""
FOLDER: Final = "rendered"
"""Where everything goes, beside the budget file, when it has no `render` section."""

Places = Mapping[Kind, Path]
"""Where each thing goes that is rendered; paths that are all relative to one folder, or all absolute."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """One rendered file.

    Attributes:
        path: Where it belongs.
        text: What it holds.
    """

    path: Path
    text: str


def places_of(render: Render | None, beside: Path) -> Places:
    """Return where a file says that things go.

    Args:
        render: Its section; where it is None everything goes into the folder `rendered`.
        beside: The folder of the budget file.
    """
    if render is None:
        return places_in(beside / FOLDER)
    named = {kind: getattr(render, kind) for kind in Kind}
    return {kind: Path(normpath(beside / place)) for kind, place in named.items() if place is not None}


def places_in(folder: Path) -> Places:
    """Return where things go when all of them go into one folder."""
    return {kind: folder / name for kind, name in DEFAULTS.items()}


def mark(service: str) -> str:
    """Return the line that every rendered file of a service carries, in a comment or a description of its format.

    By it a file that is not rendered any more is told from one that somebody wrote.
    """
    return f"Rendered by `plimsoll render` from the budgets of {service}; change those instead."
