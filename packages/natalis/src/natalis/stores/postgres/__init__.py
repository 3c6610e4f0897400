"""The store on PostgreSQL: for a fleet."""

from natalis.stores.postgres.opening import open_store
from natalis.stores.postgres.options import API_POOL, WORKER_POOL, PoolOptions
from natalis.stores.postgres.replica import SEEN_AFTER

__all__ = ["API_POOL", "SEEN_AFTER", "WORKER_POOL", "PoolOptions", "open_store"]
