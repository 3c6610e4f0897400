"""What happened, what will, and how many, on SQLite."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from natalis.domain.delivery import Attempt, Delivery, DeliveryKey, Status
from natalis.errors import NotFound
from natalis.ports.ledger import Cohort, DeliveryFilter, Upcoming
from natalis.ports.page import Page
from natalis.stores.cursors import read_cursor, write_cursor
from natalis.stores.sqlite.engine import Engine
from natalis.stores.sqlite.instants import BEGINNING, END, read, read_if_any, stored
from natalis.stores.sqlite.rows import DeliveryRow, leap_day
from natalis.stores.sqlite.session import Row, Scalar, Session, as_json

_ENDED = frozenset({Status.FAILED, Status.MISSED, Status.CANCELLED})
_LIVE = frozenset({Status.SCHEDULED, Status.QUEUED, Status.SENDING, Status.RETRYING})


class _AttemptRow(Row):
    id: int
    delivery: int
    worker_id: str
    started_at: int
    finished_at: int | None
    outcome: str
    detail: str


class _UpcomingRow(Row):
    user_id: str
    full_name: str
    email: str
    kind: str
    occasion_date: str
    fire_at: int
    timezone: str

    def key(self) -> str:
        return f"{self.user_id}:{self.kind}:{self.occasion_date}"


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


class SqliteLedger:
    """Implements `natalis.ports.ledger.Ledger`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def page(self, wanted: DeliveryFilter, *, limit: int, cursor: str | None) -> Page[Delivery]:
        """List deliveries by fire time, earliest first."""
        start = BEGINNING if wanted.fire_from is None else stored(wanted.fire_from)
        after = (start, "") if cursor is None else read_cursor(cursor, tuple[int, str])
        rows = await self._engine.read(lambda session: matching(session, wanted, after=after, limit=limit + 1))
        more = len(rows) > limit
        last = rows[limit - 1] if more else None
        return Page(
            [row.delivery() for row in rows[:limit]], None if last is None else write_cursor(last.fire_at, last.key)
        )

    async def get(self, key: DeliveryKey) -> tuple[Delivery, Sequence[Attempt]]:
        """Return a delivery with every attempt, first one first; raises `NotFound`."""

        def work(session: Session) -> tuple[Delivery, Sequence[Attempt]]:
            row = session.row("delivery", DeliveryRow, key=str(key))
            if row is None:
                raise NotFound("delivery", str(key))
            return row.delivery(), attempts_of(session, [row.id]).get(row.id, ())

        return await self._engine.read(work)

    async def upcoming(
        self, *, now: datetime, until: datetime, timezone: str | None, limit: int, cursor: str | None
    ) -> Page[Upcoming]:
        """List what will be sent until `until`, by fire time: pending deliveries and occasions."""
        after, after_key = (BEGINNING, "") if cursor is None else read_cursor(cursor, tuple[int, str])

        def find(session: Session, query: str) -> list[_UpcomingRow]:
            return session.rows(
                query,
                _UpcomingRow,
                now=stored(now),
                until=stored(until),
                timezone=timezone,
                after=after,
                after_key=after_key,
                limit=limit + 1,
            )

        def work(session: Session) -> Page[Upcoming]:
            return _merged(find(session, "upcoming_deliveries"), find(session, "upcoming_occasions"), limit)

        return await self._engine.read(work)

    async def cohorts(self, days: Collection[tuple[int, int]]) -> Sequence[Cohort]:
        """Count living people whose occasions fall on these (month, day) pairs, by all a fire time depends on."""
        wanted = as_json(sorted(set(days)))
        rows = await self._engine.read(lambda session: session.rows("cohorts", _CohortRow, days=wanted))
        return [Cohort(row.kind, row.month, row.day, row.timezone, leap_day(row.leap_day), row.size) for row in rows]

    async def tally(self) -> Mapping[Status, int]:
        """Count deliveries by status; every status is named."""
        rows = await self._engine.read(lambda session: session.rows("tally", _TallyRow))
        return dict.fromkeys(Status, 0) | {Status(row.status): row.size for row in rows}


def matching(session: Session, wanted: DeliveryFilter, *, after: tuple[int, str], limit: int) -> list[DeliveryRow]:
    """Return deliveries that match, by fire time and key, after the position `after`."""
    before = END if wanted.fire_to is None else stored(wanted.fire_to)
    values: dict[str, Scalar] = {
        "after": after[0],
        "after_key": after[1],
        "before": before,
        "kind": wanted.kind,
        "limit": limit,
    }
    if wanted.user_id is not None:
        user_id = wanted.user_id
        return session.rows("user_deliveries_page", DeliveryRow, user_id=user_id, status=wanted.status, **values)
    if wanted.status in _ENDED:
        return session.rows("ended_deliveries_page", DeliveryRow, status=wanted.status, **values)
    if wanted.status in _LIVE:
        return session.rows("live_deliveries_page", DeliveryRow, status=wanted.status, **values)
    return session.rows("deliveries_page", DeliveryRow, status=wanted.status, **values)


def attempts_of(session: Session, deliveries: Collection[int]) -> dict[int, list[Attempt]]:
    """Return the attempts of some deliveries, by the delivery's number in the file; numbered from 1."""
    found: dict[int, list[Attempt]] = {}
    for row in session.rows("attempts_of_deliveries", _AttemptRow, ids=as_json(deliveries)):
        own = found.setdefault(row.delivery, [])
        own.append(
            Attempt(
                len(own) + 1,
                str(row.id),
                row.worker_id,
                read(row.started_at),
                read_if_any(row.finished_at),
                row.outcome,
                row.detail,
            )
        )
    return found


def _merged(planned: list[_UpcomingRow], unplanned: list[_UpcomingRow], limit: int) -> Page[Upcoming]:
    both = (
        [(row.fire_at, row.key(), row, True) for row in planned],
        [(row.fire_at, row.key(), row, False) for row in unplanned],
    )
    ordered = list(heapq.merge(*both, key=lambda each: each[:2]))
    items = [_upcoming(row, planned=is_planned) for _, _, row, is_planned in ordered[:limit]]
    return Page(items, write_cursor(*ordered[limit - 1][:2]) if len(ordered) > limit else None)


def _upcoming(row: _UpcomingRow, *, planned: bool) -> Upcoming:
    return Upcoming(
        row.user_id, row.full_name, row.email, row.kind, row.occasion_date, read(row.fire_at), row.timezone, planned
    )
