"""One connection with the named queries: how the views of the store speak to PostgreSQL.

Many rows travel as one array for each column, which the query unfolds with `unnest`: one statement, one plan, one
round trip for a whole batch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

import asyncpg
import msgspec

from natalis.stores.named_queries import NamedQuery, load_queries

Connection: TypeAlias = asyncpg.Connection
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)\b")


class Row(msgspec.Struct):
    """The base of everything read: its fields are the columns of the query, in order."""


R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Statement:
    """A query as the server takes it: `$1` for the first of `parameters`, and so on."""

    sql: str
    parameters: tuple[str, ...]


def statement(query: NamedQuery) -> Statement:
    """Return a query with its `:names` numbered."""
    names = tuple(dict.fromkeys(_PARAMETER.findall(query.sql)))
    return Statement(_PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", query.sql), names)


QUERIES: Mapping[str, Statement] = MappingProxyType(
    {name: statement(query) for name, query in load_queries("natalis.stores.postgres.sql").items()}
)


class Session:
    """One connection with the named queries; used by one task at a time."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def rows(self, name: str, shape: type[R], /, **values: object) -> list[R]:
        """Return every row of a query, as `shape`."""
        query = QUERIES[name]
        records = await self.connection.fetch(query.sql, *_in_order(query, values))
        if records:
            _check_shape(name, shape, tuple(records[0].keys()))
        return [shape(*record) for record in records]

    async def row(self, name: str, shape: type[R], /, **values: object) -> R | None:
        """Return the first row of a query, or None."""
        return next(iter(await self.rows(name, shape, **values)), None)

    async def run(self, name: str, /, **values: object) -> int:
        """Write, and return how many rows were changed."""
        query = QUERIES[name]
        tag = await self.connection.execute(query.sql, *_in_order(query, values))
        return int(tag.rpartition(" ")[2])

    async def run_script(self, name: str, /, **names: str) -> None:
        """Run statements that take no values, such as the definition of a table; `{names}` are put in as they are."""
        await self.connection.execute(QUERIES[name].sql.format_map(names))


def columns(rows: Iterable[Iterable[object]], *names: str) -> dict[str, list[Any]]:
    """Return rows as one list for each column, by the names that the query has for them."""
    turned = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in names]
    return dict(zip(names, turned, strict=True))


def _in_order(query: Statement, values: Mapping[str, object]) -> list[object]:
    return [values[name] for name in query.parameters]


@cache
def _check_shape(name: str, shape: type[Row], found: tuple[str, ...]) -> None:
    if shape.__struct_fields__ != found:
        raise TypeError(f"{name} returns {found}, and {shape.__name__} takes {shape.__struct_fields__}")
