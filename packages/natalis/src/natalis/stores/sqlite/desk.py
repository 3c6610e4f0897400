"""Retry, cancel, replay: the moves a person asks for, on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from natalis.domain.delivery import Delivery, DeliveryKey, Status
from natalis.domain.lifecycle import REPLAYABLE, check_move_by_hand
from natalis.errors import IllegalTransition, NotFound
from natalis.ports.ledger import DeliveryFilter
from natalis.stores.reasons import REPLAYED
from natalis.stores.sqlite.engine import Engine
from natalis.stores.sqlite.instants import BEGINNING, stored
from natalis.stores.sqlite.ledger import matching
from natalis.stores.sqlite.rows import DeliveryRow
from natalis.stores.sqlite.session import Session, as_json
from natalis.stores.sqlite.taken_years import keys_whose_year_is_taken

_BATCH = 1_000  # rows replayed in one transaction
_Position = tuple[int, str]


class SqliteDesk:
    """Implements `natalis.ports.desk.Desk`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def move(self, key: DeliveryKey, to: Status, *, now: datetime, expires_at: datetime, reason: str) -> Delivery:
        """Schedule one delivery again, or cancel it; raises `NotFound` or `IllegalTransition`."""

        def work(session: Session) -> Delivery:
            row = _required(session, key)
            _check(session, row, to)
            if to is Status.SCHEDULED:
                _schedule(session, [row], now=stored(now), expires_at=stored(expires_at), reason=reason)
            else:
                session.run("cancel", id=row.id, reason=reason, found=row.status)
            return _required(session, key).delivery()

        return await self._engine.write(work)

    async def replay(self, wanted: DeliveryFilter, *, now: datetime, expires_at: datetime, limit: int) -> int:
        """Schedule up to `limit` matching `failed` and `missed` deliveries again, in batches; return how many.

        One whose user got, or may get, another message of the same kind for the same year is left out.
        """
        statuses = REPLAYABLE if wanted.status is None else REPLAYABLE & {wanted.status}
        replayed = 0
        for status in sorted(statuses):
            narrowed = replace(wanted, status=status)
            start = BEGINNING if wanted.fire_from is None else stored(wanted.fire_from)
            after: _Position | None = (start, "")
            while after is not None and replayed < limit:
                room = min(_BATCH, limit - replayed)
                count, after = await self._replay_some(narrowed, after, room, stored(now), stored(expires_at))
                replayed += count
        return replayed

    async def _replay_some(
        self, wanted: DeliveryFilter, after: _Position, room: int, now: int, expires_at: int
    ) -> tuple[int, _Position | None]:
        def work(session: Session) -> tuple[int, _Position | None]:
            rows = matching(session, wanted, after=after, limit=room)
            keys = {DeliveryKey.parse(row.key): row for row in rows}
            taken = keys_whose_year_is_taken(session, keys)
            free = [row for key, row in keys.items() if key not in taken]
            _schedule(session, free, now=now, expires_at=expires_at, reason=REPLAYED)
            return len(free), (rows[-1].fire_at, rows[-1].key) if len(rows) == room else None

        return await self._engine.write(work)


def _required(session: Session, key: DeliveryKey) -> DeliveryRow:
    row = session.row("delivery", DeliveryRow, key=str(key))
    if row is None:
        raise NotFound("delivery", str(key))
    return row


def _check(session: Session, row: DeliveryRow, to: Status) -> None:
    """Raise `IllegalTransition` unless an operator may make this move, and it makes no second message of one year."""
    check_move_by_hand(row.key, Status(row.status), to)
    if to is Status.SCHEDULED and keys_whose_year_is_taken(session, [DeliveryKey.parse(row.key)]):
        raise IllegalTransition(row.key, row.status, to)


def _schedule(session: Session, rows: Sequence[DeliveryRow], *, now: int, expires_at: int, reason: str) -> None:
    for status in {row.status for row in rows}:
        ids = as_json(row.id for row in rows if row.status == status)
        session.run("schedule_again", ids=ids, now=now, expires_at=expires_at, reason=reason, found=status)
