"""One connection with the named queries: how the views of the store speak to SQLite.

Many rows travel as one JSON text, in both directions. The reason is the interpreter's lock: SQLite gives it up at
every step, and to get it back from a busy event loop can take five milliseconds (`sys.getswitchinterval`). With a row
per step a batch of 500 then takes seconds; as one text it takes two steps.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TypeAlias, TypeVar

import msgspec

from natalis.stores.named_queries import NamedQuery, load_queries

Scalar: TypeAlias = str | int | float | None
QUERIES = load_queries("natalis.stores.sqlite.sql")


class Row(msgspec.Struct, array_like=True):
    """The base of everything read: its fields are the columns of the query, by name."""


R = TypeVar("R", bound=Row)


class Text(Row):
    """One text."""

    text: str


class Number(Row):
    """One number."""

    number: int | None


def as_json(rows: Iterable[object]) -> str:
    """Return rows as the one text that a query unfolds again with `json_each`."""
    return msgspec.json.encode(list(rows)).decode()


class Session:
    """One connection with the named queries; used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, queries: Mapping[str, NamedQuery] = QUERIES) -> None:
        self.connection = connection
        self._queries = queries

    def rows(self, name: str, shape: type[R], /, **values: Scalar) -> list[R]:
        """Return every row of a query, as `shape`."""
        answer = self.connection.execute(_folded(self._queries[name].sql, shape), values).fetchone()
        return _decoder(shape).decode(answer[0])

    def row(self, name: str, shape: type[R], /, **values: Scalar) -> R | None:
        """Return the first row of a query, or None."""
        return next(iter(self.rows(name, shape, **values)), None)

    def run(self, name: str, /, **values: Scalar) -> int:
        """Write, and return how many rows were changed."""
        return self.connection.execute(self._queries[name].sql, values).rowcount


@cache
def _folded(sql: str, shape: type[Row]) -> str:
    columns = ", ".join(shape.__struct_fields__)
    return f"SELECT json_group_array(json_array({columns})) FROM ({sql})"  # noqa: S608 - our own query and names


@cache
def _decoder(shape: type[R]) -> msgspec.json.Decoder[list[R]]:
    return msgspec.json.Decoder(list[shape])  # type: ignore[valid-type] # a type made while running
