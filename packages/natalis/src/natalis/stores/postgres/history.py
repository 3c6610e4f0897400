"""The raw material of `natalis why`, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import MAXYEAR, MINYEAR

from natalis.domain.user import email_key
from natalis.errors import NotFound
from natalis.ports.ledger import YearRecord
from natalis.stores.judgements import most_telling
from natalis.stores.postgres.engine import Engine
from natalis.stores.postgres.ledger import attempts_of
from natalis.stores.postgres.rows import DeliveryRow, IdRow, OccasionRow, is_id
from natalis.stores.postgres.session import Session


class PostgresHistory:
    """Implements `natalis.ports.ledger.History`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def find(self, email: str) -> Sequence[str]:
        """Return the ids of all users that have or had this address, the living one first; none that was erased."""
        key = email_key(email.strip())

        async def work(session: Session) -> list[IdRow]:
            return await session.rows("users_with_email", IdRow, email_key=key)

        rows = await self._engine.read_with_lag(work) or await self._engine.read(work)  # they may have come just now
        return [str(row.id) for row in rows]

    async def year(self, user_id: str, year: int) -> Sequence[YearRecord]:
        """Return what happened to this user in this year, a record per kind; raises `NotFound`."""

        async def work(session: Session) -> list[YearRecord]:
            return await _year(session, user_id, year)

        try:
            return await self._engine.read_with_lag(work)
        except NotFound:  # whoever came just now may not have come as far as the replica
            return await self._engine.read(work)


def _is_one(year: int) -> bool:
    return MINYEAR <= year <= MAXYEAR


async def _year(session: Session, user_id: str, year: int) -> list[YearRecord]:
    if not is_id(user_id) or await session.row("user_exists", IdRow, id=user_id) is None:
        raise NotFound("user", user_id)
    found = await session.rows("occasions_of_user", OccasionRow, id=user_id)
    occasions = {row.kind: row.occasion() for row in found}
    rows = (
        await session.rows("users_deliveries_in_year", DeliveryRow, user_id=user_id, year=year) if _is_one(year) else []
    )
    telling = most_telling(row.delivery() for row in rows)
    attempts = await attempts_of(session, [delivery.key for delivery in telling.values()])
    return [
        YearRecord(kind, delivery, () if delivery is None else attempts.get(delivery.key, ()), occasions.get(kind))
        for kind in sorted(occasions.keys() | telling.keys())
        for delivery in [telling.get(kind)]
    ]
