"""Named queries: SQL that lives in `.sql` files, each query with its name and a sentence that explains it.

A file is a run of blocks like this one:

    -- name: due_on_time
    -- Deliveries whose time has come, the longest waiting first.
    SELECT …
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

_NAME = re.compile(r"^-- name:(.*)$", re.MULTILINE)
_SENTENCE = re.compile(r"\S+ .*[.;:]$", re.DOTALL)


class QueryFileInvalid(ValueError):
    """A `.sql` file does not hold to the form; a fault of the programmer, found when the store is imported."""


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """One query.

    Attributes:
        name: What the code calls it.
        explanation: What it is for, in a sentence or more.
        sql: The statement, without its trailing semicolon.
    """

    name: str
    explanation: str
    sql: str


def load_queries(package: str) -> Mapping[str, NamedQuery]:
    """Return every query of every `.sql` file in `package`, by name.

    Raises:
        QueryFileInvalid: A query has no name, no explanation or no statement, or two share a name.
    """
    found: dict[str, NamedQuery] = {}
    for resource in sorted(files(package).iterdir(), key=lambda entry: entry.name):
        if not resource.name.endswith(".sql"):
            continue
        for query in parse_queries(resource.read_text("utf-8"), source=resource.name):
            if query.name in found:
                raise QueryFileInvalid(f"{resource.name}: the name {query.name} is taken; give the query another")
            found[query.name] = query
    return MappingProxyType(found)


def parse_queries(text: str, *, source: str) -> list[NamedQuery]:
    """Return the queries of one file's `text`; `source` names it in errors.

    Raises:
        QueryFileInvalid: A query has no name, no explanation or no statement.
    """
    _, *parts = _NAME.split(text)
    return [_query(name.strip(), body, source) for name, body in zip(parts[::2], parts[1::2], strict=True)]


def _query(name: str, body: str, source: str) -> NamedQuery:
    lines = body.strip().splitlines()
    comments = [line for line in lines if line.startswith("--")]
    explanation = " ".join(line.removeprefix("--").strip() for line in comments)
    sql = "\n".join(line for line in lines if not line.startswith("--")).strip().removesuffix(";")
    if not name.isidentifier():
        raise QueryFileInvalid(f"{source}: {name!r} cannot name a query; use a Python identifier")
    if _SENTENCE.fullmatch(explanation) is None:
        raise QueryFileInvalid(f"{source}: {name} is not explained; say in a sentence what it is for")
    if not sql:
        raise QueryFileInvalid(f"{source}: {name} has no statement; write one below its explanation")
    return NamedQuery(name, explanation, sql)
