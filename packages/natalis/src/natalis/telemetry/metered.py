"""A store whose every call is counted and timed, whatever store it is."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any, cast

from natalis.ports.store import Connection, Pool, Store
from plimsoll.instrument.calls import timed_calls
from plimsoll.instrument.databases.metrics import DatabaseMetrics

_IN_STEP = timedelta(0)


def metered(store: Store, metrics: DatabaseMetrics) -> Store:
    """Return the same store, counted and timed.

    An operation is a method of a port and a table the port: what a caller asked for, not what the SQL was. Decisions
    taken inside a transaction are part of its duration.
    """
    watch(store.connection, metrics)
    views = {
        field.name: view for field in dataclasses.fields(Store) if (view := getattr(store, field.name)) is not None
    }
    return dataclasses.replace(
        store, **{name: cast("Any", timed_calls(view, metrics.of(name))) for name, view in views.items()}
    )


def watch(connection: Connection, metrics: DatabaseMetrics) -> None:
    """Have the connections in use, and the lag of a replica, told at every scrape."""
    for index, pool in enumerate(connection.pools()):
        _watch_pool(connection, index, pool, metrics)


def _watch_pool(connection: Connection, index: int, pool: Pool, metrics: DatabaseMetrics) -> None:
    def found() -> Pool:
        return connection.pools()[index]

    metrics.watch_pool(pool.name, lambda: found().in_use, lambda: found().most)

    def lag() -> float:
        return (found().behind or _IN_STEP).total_seconds()

    if pool.behind is not None:
        metrics.watch_lag(pool.name, lag)
