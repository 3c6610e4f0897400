"""The store on SQLite: the embedded default."""

from natalis.stores.sqlite.opening import open_store

__all__ = ["open_store"]
