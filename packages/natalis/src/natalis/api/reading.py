"""Reads JSON bodies and query strings into structs, and names every faulty field of what it refuses at once.

The fast path is one typed decode. Whatever it refuses is read a second time, slowly, only to explain: msgspec stops at
the first fault, keeps the last of two equal keys, and says of bad UTF-8 neither where it is nor what to do.
"""

from __future__ import annotations

import difflib
import enum
import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from types import UnionType
from typing import Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from natalis.api.problems import INVALID, MALFORMED, FieldFault, Refusal

BODY = "body"
QUERY_FIELDS = 32
DIGITS = 300  # of a number that is read only to say what is wrong with it
_GOT = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`")
_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}
T = TypeVar("T", bound=Struct)


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object in order, equal keys included."""


def read_json(raw: bytes, shape: type[T]) -> T:
    """Return a body as `shape`, a struct that forbids unknown fields.

    Raises:
        Refusal: It is not JSON (400), or fields of it cannot be right (422, all of them named).
    """
    try:
        read: T = _decoder(shape).decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        _explain(raw, shape, str(error))
    # with as many colons as members that were read, no key came twice; a text may hold a colon, so more need a look
    if raw.count(b":") != _members(read):
        _refuse_repeats(raw)
    return read


def read_query(raw: bytes, shape: type[T]) -> T:
    """Return a query string as `shape`.

    Raises:
        Refusal: A parameter is unknown, repeated, or cannot be right (422, all of them named).
    """
    try:
        pairs = parse_qsl(
            raw.decode("latin-1"), keep_blank_values=True, errors="surrogateescape", max_num_fields=QUERY_FIELDS
        )
    except ValueError:
        raise _refusal([FieldFault("query", "has too many parameters", f"give at most {QUERY_FIELDS}")]) from None
    faults = _faults(_Pairs(pairs), shape, strict=False)
    if faults:
        raise _refusal(faults)
    return msgspec.convert(dict(pairs), shape, strict=False)


@cache
def _decoder(shape: type[T]) -> msgspec.json.Decoder[T]:
    return msgspec.json.Decoder(shape)


@cache
def _fields(shape: type[Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(shape)}


def _members(read: Struct) -> int:
    return sum(getattr(read, name) is not msgspec.UNSET for name in read.__struct_fields__)


def _refuse_repeats(raw: bytes) -> None:
    faults = list(_repeats(_parse(raw, "")))
    if faults:
        raise _refusal(faults)


def _explain(raw: bytes, shape: type[Struct], first: str) -> NoReturn:
    """Raise the refusal of a body that was not read; `first` is what msgspec said."""
    read = _parse(raw, first)
    raise _refusal(_faults(read, shape, strict=True) or [_fault_of(first, _place(first), shape)])


def _parse(raw: bytes, first: str) -> _Pairs:
    try:
        read = json.loads(
            raw.decode("utf-8", "surrogateescape"),
            strict=False,  # a bare control character is found below, in its field
            object_pairs_hook=_Pairs,
            parse_constant=_refuse_constant,
            parse_int=lambda digits: int(digits[:DIGITS]),
        )
    except RecursionError:
        raise _refusal([FieldFault(_place(first), "is nested too deeply", "send a flat object")]) from None
    except ValueError as error:
        fault = FieldFault(BODY, f"is not JSON: {error}", "send one JSON object in UTF-8")
        raise Refusal(MALFORMED, f"The body is not JSON: {error}", [fault]) from None
    if not isinstance(read, _Pairs):
        raise _refusal([FieldFault(BODY, f"is {_word(read)}", "send one JSON object")])
    return read


def _place(message: str) -> str:
    """Return the field that a message of msgspec's is about."""
    path = _PATH.search(message)
    return (re.split(r"[.[]", path["path"], maxsplit=1)[0] if path else "") or BODY


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _faults(read: _Pairs, shape: type[Struct], *, strict: bool) -> list[FieldFault]:
    faults = list(_repeats(read))
    known = _fields(shape)
    for name, value in dict(read).items():
        if name not in known:
            faults.append(FieldFault(name, "is not known here", _nearest(name, known)))
        elif flaw := _flaw(value):
            faults.append(FieldFault(name, *flaw))
        else:
            faults.extend(_type_fault(name, value, shape, strict=strict))
    given = dict(read)
    faults.extend(
        FieldFault(name, "is missing", _remedy(field.type))
        for name, field in known.items()
        if field.required and name not in given
    )
    return faults


def _type_fault(name: str, value: Any, shape: type[Struct], *, strict: bool) -> Iterator[FieldFault]:
    try:
        msgspec.convert(_plain(value), _fields(shape)[name].type, strict=strict)
    except msgspec.ValidationError as error:
        yield _fault_of(str(error), name, shape)


def _fault_of(message: str, name: str, shape: type[Struct]) -> FieldFault:
    field = _fields(shape).get(name)
    remedy = "see /docs" if field is None else _remedy(field.type)
    found = _GOT.search(message)
    if found is None:
        return FieldFault(
            name, _PATH.sub("", message).replace("`", "").replace("Invalid enum value", "cannot be"), remedy
        )
    wanted = " or ".join(_WORDS.get(word.strip(), word.strip()) for word in found["wanted"].split("|"))
    return FieldFault(name, f"is {_WORDS.get(found['got'], found['got'])} instead of {wanted}", remedy)


