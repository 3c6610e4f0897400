"""How many people there are, on SQLite."""

from __future__ import annotations

from natalis.stores.sqlite.engine import Engine
from natalis.stores.sqlite.session import Number


class SqliteCensus:
    """Implements `natalis.ports.census.Census`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def living(self) -> int:
        """Count the users who have not been deleted."""
        row = await self._engine.read(lambda session: session.row("living_users", Number))
        return row.number or 0 if row is not None else 0
