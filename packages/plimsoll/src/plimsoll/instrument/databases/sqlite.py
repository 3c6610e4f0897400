"""SQLite through `sqlite3` as metrics and spans: a kind of connection whose statements are counted and timed."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from typing import Any

from plimsoll.instrument.databases.metrics import DatabaseMetrics
from plimsoll.instrument.databases.statements import read_statement


def timed_connection(metrics: DatabaseMetrics) -> type[sqlite3.Connection]:
    """Return what `sqlite3.connect(…, factory=…)` takes, and `aiosqlite.connect` as well.

    `execute`, `executemany` and `executescript` are counted, of the connection and of its cursors; a script by what it
    begins with. The time is that until SQLite has the first row: what is fetched later is not in it.
    """

    class TimedCursor(sqlite3.Cursor):
        def execute(self, sql: str, *rest: Any) -> TimedCursor:
            with _told(metrics, sql):
                super().execute(sql, *rest)
            return self

        def executemany(self, sql: str, *rest: Any) -> TimedCursor:
            with _told(metrics, sql):
                super().executemany(sql, *rest)
            return self

        def executescript(self, sql: str) -> TimedCursor:
            with _told(metrics, sql):
                super().executescript(sql)
            return self

    class TimedConnection(sqlite3.Connection):
        # `Connection.execute` makes a plain cursor inside, whatever the factory of cursors: so it is written anew.
        def cursor(self, factory: Any = TimedCursor) -> Any:
            return super().cursor(factory)

        def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            return TimedCursor(self).execute(sql, *rest)

        def executemany(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            return TimedCursor(self).executemany(sql, *rest)

        def executescript(self, sql: str) -> sqlite3.Cursor:
            return TimedCursor(self).executescript(sql)

    return TimedConnection


def _told(metrics: DatabaseMetrics, sql: str) -> AbstractContextManager[None]:
    statement = read_statement(sql)
    return metrics.query(statement.operation, statement.table)
