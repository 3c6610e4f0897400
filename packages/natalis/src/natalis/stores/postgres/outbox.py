"""Deliveries that are due, on PostgreSQL.

One statement claims: it marks deliveries `queued` under a handover, a row that says who is about to publish them and
until when. Nothing is locked and no transaction stands open while that goes on, so a worker, a user or an operator
waits for nobody, and a broker that stalls makes no tables grow. What was not published goes back to the state it had;
when a dispatcher dies in between, the handover runs out and the reaper gives its deliveries back.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from natalis.domain.delivery import DeliveryKey
from natalis.ports.outbox import Disposal, Due, DueWindow, Postponed, Queued
from natalis.stores.postgres.engine import Engine
from natalis.stores.postgres.rows import KeyRow, key_columns
from natalis.stores.postgres.session import Row, Session, columns
from natalis.stores.reasons import CATCH_UP_PASSED

TIME_TO_PUBLISH = timedelta(seconds=20)
"""After this long a dispatcher that has not come back is taken for dead; if it lives, some keys are published twice."""
_ID_BITS = 63  # what a bigint holds


class _DueRow(KeyRow):
    status: str
    fire_at: datetime
    due_at: datetime
    domain: str


class _Instant(Row):
    instant: datetime


class PostgresOutbox:
    """Implements `natalis.ports.outbox.Outbox`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def dispatch(
        self, window: DueWindow, publish: Callable[[Sequence[Due]], Awaitable[Sequence[Disposal]]]
    ) -> Sequence[Disposal]:
        """Claim what is due, publish it, give back what was not published; return what was marked."""
        handover = secrets.randbits(_ID_BITS)
        rows = await self._claim(window, handover)
        if not rows:
            return ()
        claimed = {row.key(): row for row in rows}
        due = [Due(key, row.fire_at, row.due_at, row.domain) for key, row in claimed.items()]
        try:
            disposals = await publish(due)
        except BaseException:
            await self._end(handover, claimed, ())
            raise
        return await self._end(handover, claimed, disposals)

    async def expire(self, *, now: datetime, limit: int) -> Sequence[DeliveryKey]:
        """Mark deliveries whose catch-up window has passed `missed`, and return their keys."""
        rows = await self._engine.once(
            lambda session: session.rows("expire", KeyRow, now=now, limit=limit, reason=CATCH_UP_PASSED)
        )
        return [row.key() for row in rows]

    async def next_due(self) -> datetime | None:
        """Return the earliest instant at which anything is due; None when nothing waits."""
        row = await self._engine.once(lambda session: session.row("next_due", _Instant))
        return None if row is None else row.instant

    async def _claim(self, window: DueWindow, handover: int) -> Sequence[_DueRow]:
        rows = await self._engine.once(
            lambda session: session.rows(
                "hand_over",
                _DueRow,
                now=window.now,
                late_before=window.late_before,
                limit=window.limit,
                late_limit=window.late_limit,
                handover=handover,
                until=window.now + TIME_TO_PUBLISH,
            )
        )
        return sorted(rows, key=lambda row: (row.fire_at < window.late_before, row.due_at))

    async def _end(
        self, handover: int, claimed: Mapping[DeliveryKey, _DueRow], disposals: Sequence[Disposal]
    ) -> Sequence[Disposal]:
        published = [each.key for each in disposals if isinstance(each, Queued) and each.key in claimed]
        later = {each.key: each.until for each in disposals if isinstance(each, Postponed) and each.key in claimed}
        left = claimed.keys() - set(published)

        async def work(session: Session) -> Sequence[Disposal]:
            back = await _take_back(session, handover, [(key, claimed[key].status, later.get(key)) for key in left])
            overtaken = await session.rows("end_handover", KeyRow, **key_columns(published), handover=handover)
            marked = (set(published) - {row.key() for row in overtaken}) | (back & later.keys())
            return [each for each in disposals if each.key in marked]

        return await (self._engine.write(work) if left else self._engine.once(work))


async def _take_back(
    session: Session, handover: int, left: Collection[tuple[DeliveryKey, str, datetime | None]]
) -> set[DeliveryKey]:
    if not left:
        return set()
    rows = [(*key, status, until) for key, status, until in sorted(left, key=lambda each: each[0])]
    names = ("user_ids", "kinds", "dates", "statuses", "dues")
    back = await session.rows("take_back", KeyRow, **columns(rows, *names), handover=handover)
    return {row.key() for row in back}
