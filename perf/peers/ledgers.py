"""Where a contender keeps its `sent`, as the harness reads it: PostgreSQL, or a SQLite file."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import asyncpg

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Ledger(Protocol):
    """What is committed as `sent`."""

    async def count(self) -> int:
        """Return how many are."""
        ...

    async def sent(self) -> Mapping[str, datetime]:
        """Return when each was sent (UTC), by its idempotency key."""
        ...


class PostgresLedger:
    """In PostgreSQL."""

    def __init__(self, connection: asyncpg.Connection, query: str) -> None:
        self._connection = connection
        self._query = query

    async def count(self) -> int:
        """Count."""
        return int(await self._connection.fetchval(f"SELECT count(*) FROM ({self._query}) AS sent"))  # noqa: S608 - ours

    async def sent(self) -> Mapping[str, datetime]:
        """Read."""
        return {str(key): at for key, at in await self._connection.fetch(self._query)}


class SqliteLedger:
    """In a SQLite file that another process writes; instants are whole microseconds."""

    def __init__(self, file: Path, query: str) -> None:
        self._file = file
        self._query = query

    async def count(self) -> int:
        """Count."""
        return len(self._rows())

    async def sent(self) -> Mapping[str, datetime]:
        """Read."""
        return {str(key): _EPOCH + timedelta(microseconds=at) for key, at in self._rows()}

    def _rows(self) -> list[tuple[str, int]]:
        with contextlib.closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)) as connection:
            return list(connection.execute(self._query))


@contextlib.asynccontextmanager
async def opened(url: str, query: str, *, file: Path | None = None) -> AsyncIterator[Ledger]:
    """Open a ledger: the file where there is one, the database otherwise."""
    if file is not None:
        yield SqliteLedger(file, query)
        return
    connection = await asyncpg.connect(url)
    try:
        yield PostgresLedger(connection, query)
    finally:
        await connection.close()
