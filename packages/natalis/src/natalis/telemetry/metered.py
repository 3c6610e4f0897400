"""A store whose every call is counted and timed, whatever store it is."""

from __future__ import annotations

import dataclasses
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, cast

from natalis.ports.store import Connection, Pool, Store
from plimsoll.instrument.registry import Registry

QUERY_BUCKETS = (0.001, 0.01, 0.05, 0.1, 0.5, 1.0)
"""Seconds."""


def metered(store: Store, registry: Registry) -> Store:
    """Return the same store, with `StoreMetrics` of it in the registry.

    An operation is a method of a port and a table the port: what a caller asked for, not what the SQL was. Decisions
    taken inside a transaction are part of its duration.
    """
    metrics = StoreMetrics(registry)
    metrics.watch(store.connection)
    views = {
        field.name: view for field in dataclasses.fields(Store) if (view := getattr(store, field.name)) is not None
    }
    return dataclasses.replace(
        store, **{name: cast("Any", _Metered(view, name, metrics.heard)) for name, view in views.items()}
    )


class StoreMetrics:
    """The families about the database."""

    def __init__(self, registry: Registry) -> None:
        labels = ("operation", "table")
        self._counts = registry.counter("db_queries_total", "Operations of the store.", *labels)
        self._seconds = registry.histogram(
            "db_query_duration_seconds", "An operation's duration.", *labels, buckets=QUERY_BUCKETS
        )
        self._active = registry.gauge("db_connections_active", "Connections to the database in use.", "pool")
        self._usage = registry.gauge("db_connection_pool_usage", "Connections in use of the most, 0 to 1.", "pool")

    def heard(self, operation: str, table: str, took: float) -> None:
        """Count an operation that took so many seconds."""
        self._counts.at(operation, table).inc()
        self._seconds.at(operation, table).observe(took)

    def watch(self, connection: Connection) -> None:
        """Have the connections in use counted at every scrape."""

        def found(index: int) -> Pool:
            return connection.pools()[index]

        for index, pool in enumerate(connection.pools()):
            self._active.at(pool.name).set_function(lambda at=index: found(at).in_use)  # type: ignore[misc]  # its default
            self._usage.at(pool.name).set_function(lambda at=index: found(at).in_use / found(at).most)  # type: ignore[misc]  # its default


class _Metered:
    """Stands in for one port of a store: each method is wrapped when it is first asked for."""

    def __init__(self, view: object, table: str, heard: Callable[[str, str, float], None]) -> None:
        self._view = view
        self._table = table
        self._heard = heard

    def __getattr__(self, operation: str) -> Callable[..., Awaitable[Any]]:
        call: Callable[..., Awaitable[Any]] = getattr(self._view, operation)
        if not inspect.iscoroutinefunction(call):
            return call  # it asks the database nothing
        table, heard = self._table, self._heard

        async def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return await call(*args, **kwargs)
            finally:
                heard(operation, table, time.perf_counter() - began)

        self.__dict__[operation] = timed
        return timed
