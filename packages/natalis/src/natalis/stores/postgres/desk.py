"""Retry, cancel, replay: the moves a person asks for, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from natalis.domain.delivery import Delivery, DeliveryKey, Status
from natalis.domain.lifecycle import REPLAYABLE, check_move_by_hand
from natalis.errors import IllegalTransition, NotFound
from natalis.ports.ledger import DeliveryFilter
from natalis.stores.postgres.engine import Engine
from natalis.stores.postgres.ids import Position
from natalis.stores.postgres.ledger import beginning_of, find, matching
from natalis.stores.postgres.rows import DeliveryRow, key_columns
from natalis.stores.postgres.session import Session
from natalis.stores.postgres.taken_years import keys_whose_year_is_taken
from natalis.stores.reasons import REPLAYED

_BATCH = 1_000  # rows replayed in one transaction


class PostgresDesk:
    """Implements `natalis.ports.desk.Desk`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def move(self, key: DeliveryKey, to: Status, *, now: datetime, expires_at: datetime, reason: str) -> Delivery:
        """Schedule one delivery again, or cancel it; raises `NotFound` or `IllegalTransition`."""

        async def work(session: Session) -> Delivery:
            delivery = await _required(session, "lock_delivery", key)
            await _check(session, delivery, to)
            if to is Status.SCHEDULED:
                await _schedule(session, [delivery], now=now, expires_at=expires_at, reason=reason)
            else:
                place = key._asdict()
                await session.run("cancel", **place, reason=reason, found=delivery.status)
            return await _required(session, "delivery", key)

        return await self._engine.write(work)

    async def replay(self, wanted: DeliveryFilter, *, now: datetime, expires_at: datetime, limit: int) -> int:
        """Schedule up to `limit` matching `failed` and `missed` deliveries again, in batches; return how many.

        One whose user got, or may get, another message of the same kind for the same year is left out.
        """
        statuses = REPLAYABLE if wanted.status is None else REPLAYABLE & {wanted.status}
        replayed = 0
        for status in sorted(statuses):
            narrowed = replace(wanted, status=status)
            after: Position | None = beginning_of(wanted)
            while after is not None and replayed < limit:
                room = min(_BATCH, limit - replayed)
                count, after = await self._replay_some(narrowed, after, room, now, expires_at)
                replayed += count
        return replayed

    async def _replay_some(
        self, wanted: DeliveryFilter, after: Position, room: int, now: datetime, expires_at: datetime
    ) -> tuple[int, Position | None]:
        async def work(session: Session) -> tuple[int, Position | None]:
            rows = await matching(session, wanted, after=after, limit=room)
            deliveries = {delivery.key: delivery for delivery in (row.delivery() for row in rows)}
            taken = await keys_whose_year_is_taken(session, deliveries)
            free = [delivery for key, delivery in deliveries.items() if key not in taken]
            count = await _schedule(session, free, now=now, expires_at=expires_at, reason=REPLAYED)
            return count, _place_after(rows[-1]) if len(rows) == room else None

        return await self._engine.write(work)


def _place_after(row: DeliveryRow) -> Position:
    return Position(row.fire_at, *row.key())


async def _required(session: Session, query: str, key: DeliveryKey) -> Delivery:
    row = await find(session, query, key)
    if row is None:
        raise NotFound("delivery", str(key))
    return row.delivery()


async def _check(session: Session, delivery: Delivery, to: Status) -> None:
    """Raise `IllegalTransition` unless an operator may make this move, and it makes no second message of one year."""
    check_move_by_hand(str(delivery.key), delivery.status, to)
    if to is Status.SCHEDULED and await keys_whose_year_is_taken(session, [delivery.key]):
        raise IllegalTransition(str(delivery.key), delivery.status, to)


async def _schedule(
    session: Session, deliveries: Sequence[Delivery], *, now: datetime, expires_at: datetime, reason: str
) -> int:
    ordered = sorted(deliveries, key=lambda delivery: delivery.key)
    keys = key_columns(delivery.key for delivery in ordered)
    found = [delivery.status for delivery in ordered]
    return await session.run("schedule_again", **keys, found=found, now=now, expires_at=expires_at, reason=reason)
