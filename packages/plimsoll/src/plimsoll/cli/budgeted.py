"""A scenario of a budget file, as what `load run` and `gate` are to do; its faults are said with line and column."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import click

from plimsoll.budget.file import places
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.file.reading import read_file
from plimsoll.budget.load_thresholds import thresholds_of
from plimsoll.cli.load_options import wish_of
from plimsoll.errors import InvalidInput
from plimsoll.load.nearest import nearest
from plimsoll.load.plan import Plan
from plimsoll.load.planning import Wish, plan_of
from plimsoll.load.reading_scenarios import scenarios_of
from plimsoll.load.scenarios import Scenario
from plimsoll.measure import thresholds
from plimsoll.measure.thresholds import Threshold

_AVAILABILITY: Final = "availability"


def with_budget_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--budget` and `--scenario`."""
    path = click.Path(path_type=Path, dir_okay=False)
    named = click.option("--scenario", metavar="NAME", help="Which scenario of the budget file.")(command)
    return click.option("--budget", type=path, metavar="FILE", help="A budget file; it holds scenarios.")(named)


@dataclass(frozen=True, slots=True)
class Budgeted:
    """A scenario of a budget file.

    Attributes:
        name: What to call its runs: the service and the scenario.
        root: Its path in the budget file.
        flow: The file of flows.
        base: Where the service is found unless somebody says otherwise; None where the file does not say.
        scenarios: What is to be done.
        thresholds: What shall be so.
        env: What flows are told.
    """

    name: str
    root: str
    flow: Path
    base: str | None
    scenarios: tuple[Scenario, ...]
    thresholds: tuple[Threshold, ...]
    env: dict[str, str]

    def over(self, wish: Wish) -> Wish:
        """Return a wish with this in it; what was asked for besides stands.

        Raises:
            InvalidInput: It asks for another load.
        """
        if wish.load:
            given = ", ".join(f"--{key}" for key in wish.load)
            raise InvalidInput(given, "the scenario says what load there is", "leave it out, or leave --scenario out")
        return replace(
            wish,
            name=self.name,
            scenarios=self.scenarios,
            thresholds=(*self.thresholds, *wish.thresholds),
            env={**self.env, **wish.env},
        )


def planned(given: dict[str, Any], budget: Path | None, scenario: str | None) -> tuple[Plan, tuple[Threshold, ...]]:
    """Return what is to be done, and what shall be so of it, from the options of a command.

    Args:
        given: As `wish_of` takes them.
        budget: A budget file; None for none.
        scenario: Which of its scenarios.

    Raises:
        InvalidInput: Something that was asked for cannot be.
        RunFailed: The file of flows raised while it was read.
    """
    if budget is None:
        if scenario is not None:
            raise InvalidInput("--scenario", "it is not said of which file", "give --budget FILE too")
        return _planned(wish_of(**given))
    found = budgeted(budget, scenario)
    if given["flow"] is not None:
        raise InvalidInput("FLOW", "the scenario names its file of flows", "leave one of the two out")
    if given["url"] is None and found.base is None:
        raise InvalidInput("--url", "the budget file has no service.url", "give --url URL")
    wish = found.over(wish_of(**{**given, "flow": found.flow, "url": given["url"] or found.base}))
    try:
        return _planned(wish)
    except InvalidInput as error:
        if not error.field.startswith("scenarios."):
            raise
        with _placed(budget):
            field = f"{found.root}.load.{error.field.removeprefix('scenarios.')}"
            raise InvalidInput(field, error.problem, error.remedy) from error


def _planned(wish: Wish) -> tuple[Plan, tuple[Threshold, ...]]:
    os.environ.update(wish.env)  # before the file of flows is read, which may look there
    return plan_of(wish)


def budgeted(path: Path, scenario: str | None) -> Budgeted:
    """Read a scenario of a budget file.

    Raises:
        InvalidInput: There is none of this name, or it holds something it cannot; says where in the file.
    """
    file = read_file(path)
    return _budgeted(file, _name(file, scenario, path), path)


def check_scenarios(file: BudgetFile, path: Path) -> None:
    """Refuse scenarios that `load run` would refuse before it reads their flows.

    Args:
        file: Which holds them.
        path: Where it is.

    Raises:
        InvalidInput: As `budgeted`.
    """
    for name in file.scenarios:
        _budgeted(file, name, path)


def _budgeted(file: BudgetFile, name: str, path: Path) -> Budgeted:
    found, root = file.scenarios[name], f"scenarios.{name}"
    flow = path.parent / found.flow
    with _placed(path):
        if not flow.is_file():
            raise InvalidInput(f"{root}.flow", f"there is no file {flow}", "give its path from the budget file on")
        scenarios = scenarios_of(found.load, f"{root}.load")
        shall = _thresholds(file, name)
    return Budgeted(f"{file.service.name} {name}", root, flow, file.service.url, scenarios, shall, dict(found.env))


def thresholds_in(path: Path, scenario: str | None) -> tuple[Threshold, ...]:
    """Return the conditions by which a scenario's runs are judged.

    Raises:
        InvalidInput: As `budgeted`.
    """
    file = read_file(path)
    name = _name(file, scenario, path)
    with _placed(path):
        return _thresholds(file, name)


def objective_in(path: Path) -> float | None:
    """Return which share of requests shall succeed over a month: the target of availability; None where none is said.

    Raises:
        InvalidInput: The file cannot be read.
    """
    promised = (each for each in read_file(path).budgets if each.indicator == _AVAILABILITY and not each.endpoints)
    return next((each.target.value for each in promised), None)


def _thresholds(file: BudgetFile, name: str) -> tuple[Threshold, ...]:
    plain = thresholds_of(file, file.scenarios[name])
    try:
        return thresholds.thresholds_of(plain)
    except InvalidInput as error:
        raise InvalidInput(f"scenarios.{name}.{error.field}", error.problem, error.remedy) from error


def _name(file: BudgetFile, scenario: str | None, path: Path) -> str:
    if scenario is None and len(file.scenarios) == 1:
        return next(iter(file.scenarios))
    if scenario is None:
        raise InvalidInput(
            "--scenario", f"{path} holds {len(file.scenarios)}", f"name one: {', '.join(file.scenarios)}"
        )
    if scenario not in file.scenarios:
        raise InvalidInput("--scenario", f"{path} holds no {scenario!r}", nearest(scenario, file.scenarios or ["none"]))
    return scenario


@contextmanager
def _placed(path: Path) -> Iterator[None]:
    """Say of what is wrong with a budget file where in it that is."""
    try:
        yield
    except InvalidInput as error:
        document = places.read(path.read_text(encoding="utf-8"))
        place = document.nearest(_path_of(error.field, document))
        field = f"{path}:{place.line}:{place.column}: {error.field}"
        raise InvalidInput(field, error.problem, error.remedy) from error


def _path_of(field: str, document: places.Document) -> places.Path:
    """Return the path in the document that a field's name begins with, whatever dots its keys hold."""
    found: places.Path = ()
    named = sorted(document.places, key=len)
    for path in named:
        words = places.words_of(path)
        if field == words or (field.startswith(words) and field[len(words) : len(words) + 1] in {".", "["}):
            found = path
    return found
