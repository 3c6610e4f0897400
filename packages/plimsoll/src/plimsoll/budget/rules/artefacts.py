"""The rules of a budget file as files: the rules, and their tests, which say where the rules are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.file.outputs import Artefact, Kind, Places
from plimsoll.budget.rules.rendered import rules
from plimsoll.budget.rules.tested import trials
from plimsoll.errors import InvalidInput


def rules_file(file: BudgetFile, places: Places) -> Iterator[Artefact]:
    """Yield the file of rules."""
    yield Artefact(places[Kind.RULES], rules(file))


def trials_file(file: BudgetFile, places: Places) -> Iterator[Artefact]:
    """Yield the file of their tests.

    Raises:
        InvalidInput: The rules are rendered nowhere, so there is nothing to test.
    """
    place = places[Kind.TESTS]
    if Kind.RULES not in places:
        problem = "there is a place for tests of rules and none for the rules"
        raise InvalidInput("render.tests", problem, "write rules: PATH under render in the file")
    beside = Path(os.path.relpath(places[Kind.RULES], place.parent)).as_posix()
    yield Artefact(place, trials(file, beside))
