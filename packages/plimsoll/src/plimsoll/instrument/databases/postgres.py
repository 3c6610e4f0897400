"""PostgreSQL through asyncpg as metrics and spans, by asyncpg's own hook for every query; it is not imported."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from plimsoll.instrument.databases.metrics import DatabaseMetrics
from plimsoll.instrument.databases.statements import read_statement


class LoggedQuery(Protocol):
    """What asyncpg tells of a query (`asyncpg.connection.LoggedQuery`)."""

    @property
    def query(self) -> str:
        """Its text."""
        ...

    @property
    def elapsed(self) -> float:
        """Seconds."""
        ...

    @property
    def exception(self) -> BaseException | None:
        """What it raised."""
        ...


class Connection(Protocol):
    """What is used of `asyncpg.Connection`, and of what its pool lends."""

    def add_query_logger(self, callback: Callable[[Any], None]) -> None:
        """Have `callback` told of every query; asyncpg 0.29 or newer."""
        ...


class Pool(Protocol):
    """What is used of `asyncpg.Pool`."""

    def get_size(self) -> int:
        """Connections there are."""
        ...

    def get_idle_size(self) -> int:
        """Connections that nobody has."""
        ...

    def get_max_size(self) -> int:
        """Connections there may be."""
        ...


def query_hook(metrics: DatabaseMetrics) -> Callable[[Connection], Awaitable[None]]:
    """Return what `asyncpg.create_pool(init=…)` takes: the queries of all its connections are counted and timed.

    `fetch`, `fetchrow`, `fetchval`, `execute` and `executemany` are told, the latter as one. Prepared statements,
    cursors and `COPY` are not, as asyncpg does not tell of them: `metrics.query("copy", "people")` does, around them.
    """

    async def init(connection: Connection) -> None:
        watch_connection(connection, metrics)

    return init


def watch_connection(connection: Connection, metrics: DatabaseMetrics) -> None:
    """Count and time the queries of one connection from now on."""

    def heard(logged: LoggedQuery) -> None:
        statement = read_statement(logged.query)
        metrics.heard(statement.operation, statement.table, logged.elapsed, logged.exception)

    connection.add_query_logger(heard)


def watch_pool(pool: Pool, metrics: DatabaseMetrics, name: str = "primary") -> None:
    """Have the connections that are in use counted at every scrape."""
    metrics.watch_pool(name, lambda: pool.get_size() - pool.get_idle_size(), pool.get_max_size)
