"""How many people there are, on PostgreSQL."""

from __future__ import annotations

from natalis.stores.postgres.engine import Engine
from natalis.stores.postgres.session import Row


class _Number(Row):
    number: int


class PostgresCensus:
    """Implements `natalis.ports.census.Census`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def living(self) -> int:
        """Count the users who have not been deleted, on the replica where there is one."""
        row = await self._engine.read_with_lag(lambda session: session.row("living_users", _Number))
        return 0 if row is None else row.number
