"""Deliveries that are due, on SQLite.

One process dispatches on a SQLite file (`open_store(exclusive=True)`), so nothing is locked while it publishes: within
the process calls take turns, and the mark afterwards is a compare-and-set that loses to a cancellation in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from natalis.domain.delivery import DeliveryKey
from natalis.ports.outbox import Disposal, Due, DueWindow, Postponed, Queued
from natalis.stores.reasons import CATCH_UP_PASSED
from natalis.stores.sqlite.engine import Engine
from natalis.stores.sqlite.handover import Handover
from natalis.stores.sqlite.instants import read, read_if_any, stored
from natalis.stores.sqlite.rows import KeyRow
from natalis.stores.sqlite.session import Number, Row, Session, as_json


class _DueRow(Row):
    id: int
    key: str
    fire_at: int
    due_at: int
    domain: str


class SqliteOutbox:
    """Implements `natalis.ports.outbox.Outbox`."""

    def __init__(self, engine: Engine, handover: Handover) -> None:
        self._engine = engine
        self._handover = handover
        self._turn = asyncio.Lock()

    async def dispatch(
        self, window: DueWindow, publish: Callable[[Sequence[Due]], Awaitable[Sequence[Disposal]]]
    ) -> Sequence[Disposal]:
        """Read what is due, publish it, mark what was published or postponed; return what was marked."""
        async with self._turn:
            rows = await self._engine.read(lambda session: _due(session, window))
            if not rows:
                return ()
            ids = {DeliveryKey.parse(row.key): row.id for row in rows}
            with self._handover.publishing(ids):
                due = [
                    Due(key, read(row.fire_at), read(row.due_at), row.domain)
                    for key, row in zip(ids, rows, strict=True)
                ]
                disposals = await publish(due)
                return await self._engine.write(lambda session: self._mark(session, disposals, ids, stored(window.now)))

    async def expire(self, *, now: datetime, limit: int) -> Sequence[DeliveryKey]:
        """Mark deliveries whose catch-up window has passed `missed`, and return their keys."""

        def work(session: Session) -> Sequence[DeliveryKey]:
            rows = session.rows("expired_deliveries", KeyRow, now=stored(now), limit=limit)
            session.run("mark_missed", ids=as_json(row.id for row in rows), reason=CATCH_UP_PASSED)
            return [DeliveryKey.parse(row.key) for row in rows]

        return await self._engine.write(work)

    async def next_due(self) -> datetime | None:
        """Return the earliest instant at which anything is due; None when nothing waits."""
        row = await self._engine.read(lambda session: session.row("next_due", Number))
        return read_if_any(row.number) if row is not None else None

    def _mark(
        self, session: Session, disposals: Sequence[Disposal], ids: dict[DeliveryKey, int], now: int
    ) -> Sequence[Disposal]:
        later = [
            (ids[each.key], stored(each.until)) for each in disposals if isinstance(each, Postponed) and each.key in ids
        ]
        if later:
            session.run("postpone", rows=as_json(later))
        published = {each.key for each in disposals if isinstance(each, Queued) and each.key in ids}
        taken = self._handover.taken(published)
        marked = taken | _mark_queued(session, {ids[key]: key for key in published - taken}, now)
        return [each for each in disposals if isinstance(each, Postponed) or each.key in marked]


def _due(session: Session, window: DueWindow) -> list[_DueRow]:
    now, late_before = stored(window.now), stored(window.late_before)
    on_time = session.rows("due_on_time", _DueRow, now=now, late_before=late_before, limit=window.limit)
    room = min(window.limit - len(on_time), window.late_limit)
    if room <= 0:
        return on_time
    return on_time + session.rows("due_late", _DueRow, now=now, late_before=late_before, limit=room)


def _mark_queued(session: Session, published: dict[int, DeliveryKey], now: int) -> set[DeliveryKey]:
    ids = as_json(published)
    if session.run("mark_queued", ids=ids, now=now) == len(published):
        return set(published.values())
    return {published[row.id] for row in session.rows("queued_among", KeyRow, ids=ids)}
