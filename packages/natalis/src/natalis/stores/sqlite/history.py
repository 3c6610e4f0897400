"""The raw material of `natalis why`, on SQLite."""

from __future__ import annotations

from collections.abc import Sequence

from natalis.domain.delivery import SUPERSEDED, Delivery
from natalis.domain.lifecycle import PENDING
from natalis.domain.user import email_key
from natalis.errors import NotFound
from natalis.ports.ledger import YearRecord
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
    telling = _most_telling(rows)
    attempts = attempts_of(session, [row.id for row, _ in telling.values()])
    return [
        YearRecord(kind, telling[kind][1], attempts.get(telling[kind][0].id, ()), occasions.get(kind))
        if kind in telling
        else YearRecord(kind, None, (), occasions[kind])
        for kind in sorted(occasions.keys() | telling.keys())
    ]


def _most_telling(rows: Sequence[DeliveryRow]) -> dict[str, tuple[DeliveryRow, Delivery]]:
    """Return one delivery for each kind: a change of date can leave superseded ones beside the one that counts."""
    found: dict[str, tuple[DeliveryRow, Delivery]] = {}
    for row in rows:
        delivery = row.delivery()
        known = found.get(delivery.key.kind)
        if known is None or _weight(delivery) >= _weight(known[1]):
            found[delivery.key.kind] = (row, delivery)
    return found


def _weight(delivery: Delivery) -> tuple[bool, bool, bool]:
    return (delivery.uses_its_year, delivery.status in PENDING, delivery.reason != SUPERSEDED)
