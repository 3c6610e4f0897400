"""A store whose every call is counted and timed, whatever store it is."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Awaitable, Callable
from typing import Any, cast

from natalis.ports.store import Connection, Pool, Store
from plimsoll.instrument.registry import Registry

QUERY_BUCKETS = (0.001, 0.01, 0.05, 0.1, 0.5, 1.0)
"""Seconds."""


def metered(store: Store, registry: Registry) -> Store:
    """Return the same store with `db_queries_total` and `db_query_duration_seconds{operation,table}`.

    An operation is a method of a port and a table the port: what a caller asked for, not what the SQL was. Decisions
    taken inside a transaction are part of its duration.
    """
    labels = ("operation", "table")
    counts = registry.counter("db_queries_total", "Operations of the store.", *labels)
    seconds = registry.histogram(
        "db_query_duration_seconds", "An operation's duration.", *labels, buckets=QUERY_BUCKETS
    )

    def heard(operation: str, table: str, took: float) -> None:
        counts.at(operation, table).inc()
        seconds.at(operation, table).observe(took)

    _watch_pools(store.connection, registry)
    views = {field.name: getattr(store, field.name) for field in dataclasses.fields(Store)}
    return dataclasses.replace(
        store, **{name: cast("Any", _Metered(view, name, heard)) for name, view in views.items()}
    )


def _watch_pools(connection: Connection, registry: Registry) -> None:
    """Show at every scrape how many connections are in use: in all, and as a share of what there may be."""
    active = registry.gauge("db_connections_active", "Connections to the database in use.", "pool")
    usage = registry.gauge("db_connection_pool_usage", "Connections in use of those there may be, 0 to 1.", "pool")

    def found(index: int) -> Pool:
        return connection.pools()[index]

    for index, pool in enumerate(connection.pools()):
        active.at(pool.name).set_function(lambda at=index: found(at).in_use)  # type: ignore[misc]  # its default
        usage.at(pool.name).set_function(lambda at=index: found(at).in_use / found(at).most)  # type: ignore[misc]  # its default


class _Metered:
    """Stands in for one port of a store: each method is wrapped when it is first asked for."""

    def __init__(self, view: object, table: str, heard: Callable[[str, str, float], None]) -> None:
        self._view = view
        self._table = table
        self._heard = heard

    def __getattr__(self, operation: str) -> Callable[..., Awaitable[Any]]:
        call: Callable[..., Awaitable[Any]] = getattr(self._view, operation)
        table, heard = self._table, self._heard

        async def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return await call(*args, **kwargs)
            finally:
                heard(operation, table, time.perf_counter() - began)

        self.__dict__[operation] = timed
        return timed
