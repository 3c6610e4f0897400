"""What was begun and never ended is given back, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from natalis.domain.delivery import DeliveryKey, Status
from natalis.ports.recovery import Reaped
from natalis.stores.postgres.engine import Engine
from natalis.stores.postgres.ids import END
from natalis.stores.postgres.rows import KeyRow
from natalis.stores.postgres.session import Row, Session
from natalis.stores.reasons import HELD, LEASE_RAN_OUT

_BATCH = 5_000  # rows given back in one transaction at start
_HANDOVERS = 100  # dispatchers that died, looked after at once


class _Handover(Row):
    id: int


class PostgresRecovery:
    """Implements `natalis.ports.recovery.Recovery`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def reap(self, *, now: datetime, queued_before: datetime, hold: bool, limit: int) -> Reaped:
        """Give back up to `limit` leases that ran out, and up to `limit` that the queue or a dispatcher has lost."""
        leases = await self._give_leases_back(now, now, hold=hold, limit=limit)
        return Reaped(leases, await self._give_lost_back(now, queued_before, limit=limit))

    async def reclaim(self, *, now: datetime, hold: bool) -> Reaped:
        """Give back everything that is under way or queued, in batches."""
        leases, lost = list[DeliveryKey](), list[DeliveryKey]()
        while given := await self._give_leases_back(now, END, hold=hold, limit=_BATCH):
            leases.extend(given)
        while given := await self._give_lost_back(now, END, limit=_BATCH):
            lost.extend(given)
        return Reaped(leases, lost)

    async def _give_leases_back(
        self, now: datetime, run_out: datetime, *, hold: bool, limit: int
    ) -> Sequence[DeliveryKey]:
        status, reason = (Status.FAILED, HELD) if hold else (Status.RETRYING, LEASE_RAN_OUT)

        async def work(session: Session) -> list[KeyRow]:
            return await session.rows(
                "give_leases_back",
                KeyRow,
                run_out=run_out,
                limit=limit,
                now=now,
                status=status,
                reason=reason,
                detail=LEASE_RAN_OUT,
            )

        return [row.key() for row in await self._engine.once(work)]

    async def _give_lost_back(self, now: datetime, before: datetime, *, limit: int) -> Sequence[DeliveryKey]:
        async def work(session: Session) -> list[KeyRow]:
            dead = [row.id for row in await session.rows("handovers_run_out", _Handover, now=now, limit=_HANDOVERS)]
            rows = await session.rows("give_lost_back", KeyRow, before=before, handovers=dead, limit=limit, now=now)
            if dead and len(rows) < limit:
                await session.run("forget_handovers", handovers=dead)
            return rows

        return [row.key() for row in await self._engine.write(work)]
