"""Reads a budget file; whatever is wrong is said with line, column, and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec
import yaml

from plimsoll.budget import model, places
from plimsoll.budget.amounts import EXAMPLES, Amount, amount_of
from plimsoll.budget.indicators import INDICATORS, Good
from plimsoll.budget.model import Budget, BudgetFile
from plimsoll.errors import InvalidInput

_AT = re.compile(r"(?P<said>.*?)(?: - at (?P<key>`key` in )?`(?P<at>.*)`)?", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.*)`")


def read_file(path: Path) -> BudgetFile:
    """Read a budget file.

    Raises:
        InvalidInput: It cannot be read, or holds something it cannot.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(str(path), f"it cannot be read: {error}", "give the path of a budget file") from error
    return read_text(text, str(path))


def read_text(text: str, where: str = "plimsoll.yaml") -> BudgetFile:
    """Read a budget file's text.

    Args:
        text: YAML.
        where: What to call it in an error.

    Raises:
        InvalidInput: It holds something it cannot; the field is `file:line:column: path`.
    """
    document = _document(text, where)
    try:
        read = msgspec.convert(document.content, type=BudgetFile, dec_hook=_amount)
    except msgspec.ValidationError as error:
        below, exact = _within_scenario(document.content) or ((), error)
        raise _explained(exact, below, document, where) from error
    for path, problem, remedy in _disagreements(read):
        raise _at(document, path, where, problem, remedy)
    return read


def _document(text: str, where: str) -> places.Document:
    try:
        return places.read(text)
    except places.Doubled as error:
        field = f"{where}:{error.place.line}:{error.place.column}"
        raise InvalidInput(field, str(error), "keep one of the two") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        field = f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where
        raise InvalidInput(field, f"it is not YAML: {error.problem}", "mend it, or quote the text") from error
    except yaml.YAMLError as error:
        raise InvalidInput(where, f"it is not YAML: {error}", "write it as UTF-8 text") from error


def _amount(wanted: type, written: Any) -> Amount:
    if wanted is not Amount:
        raise NotImplementedError(wanted)
    return amount_of(written)


def _within_scenario(content: Any) -> tuple[places.Path, msgspec.ValidationError] | None:
    """Return which scenario is wrong and how: of a mapping's values msgspec says that one is, and not which."""
    scenarios = content.get("scenarios") if isinstance(content, dict) else None
    for name, scenario in scenarios.items() if isinstance(scenarios, dict) else ():
        try:
            msgspec.convert(scenario, type=model.Scenario)
        except msgspec.ValidationError as error:
            return ("scenarios", name), error
    return None


def _explained(
    error: msgspec.ValidationError, below: places.Path, document: places.Document, where: str
) -> InvalidInput:
    said = _AT.fullmatch(str(error))
    problem, at = (said["said"], said["at"]) if said else (str(error), None)
    path = (*below, *places.path_of(at or "$"))
    if said and said["key"]:
        return _at(document, path, where, "a key of it is no text", "quote what holds a comma or looks like a number")
    unknown = _UNKNOWN.fullmatch(problem)
    if unknown is None:
        problem, _, remedy = problem.partition("; ")
        return _at(document, path, where, _lowered(problem), remedy or "see the reference of the budget file")
    key = unknown["key"]
    near = get_close_matches(key, _known_keys(path), n=1, cutoff=0.5)
    remedy = f"did you mean {near[0]!r}?" if near else f"known here are {', '.join(sorted(_known_keys(path)))}"
    place = document.keys.get((*path, key)) or document.nearest(path)
    field = f"{where}:{place.line}:{place.column}: {places.words_of((*path, key))}"
    return InvalidInput(field, "there is no such key", remedy)


def _known_keys(path: places.Path) -> list[str]:
    structs = {"service": model.Service, "endpoints": model.Endpoint, "budgets": model.Budget}
    named = [step for step in path if isinstance(step, str)]
    if named[:1] == ["scenarios"]:
        return list(model.Scenario.__struct_fields__)
    struct = next((structs[step] for step in reversed(named) if step in structs), BudgetFile)
    return list(struct.__struct_fields__)


def _at(document: places.Document, path: places.Path, where: str, problem: str, remedy: str) -> InvalidInput:
    place = document.nearest(path)
    return InvalidInput(f"{where}:{place.line}:{place.column}: {places.words_of(path) or 'file'}", problem, remedy)


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


Disagreement = tuple[places.Path, str, str]
"""Where, what is wrong, what would be right."""


def _disagreements(read: BudgetFile) -> Iterator[Disagreement]:
    """Yield what each part alone allows and the whole does not."""
    endpoints = [endpoint.name for endpoint in read.service.endpoints]
    yield from _doubled(endpoints, ("service", "endpoints"))
    yield from _doubled([budget.name for budget in read.budgets], ("budgets",))
    for number, budget in enumerate(read.budgets):
        yield from _of_budget(budget, ("budgets", number), endpoints)
    names = [budget.name for budget in read.budgets]
    for name, scenario in read.scenarios.items():
        for number, wanted in enumerate(scenario.budgets or ()):
            if wanted not in names:
                yield ("scenarios", name, "budgets", number), *_not_among(wanted, names, "budget")


def _of_budget(budget: Budget, path: places.Path, endpoints: list[str]) -> Iterator[Disagreement]:
    indicator = INDICATORS.get(budget.indicator)
    if indicator is None:
        yield (*path, "indicator"), *_not_among(budget.indicator, list(INDICATORS), "indicator")
        return
    for key in ("target", "threshold"):
        amount = getattr(budget, key)
        if amount is not None and amount.unit is not indicator.unit:
            problem = f"{amount.text!r} is {amount.unit}, and {indicator.name} is {indicator.unit}"
            yield (*path, key), problem, f"write it as {EXAMPLES[indicator.unit]}"
    if budget.threshold is not None and not _is_looser(budget, indicator.good):
        problem = f"{budget.threshold.text} is crossed before the target {budget.target.text} is missed"
        yield (*path, "threshold"), problem, "put it on the worse side of the target"
    for number, name in enumerate(budget.endpoints):
        if name not in endpoints:
            yield (*path, "endpoints", number), *_not_among(name, endpoints, "endpoint")


def _is_looser(budget: Budget, good: Good) -> bool:
    target, bound = budget.target.value, budget.bound.value
    return bound >= target if good is Good.BELOW else bound <= target


def _doubled(names: list[str], path: places.Path) -> Iterator[Disagreement]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield (*path, number, "name"), f"{name!r} is the name of another one too", "give one of them another name"


def _not_among(name: str, known: list[str], what: str) -> tuple[str, str]:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    remedy = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known) or 'none'}"
    return f"there is no {what} {name!r}", remedy
