"""The database: who waits for a connection, which queries are slow, and what the server does."""

from __future__ import annotations

from typing import Final

from plimsoll.budget.dashboards import machine, stores
from plimsoll.budget.dashboards.view import Plan
from plimsoll.budget.sources import Source

PLAN: Final = Plan(
    "database",
    "Database",
    "Who waits for a connection, which queries are slow, and what the server does.",
    (Source.DATABASE, Source.POSTGRES),
    (
        (
            "Connections",
            (stores.pool, stores.pool_connections, stores.server_connections, stores.server_states),
        ),
        ("Queries", (stores.query_heatmap, stores.slow_queries, stores.queries_by_table, stores.query_p95)),
        ("Transactions", (stores.transactions, stores.blocks_found, stores.rows)),
        ("Server", (stores.database_size, stores.locks, stores.replica_lag)),
        ("Machines", (machine.cpu, machine.memory, machine.disk, machine.disk_traffic)),
    ),
    instances=Source.POSTGRES,
)