@cache
def _remedy(kind: Any) -> str:
    choices = list(_choices(kind))
    if choices:
        return f"use one of {', '.join(choices)}"
    examples = list(_examples(kind))
    return f"give a value such as {json.dumps(examples[0], ensure_ascii=False)}" if examples else "see /docs"


def _choices(kind: Any) -> Iterator[str]:
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        yield from (member.value for member in kind)
    elif get_origin(kind) is Literal:
        yield from get_args(kind)
    else:
        for part in _parts(kind):
            yield from _choices(part)


def _examples(kind: Any) -> Iterator[Any]:
    for meta in getattr(kind, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.examples:
            yield from meta.examples
    for part in _parts(kind):
        yield from _examples(part)


def _parts(kind: Any) -> tuple[Any, ...]:
    """Return the members of a union, or what an annotation is about."""
    origin = getattr(kind, "__origin__", None)
    if hasattr(kind, "__metadata__") and origin is not None:
        return (origin,)
    return get_args(kind) if get_origin(kind) in {Union, UnionType} else ()


def _repeats(read: _Pairs) -> Iterator[FieldFault]:
    names = [name for name, _ in read]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield FieldFault(name, f"is given {names.count(name)} times", "give it once")


def _nearest(name: str, known: dict[str, Any]) -> str:
    if not known:
        return "leave it out: nothing is expected here"
    close = difflib.get_close_matches(name[:40], known, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"use one of {', '.join(known)}"


def _flaw(value: Any) -> tuple[str, str] | None:
    """Return what is wrong with the characters of a value, and what would be right."""
    match value:
        case str():
            if any("\ud800" <= letter <= "\udfff" for letter in value):
                return "is not valid UTF-8", "send Unicode text without lone surrogates"
            if any(letter < " " for letter in value):
                return "holds a control character such as a line break", "leave it out"
            return None
        case _Pairs():
            return next(filter(None, (_flaw(part) for pair in value for part in pair)), None)
        case list():
            return next(filter(None, map(_flaw, value)), None)
        case _:
            return None


def _plain(value: Any) -> Any:
    match value:
        case _Pairs():
            return {name: _plain(member) for name, member in value}
        case list():
            return [_plain(item) for item in value]
        case _:
            return value


def _word(value: Any) -> str:
    names = {str: "str", bool: "bool", int: "int", float: "float", list: "array", type(None): "null"}
    return _WORDS[names.get(type(value), "object")]


def _refusal(faults: Sequence[FieldFault]) -> Refusal:
    detail = "; ".join(f"{fault.field} {fault.problem}" for fault in faults)
    return Refusal(INVALID, detail, faults)
