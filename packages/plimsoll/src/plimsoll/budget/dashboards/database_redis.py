"""Database and Redis beside one another: what the service keeps things in."""

from __future__ import annotations

from typing import Final

from plimsoll.budget.dashboards import stores
from plimsoll.budget.dashboards.view import Plan
from plimsoll.budget.sources import Source

PLAN: Final = Plan(
    "database-redis",
    "Database and Redis",
    "What the service keeps things in, beside one another.",
    (Source.REDIS,),
    (
        ("Now", (stores.redis_share, stores.redis_rate, stores.redis_hit_share, stores.commits_now)),
        ("Redis", (stores.redis_memory, stores.redis_commands, stores.redis_keyspace)),
        ("Keys and clients", (stores.redis_keys, stores.redis_clients, stores.redis_evictions)),
        ("Database", (stores.server_connections, stores.transactions, stores.blocks_found)),
        ("As the service sees them", (stores.query_p95, stores.redis_p95, stores.cache_hits)),
    ),
)
