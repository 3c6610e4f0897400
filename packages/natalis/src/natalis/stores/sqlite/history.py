"""The raw material of `natalis why`, on SQLite."""

from __future__ import annotations

from collections.abc import Sequence

from natalis.domain.delivery import DeliveryKey
from natalis.domain.user import email_key
from natalis.errors import NotFound
from natalis.ports.ledger import YearRecord
from natalis.stores.judgements import most_telling
from natalis.stores.sqlite.engine import Engine
from natalis.stores.sqlite.ledger import attempts_of
from natalis.stores.sqlite.rows import DeliveryRow, OccasionRow
from natalis.stores.sqlite.session import Session, Text


class SqliteHistory:
    """Implements `natalis.ports.ledger.History`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def find(self, email: str) -> Sequence[str]:
        """Return the ids of all users that have or had this address, the living one first; none that was erased."""
        key = email_key(email.strip())
        rows = await self._engine.read(lambda session: session.rows("users_with_email", Text, email_key=key))
        return [row.text for row in rows]

    async def year(self, user_id: str, year: int) -> Sequence[YearRecord]:
        """Return what happened to this user in this year, a record per kind; raises `NotFound`."""
        return await self._engine.read(lambda session: _year(session, user_id, year))


def _year(session: Session, user_id: str, year: int) -> list[YearRecord]:
    if session.row("user_exists", Text, id=user_id) is None:
        raise NotFound("user", user_id)
    occasions = {row.kind: row.occasion() for row in session.rows("occasions_of_user", OccasionRow, user_id=user_id)}
    rows = session.rows("users_deliveries_in_year", DeliveryRow, user_id=user_id, year=f"{year:04d}")
    ids = {DeliveryKey.parse(row.key): row.id for row in rows}
    telling = most_telling(row.delivery() for row in rows)
    attempts = attempts_of(session, [ids[delivery.key] for delivery in telling.values()])
    return [
        YearRecord(kind, telling[kind], attempts.get(ids[telling[kind].key], ()), occasions.get(kind))
        if kind in telling
        else YearRecord(kind, None, (), occasions[kind])
        for kind in sorted(occasions.keys() | telling.keys())
    ]
