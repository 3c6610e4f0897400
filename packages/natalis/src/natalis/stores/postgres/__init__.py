"""The store on PostgreSQL: for a fleet."""

from natalis.stores.postgres.opening import open_store
from natalis.stores.postgres.options import API_POOL, WORKER_POOL, PoolOptions

__all__ = ["API_POOL", "WORKER_POOL", "PoolOptions", "open_store"]
