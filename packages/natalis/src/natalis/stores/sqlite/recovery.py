"""What was begun and never ended is given back, on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from natalis.domain.delivery import DeliveryKey, Status
from natalis.ports.recovery import Reaped
from natalis.stores.reasons import HELD, LEASE_RAN_OUT
from natalis.stores.sqlite.engine import Engine
from natalis.stores.sqlite.instants import END, stored
from natalis.stores.sqlite.rows import KeyRow
from natalis.stores.sqlite.session import Session, as_json

_BATCH = 5_000  # rows given back in one transaction at start


class _LeaseRow(KeyRow):
    attempt: int


class SqliteRecovery:
    """Implements `natalis.ports.recovery.Recovery`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def reap(self, *, now: datetime, queued_before: datetime, hold: bool, limit: int) -> Reaped:
        """Give back up to `limit` leases that ran out, and up to `limit` that the queue has lost."""

        def work(session: Session) -> Reaped:
            leases = _give_leases_back(session, stored(now), stored(now), hold=hold, limit=limit)
            return Reaped(leases, _give_lost_back(session, stored(now), stored(queued_before), limit=limit))

        return await self._engine.write(work)

    async def reclaim(self, *, now: datetime, hold: bool) -> Reaped:
        """Give back everything that is under way or queued, in batches."""
        instant, leases, lost = stored(now), list[DeliveryKey](), list[DeliveryKey]()

        def work(session: Session) -> Reaped:
            given = _give_leases_back(session, instant, END, hold=hold, limit=_BATCH)
            return Reaped(given, _give_lost_back(session, instant, END, limit=_BATCH))

        while (given := await self._engine.write(work)).leases or given.lost:
            leases.extend(given.leases)
            lost.extend(given.lost)
        return Reaped(leases, lost)


def _give_leases_back(session: Session, now: int, run_out: int, *, hold: bool, limit: int) -> Sequence[DeliveryKey]:
    rows = session.rows("leases_run_out", _LeaseRow, now=run_out, limit=limit)
    if rows:
        status, reason = (Status.FAILED, HELD) if hold else (Status.RETRYING, LEASE_RAN_OUT)
        session.run("give_leases_back", ids=as_json(row.id for row in rows), now=now, status=status, reason=reason)
        attempts = as_json(row.attempt for row in rows)
        session.run("end_lost_attempts", attempts=attempts, now=now, detail=LEASE_RAN_OUT)
    return [DeliveryKey.parse(row.key) for row in rows]


def _give_lost_back(session: Session, now: int, before: int, *, limit: int) -> Sequence[DeliveryKey]:
    rows = session.rows("queued_too_long", KeyRow, before=before, limit=limit)
    if rows:
        session.run("give_lost_back", ids=as_json(row.id for row in rows), now=now)
    return [DeliveryKey.parse(row.key) for row in rows]
