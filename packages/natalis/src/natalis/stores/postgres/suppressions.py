"""Addresses that must not be written to, on PostgreSQL."""

from __future__ import annotations

from datetime import datetime

from natalis.domain.user import email_key
from natalis.errors import NotFound
from natalis.ports.page import Page
from natalis.ports.suppressions import Suppression
from natalis.stores.cursors import read_cursor, write_cursor
from natalis.stores.postgres.engine import Engine
from natalis.stores.postgres.session import Row


class _SuppressionRow(Row):
    email_key: str
    email: str
    reason: str
    since: datetime


class PostgresSuppressions:
    """Implements `natalis.ports.suppressions.Suppressions`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def add(self, suppression: Suppression) -> None:
        """Suppress an address; one already there keeps its first reason."""
        email, reason, since = suppression.email.strip(), suppression.reason, suppression.since
        await self._engine.once(
            lambda session: session.run("suppress", email_key=email_key(email), email=email, reason=reason, since=since)
        )

    async def remove(self, email: str) -> None:
        """Take an address off the list; raises `NotFound`."""
        key = email_key(email.strip())
        if not await self._engine.once(lambda session: session.run("unsuppress", email_key=key)):
            raise NotFound("suppression", email)

    async def page(self, *, limit: int, cursor: str | None) -> Page[Suppression]:
        """List by address."""
        after = "" if cursor is None else read_cursor(cursor, tuple[str])[0]
        rows = await self._engine.once(
            lambda session: session.rows("suppressions_after", _SuppressionRow, after=after, limit=limit + 1)
        )
        items = [Suppression(row.email, row.reason, row.since) for row in rows[:limit]]
        return Page(items, write_cursor(rows[limit - 1].email_key) if len(rows) > limit else None)
