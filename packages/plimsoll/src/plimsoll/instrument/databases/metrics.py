"""The database as metrics and spans: queries by operation and table, connections in use, a replica's lag."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Final

from plimsoll.instrument.calls import Ended
from plimsoll.instrument.cells.values import Counter, Histogram
from plimsoll.instrument.registry import LABEL_VALUES, Mode, Registry
from plimsoll.instrument.traces import SpanKind, current
from plimsoll.instrument.traces.ended import tell_ended

QUERY_BUCKETS: Final = (0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds. They hold the bounds that budgets name, 100 and 200 ms, so that no promise is judged by interpolation."""


class Queries:
    """Queries of one sort as metrics; where a trace is being recorded, each is a span of it as well.

    Args:
        operation: What they do.
        table: To what.
        system: What spans call the database.
        counted: How many there were.
        timed: How long they took.
    """

    __slots__ = ("_attributes", "_counted", "_name", "_timed")

    def __init__(self, operation: str, table: str, system: str, counted: Counter, timed: Histogram) -> None:
        self._name = f"{operation} {table}"
        self._attributes = {
            "db.system.name": system,
            "db.operation.name": operation,
            "db.collection.name": table,
        }
        self._counted = counted
        self._timed = timed

    def ended(self, seconds: float, error: BaseException | None = None) -> None:
        """Count one that ended just now.

        Args:
            seconds: How long it took.
            error: What it raised; None when it went well.
        """
        self._counted.cells[0] += 1.0
        here = current()
        if here is None:
            self._timed.observe(seconds)
        else:
            self._timed.observe(seconds, here.context.trace)
            tell_ended(self._name, SpanKind.CLIENT, self._attributes, seconds=seconds, error=error)


class DatabaseMetrics:
    """The families about the database; one for a registry, shared by every wrapper that reports into it.

    `postgres.py` and `sqlite.py` fill it from a driver, `calls.py` from a layer of one's own, and `query` by hand.
    Where a trace is being recorded, each query is a span of it as well.

    Args:
        registry: Where they live.
        system: What spans call the database (`db.system.name`): `postgresql`, `sqlite`.
    """

    __slots__ = ("_active", "_lag", "_queries", "_seconds", "_sorts", "_system", "_usage")

    def __init__(self, registry: Registry, system: str = "postgresql") -> None:
        self._system = system
        self._sorts: dict[tuple[str, str], Queries] = {}
        each = ("operation", "table")
        self._queries = registry.counter("db_queries_total", "Queries, failed ones too.", *each)
        self._seconds = registry.histogram(
            "db_query_duration_seconds", "A query's duration.", *each, buckets=QUERY_BUCKETS
        )
        self._active = registry.gauge("db_connections_active", "Connections to the database in use.", "pool")
        self._usage = registry.gauge(
            "db_connection_pool_usage", "Connections in use of the most, 0 to 1.", "pool", mode=Mode.MAX
        )
        self._lag = registry.gauge(
            "db_replica_lag_seconds",
            "How far the replica was behind when it was last asked.",
            "pool",
            mode=Mode.MAX,
        )

    def heard(self, operation: str, table: str, seconds: float, error: BaseException | None = None) -> None:
        """Count a query that ended just now.

        Args:
            operation: What it did.
            table: To what.
            seconds: How long it took.
            error: What it raised; None when it went well.
        """
        self.queries(operation, table).ended(seconds, error)

    def queries(self, operation: str, table: str) -> Queries:
        """Return what counts the queries of one sort: for whoever knows beforehand which he makes."""
        return self._sorts.get((operation, table)) or self._find(operation, table)

    def of(self, table: str) -> Callable[[str], Ended]:
        """Return what `calls.timed_calls` asks who is told of an operation's calls, for what works on one table."""
        return lambda operation: self.queries(operation, table).ended

    def _find(self, operation: str, table: str) -> Queries:
        counted, timed = self._queries.at(operation, table), self._seconds.at(operation, table)
        found = Queries(operation, table, self._system, counted, timed)
        if len(self._sorts) < LABEL_VALUES:
            self._sorts[operation, table] = found
        return found

    @contextlib.contextmanager
    def query(self, operation: str, table: str) -> Iterator[None]:
        """Count and time the block as a query, for what no wrapper sees: a cursor, a `COPY`, another driver."""
        began = time.perf_counter()
        try:
            yield
        except BaseException as error:
            self.heard(operation, table, time.perf_counter() - began, error)
            raise
        self.heard(operation, table, time.perf_counter() - began)

    def watch_pool(self, name: str, in_use: Callable[[], int], most: Callable[[], int]) -> None:
        """Have the connections of a pool counted at every scrape.

        Args:
            name: What the pool is called.
            in_use: Returns how many connections are lent.
            most: Returns how many there may be.
        """
        self._active.at(name).set_function(in_use)
        self._usage.at(name).set_function(lambda: in_use() / (most() or 1))

    def watch_lag(self, name: str, seconds: Callable[[], float]) -> None:
        """Have the lag of a pool's replica shown at every scrape: `seconds` says what is known, and asks nobody."""
        self._lag.at(name).set_function(seconds)
