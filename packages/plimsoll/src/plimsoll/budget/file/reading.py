"""Reads a budget file; whatever is wrong is said with line, column, and what would be right."""

from __future__ import annotations

import re
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, get_args, get_origin

import msgspec
import yaml

from plimsoll.budget.file import boards, model, places
from plimsoll.budget.file.amounts import EXAMPLES, EXAMPLES_AT, NO_QUANTITY, Amount, amount_of
from plimsoll.budget.file.model import ALERT_NAME, BudgetFile
from plimsoll.budget.file.prose import with_figures
from plimsoll.budget.file.refusals import refusals_of
from plimsoll.budget.indicators import INDICATORS
from plimsoll.errors import InvalidInput

_AT = re.compile(r"(?P<said>.*?)(?: - at (?P<key>`key` in )?`(?P<at>.*)`)?", re.DOTALL)
_MAPPINGS: Final[dict[str, type[msgspec.Struct]]] = {
    "boards": boards.OwnBoard,
    "indicators": model.OwnIndicator,
    "scenarios": model.Scenario,
}
_NO_MEMBER = re.compile(r"Invalid enum value '(?P<written>.*)'")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.*)`")
_NO_NAME: Final = f"Expected `str` matching regex {ALERT_NAME!r}"
_REFERENCE: Final = "see the reference of the budget file"
_REMEDIES: Final = {
    "Expected `str`, got `object`": "put the text in quotes: after a colon and a blank YAML sees a value",
    "Expected `str`, got `int`": "put it in quotes, for it is a text",
    "Expected `str`, got `float`": "put it in quotes, for it is a text",
    "Expected `str`, got `bool`": "put it in quotes: without them YAML sees yes or no",
}
"""What helps where YAML sees something else than what was meant, by what msgspec says."""


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
    """Read a budget file's text; where it names a figure in what an alert means, the figure is there.

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
        below, exact = _within_mapping(document.content) or ((), error)
        raise _explained(exact, below, document, where) from error
    for path, problem, remedy in refusals_of(read):
        raise _at(document, path, where, problem, remedy)
    return with_figures(read)


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


def _within_mapping(content: Any) -> tuple[places.Path, msgspec.ValidationError] | None:
    """Return which scenario or indicator is wrong, and how: msgspec says of a mapping only that one value is."""
    for part, struct in _MAPPINGS.items():
        values = content.get(part) if isinstance(content, dict) else None
        for name, value in values.items() if isinstance(values, dict) else ():
            try:
                msgspec.convert(value, type=struct, dec_hook=_amount)
            except msgspec.ValidationError as error:
                return (part, name), error
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
    if (member := _NO_MEMBER.fullmatch(problem)) is not None:
        return _at(
            document, path, where, f"there is no {member['written']!r}", _nearest(member["written"], _words(path))
        )
    if unknown is None:
        problem, remedy = _in_words(problem, path, document)
        return _at(document, path, where, _lowered(problem), remedy or _REMEDIES.get(problem, _REFERENCE))
    key = unknown["key"]
    place = document.keys.get((*path, key)) or document.nearest(path)
    field = f"{where}:{place.line}:{place.column}: {places.words_of((*path, key))}"
    return InvalidInput(field, "there is no such key", _nearest(key, _known_keys(path)))


def _in_words(problem: str, path: places.Path, document: places.Document) -> tuple[str, str]:
    """Return what is wrong with a value, and what may stand there instead."""
    if problem == _NO_NAME:
        remedy = "take one such as HighErrorRate: letters and digits, a capital first"
        return f"{_written(path, document)!r} is no name of an alert", remedy
    problem, _, remedy = problem.partition("; ")
    if problem.endswith(NO_QUANTITY) and (example := _example_at(path, document)) is not None:
        return problem, f"write it as {example}"
    return problem, remedy


def _example_at(path: places.Path, document: places.Document) -> str | None:
    """Return a quantity that may stand at a path; None where that cannot be told."""
    if path[-1:] and path[-1] in EXAMPLES_AT:
        return EXAMPLES_AT[str(path[-1])]
    indicator = INDICATORS.get(str(_written((*path[:-1], "indicator"), document)))
    return EXAMPLES[indicator.unit] if indicator else None


def _written(path: places.Path, document: places.Document) -> Any:
    """Return what stands at a path; None where nothing does."""
    found = document.content
    for step in path:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            return None
    return found


def _nearest(written: str, known: list[str]) -> str:
    near = get_close_matches(written, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known here are {', '.join(sorted(known))}"


def _words(path: places.Path) -> list[str]:
    """Return the words of which one may stand at a path."""
    held = _held(path)
    return [str(each) for each in held] if isinstance(held, type) and issubclass(held, StrEnum) else []


def _held(path: places.Path) -> Any:
    """Return the type of what stands at a path."""
    held: Any = BudgetFile
    for step in path:
        held = _below(_bare(held), step)
    return _bare(held)


def _known_keys(path: places.Path) -> list[str]:
    """Return the keys that may stand in the object at a path, as the file writes them."""
    struct = _held(path)
    return [field.encode_name for field in msgspec.structs.fields(struct)] if _is_struct(struct) else []


def _below(held: Any, step: str | int) -> Any:
    """Return the type of what a step into a struct, a mapping or a list finds."""
    if _is_struct(held):
        return next((field.type for field in msgspec.structs.fields(held) if field.encode_name == step), None)
    inside = [each for each in get_args(held) if each is not Ellipsis]
    return inside[-1] if inside else None


def _bare(held: Any) -> Any:
    """Return a type without `None` beside it, and without conditions on it."""
    if get_origin(held) is Annotated:
        return _bare(get_args(held)[0])
    if get_origin(held) is UnionType:
        return next((each for each in get_args(held) if each is not NoneType), None)
    return held


def _is_struct(held: Any) -> bool:
    return isinstance(held, type) and issubclass(held, msgspec.Struct)


def _at(document: places.Document, path: places.Path, where: str, problem: str, remedy: str) -> InvalidInput:
    place = document.nearest(path)
    return InvalidInput(f"{where}:{place.line}:{place.column}: {places.words_of(path) or 'file'}", problem, remedy)


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
