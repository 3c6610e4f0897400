"""Everything that is rendered from a budget file: one line for each kind, in `STEPS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plimsoll.budget.alertmanager import alertmanager
from plimsoll.budget.dashboards.artefacts import dashboards
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.file.outputs import Artefact, Kind, Places, mark
from plimsoll.budget.k6_plan import k6_plan
from plimsoll.budget.links import ALERTS
from plimsoll.budget.openslo import openslo
from plimsoll.budget.pages.promises import table
from plimsoll.budget.pages.runbooks import runbooks
from plimsoll.budget.rules.artefacts import rules_file, trials_file

Make = Callable[[BudgetFile, Places], Iterable[Artefact]]
"""Renders what goes to its own place; may look up where the others go, to name them. Pure."""


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of thing.

    Attributes:
        kind: Which.
        make: Renders it.
        below: The folder that is rendered whole, from the kind's place on (`""` for the place itself): what is there
            and marked as rendered, and is not rendered any more, is removed. None where it is files alone.
    """

    kind: Kind
    make: Make
    below: str | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """What came of rendering.

    Attributes:
        artefacts: All files, in the order of the steps.
        whole: Folders that hold no other rendered files than these.
        mark: The line by which a rendered file of this service is known.
    """

    artefacts: tuple[Artefact, ...]
    whole: tuple[Path, ...]
    mark: str


def _k6(file: BudgetFile, places: Places) -> Iterator[Artefact]:
    yield Artefact(places[Kind.K6], k6_plan(file))


STEPS: Final[Sequence[Step]] = (
    Step(Kind.RULES, rules_file),
    Step(Kind.TESTS, trials_file),
    Step(Kind.ALERTMANAGER, alertmanager),
    Step(Kind.DASHBOARDS, dashboards, below=""),
    Step(Kind.OPENSLO, openslo),
    Step(Kind.K6, _k6),
    Step(Kind.TABLE, table),
    Step(Kind.RUNBOOKS, runbooks, below=ALERTS),
)  # fmt: skip
"""In the order in which they are rendered."""


def render(file: BudgetFile, places: Places, wanted: Iterable[Kind] = ()) -> Rendered:
    """Render a file.

    Args:
        file: Which.
        places: Where each kind goes; what has no place is not rendered.
        wanted: What alone is rendered; everything where it is empty.
    """
    some = set(wanted) or set(Kind)
    steps = [step for step in STEPS if step.kind in some and step.kind in places]
    return Rendered(
        tuple(artefact for step in steps for artefact in step.make(file, places)),
        tuple(places[step.kind] / step.below for step in steps if step.below is not None),
        mark(file.service.name),
    )
