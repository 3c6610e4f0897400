"""What happened, what will, and how many, on PostgreSQL."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from natalis.domain.delivery import Attempt, Delivery, DeliveryKey, Status
from natalis.errors import NotFound
from natalis.ports.ledger import Cohort, DeliveryFilter, Upcoming
from natalis.ports.page import Page
from natalis.stores.postgres.attempt_ids import write_attempt_id
from natalis.stores.postgres.engine import Engine
from natalis.stores.postgres.ids import BEGINNING, END, Position, read_position, write_position
from natalis.stores.postgres.rows import DeliveryRow, KeyRow, is_id, key_columns, leap_day
from natalis.stores.postgres.session import Row, Session, columns

_PAGES: Mapping[Status | None, str] = {
    None: "deliveries_page",
    Status.SENT: "sent_deliveries_page",
    Status.FAILED: "unsent_deliveries_page",
    Status.MISSED: "unsent_deliveries_page",
    Status.CANCELLED: "unsent_deliveries_page",
    Status.SCHEDULED: "live_deliveries_page",
    Status.QUEUED: "live_deliveries_page",
    Status.SENDING: "live_deliveries_page",
    Status.RETRYING: "live_deliveries_page",
}


class _AttemptRow(KeyRow):
    number: int
    worker_id: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    detail: str

    def attempt(self) -> Attempt:
        return Attempt(
            self.number,
            write_attempt_id(self.key(), self.number),
            self.worker_id,
            self.started_at,
            self.finished_at,
            self.outcome,
            self.detail,
        )


class _UpcomingRow(Row):
    user_id: UUID
    full_name: str
    email: str
    kind: str
    occasion_date: date
    fire_at: datetime
    timezone: str

    def key(self) -> DeliveryKey:
        return DeliveryKey(str(self.user_id), self.kind, self.occasion_date)

    def upcoming(self, *, planned: bool) -> Upcoming:
        user_id, kind, day = self.key()
        return Upcoming(
            user_id, self.full_name, self.email, kind, day.isoformat(), self.fire_at, self.timezone, planned
        )


class _CohortRow(Row):
    kind: str
    month: int
    day: int
    timezone: str
    leap_day: str | None
    size: int


class _TallyRow(Row):
    status: str
    size: int


class PostgresLedger:
    """Implements `natalis.ports.ledger.Ledger`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def page(self, wanted: DeliveryFilter, *, limit: int, cursor: str | None) -> Page[Delivery]:
        """List deliveries by fire time, earliest first."""
        after = beginning_of(wanted) if cursor is None else read_position(cursor)
        rows = await self._engine.read_with_lag(lambda session: matching(session, wanted, after=after, limit=limit + 1))
        deliveries = [row.delivery() for row in rows[:limit]]
        more = len(rows) > limit
        return Page(deliveries, write_position(deliveries[-1].fire_at, deliveries[-1].key) if more else None)

    async def get(self, key: DeliveryKey) -> tuple[Delivery, Sequence[Attempt]]:
        """Return a delivery with every attempt, first one first; raises `NotFound`."""

        async def work(session: Session) -> tuple[Delivery, Sequence[Attempt]]:
            row = await find(session, "delivery", key)
            if row is None:
                raise NotFound("delivery", str(key))
            return row.delivery(), (await attempts_of(session, [key])).get(key, ())

        return await self._engine.read(work)

    async def upcoming(
        self, *, now: datetime, until: datetime, timezone: str | None, limit: int, cursor: str | None
    ) -> Page[Upcoming]:
        """List what will be sent until `until`, by fire time: pending deliveries and occasions."""
        after = Position(BEGINNING) if cursor is None else read_position(cursor)

        async def find_in(session: Session, query: str) -> list[_UpcomingRow]:
            return await session.rows(
                query, _UpcomingRow, now=now, until=until, timezone=timezone, limit=limit + 1, **after._asdict()
            )

        async def work(session: Session) -> Page[Upcoming]:
            planned = await find_in(session, "upcoming_deliveries")
            return _merged(planned, await find_in(session, "upcoming_occasions"), limit)

        return await self._engine.read_with_lag(work)

    async def cohorts(self, days: Collection[tuple[int, int]]) -> Sequence[Cohort]:
        """Count living people whose occasions fall on these (month, day) pairs, by all a fire time depends on."""
        wanted = columns(sorted(set(days)), "months", "days")
        rows = await self._engine.read_with_lag(lambda session: session.rows("cohorts", _CohortRow, **wanted))
        return [Cohort(row.kind, row.month, row.day, row.timezone, leap_day(row.leap_day), row.size) for row in rows]

    async def tally(self) -> Mapping[Status, int]:
        """Count deliveries by status; every status is named. What was sent and has left by retention still counts."""
        rows = await self._engine.read_with_lag(lambda session: session.rows("tally", _TallyRow))
        return dict.fromkeys(Status, 0) | {Status(row.status): row.size for row in rows}


def beginning_of(wanted: DeliveryFilter) -> Position:
    """Return the place at which the first matching delivery can be."""
    return Position(wanted.fire_from or BEGINNING)


async def matching(session: Session, wanted: DeliveryFilter, *, after: Position, limit: int) -> list[DeliveryRow]:
    """Return deliveries that match, by fire time and key, after a position."""
    values = {**after._asdict(), "before": wanted.fire_to or END, "kind": wanted.kind, "limit": limit}
    if wanted.user_id is None:
        return await session.rows(_PAGES[wanted.status], DeliveryRow, status=wanted.status, **values)
    if not is_id(wanted.user_id):
        return []
    return await session.rows(
        "user_deliveries_page", DeliveryRow, user_id=wanted.user_id, status=wanted.status, **values
    )


async def find(session: Session, query: str, key: DeliveryKey) -> DeliveryRow | None:
    """Return one delivery by `delivery` or `lock_delivery`; None when there is none."""
    if not is_id(key.user_id):
        return None
    return await session.row(query, DeliveryRow, user_id=key.user_id, kind=key.kind, occasion_date=key.occasion_date)


async def attempts_of(session: Session, keys: Collection[DeliveryKey]) -> dict[DeliveryKey, list[Attempt]]:
    """Return the attempts of some deliveries, first one first."""
    found: dict[DeliveryKey, list[Attempt]] = {}
    for row in await session.rows("attempts_of_deliveries", _AttemptRow, **key_columns(keys)):
        found.setdefault(row.key(), []).append(row.attempt())
    return found


def _merged(planned: Sequence[_UpcomingRow], unplanned: Sequence[_UpcomingRow], limit: int) -> Page[Upcoming]:
    both = (
        [(row.fire_at, row.key(), row, True) for row in planned],
        [(row.fire_at, row.key(), row, False) for row in unplanned],
    )
    ordered = list(heapq.merge(*both, key=lambda each: each[:2]))
    items = [row.upcoming(planned=is_planned) for _, _, row, is_planned in ordered[:limit]]
    return Page(items, write_position(*ordered[limit - 1][:2]) if len(ordered) > limit else None)
