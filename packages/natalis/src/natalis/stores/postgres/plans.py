"""Occasions to be planned, retimed or set aside, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from natalis.domain.delivery import SUPERSEDED, Delivery, DeliveryKey
from natalis.domain.occasion import Firing
from natalis.domain.planning import Decision, Plan, Plannable, Quarantine, Retime
from natalis.errors import NotFound
from natalis.stores.cursors import read_cursor, write_cursor
from natalis.stores.postgres.engine import Engine
from natalis.stores.postgres.ids import LOWEST_ID, cursor_id
from natalis.stores.postgres.months import Months
from natalis.stores.postgres.rows import DeliveryRow, OccasionRow, is_id, key_columns
from natalis.stores.postgres.session import Row, Session, columns
from natalis.stores.postgres.taken_years import keys_whose_year_is_taken

_Identity: TypeAlias = tuple[str, str]
_START: _Identity = (LOWEST_ID, "")
_MADE = ("user_ids", "kinds", "dates", "fires", "expiries", "timezones")
_NEXT = ("moved_ids", "moved_kinds", "moved_months", "next_dates", "next_fires", "next_expiries", "last_years")


class _MovedRow(Row):
    user_id: UUID
    kind: str


class PostgresPlans:
    """Implements `natalis.ports.plans.Plans`."""

    def __init__(self, engine: Engine, months: Months) -> None:
        self._engine = engine
        self._months = months

    async def plan(
        self,
        *,
        until: datetime,
        limit: int,
        now: datetime,
        decide: Callable[[Sequence[Plannable]], Sequence[Decision]],
    ) -> Sequence[Decision]:
        """Claim up to `limit` occasions that fire at or before `until`, decide, and write, in one transaction."""

        async def work(session: Session) -> Sequence[Decision]:
            rows = await session.rows("occasions_to_plan", OccasionRow, until=until, limit=limit)
            if not rows:
                return ()
            self._months.require(row.occasion_date for row in rows if row.occasion_date is not None)
            decisions = decide([row.plannable() for row in rows])
            await _write(session, decisions, {(str(row.user_id), row.kind): row for row in rows}, now=now)
            return decisions

        return await self._months.with_them(lambda: self._engine.write(work))

    async def scan(self, *, after: str | None, limit: int) -> tuple[Sequence[Plannable], str | None]:
        """Read occasions with their pending deliveries, in the order of user and kind."""
        position = _position(after)

        async def work(session: Session) -> tuple[Sequence[Plannable], str | None]:
            rows, cursor = await _rows_after(session, "occasions_after", position, limit)
            pending = await _pending(session, rows)
            return [row.plannable(tuple(pending.get((str(row.user_id), row.kind), ()))) for row in rows], cursor

        return await self._engine.read(work)

    async def retime(self, moves: Sequence[Retime]) -> int:
        """Write new fire times where the occasion still has the old one, pending deliveries included."""
        return await self._engine.write(lambda session: _retime(session, moves))

    async def quarantined(self, *, limit: int, cursor: str | None) -> tuple[Sequence[Plannable], str | None]:
        """List occasions that are set aside."""
        position = _position(cursor)
        rows, following = await self._engine.once(
            lambda session: _rows_after(session, "quarantined_after", position, limit)
        )
        return [row.plannable() for row in rows], following

    async def release(self, user_id: str, kind: str, upcoming: Firing) -> None:
        """Take an occasion out of quarantine; raises `NotFound`."""

        async def work(session: Session) -> int:
            return await session.run(
                "release_occasion",
                user_id=user_id,
                kind=kind,
                occasion_date=upcoming.occasion_date,
                fire_at=upcoming.fire_at,
                expires_at=upcoming.expires_at,
            )

        if not is_id(user_id) or not await self._engine.once(work):
            raise NotFound("quarantined occasion", f"{user_id}:{kind}")


async def _write(
    session: Session, decisions: Sequence[Decision], rows: Mapping[_Identity, OccasionRow], *, now: datetime
) -> None:
    plans = [decision for decision in decisions if isinstance(decision, Plan)]
    aside = [decision for decision in decisions if isinstance(decision, Quarantine)]
    if plans:
        await _write_plans(session, plans, rows, now=now)
    if aside:
        places = [
            (*identity, rows[identity].month, decision.reason)
            for decision in aside
            for identity in [_identity(decision.plannable)]
        ]
        await session.run("quarantine_occasions", **columns(places, "user_ids", "kinds", "months", "reasons"))


async def _write_plans(
    session: Session, plans: Sequence[Plan], rows: Mapping[_Identity, OccasionRow], *, now: datetime
) -> None:
    wanted = {key: plan for plan in plans if (key := _key(plan.plannable)) is not None}
    unsure = {key for key in wanted if not _is_first(key, rows[key.user_id, key.kind])}
    if unsure:
        free = unsure - await keys_whose_year_is_taken(session, [key for key in wanted if key in unsure])
        made = columns([_made(key, wanted[key]) for key in wanted if key in free], *_MADE)
        await session.run("schedule_again_or_first", **made, now=now, superseded=SUPERSEDED)
    await session.run(
        "write_plans",
        **columns([_made(key, plan) for key, plan in wanted.items() if key not in unsure], *_MADE),
        **columns([_next(plan, rows[_identity(plan.plannable)]) for plan in plans], *_NEXT),
        now=now,
    )


def _made(key: DeliveryKey, plan: Plan) -> tuple[object, ...]:
    firing = plan.plannable.occasion.upcoming
    instants = (None, None) if firing is None else (firing.fire_at, firing.expires_at)
    return (*key, *instants, plan.plannable.timezone)


def _is_first(key: DeliveryKey, row: OccasionRow) -> bool:
    """Say whether there can be no other delivery of the same year: this spares a look at every month of it."""
    return row.last_year is not None and row.last_year < key.occasion_date.year


def _next(plan: Plan, row: OccasionRow) -> tuple[object, ...]:
    upcoming, following = plan.plannable.occasion.upcoming, plan.following
    year = None if upcoming is None else max(upcoming.occasion_date.year, row.last_year or 0)
    place = (*_identity(plan.plannable), row.month)
    return (*place, following.occasion_date, following.fire_at, following.expires_at, year)


def _key(plannable: Plannable) -> DeliveryKey | None:
    firing = plannable.occasion.upcoming
    return None if firing is None else DeliveryKey(*_identity(plannable), firing.occasion_date)


async def _rows_after(
    session: Session, query: str, position: _Identity, limit: int
) -> tuple[list[OccasionRow], str | None]:
    rows = await session.rows(query, OccasionRow, user_id=position[0], kind=position[1], limit=limit + 1)
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], write_cursor(str(rows[limit - 1].user_id), rows[limit - 1].kind)


async def _pending(session: Session, rows: Sequence[OccasionRow]) -> dict[_Identity, list[Delivery]]:
    wanted = columns([(row.user_id, row.kind) for row in rows], "user_ids", "kinds")
    found: dict[_Identity, list[Delivery]] = {}
    rows_found = await session.rows("pending_of_occasions", DeliveryRow, **wanted)
    for delivery in sorted((row.delivery() for row in rows_found), key=lambda delivery: delivery.key):
        found.setdefault((delivery.key.user_id, delivery.key.kind), []).append(delivery)
    return found


async def _retime(session: Session, moves: Sequence[Retime]) -> int:
    wanted = {_identity(move.plannable): move for move in moves if move.plannable.occasion.upcoming is not None}
    seen = [
        (*identity, was.occasion_date, was.fire_at, to.occasion_date, to.fire_at, to.expires_at)
        for identity, move in sorted(wanted.items())
        if (was := move.plannable.occasion.upcoming) is not None
        for to in [move.upcoming]
    ]
    names = ("user_ids", "kinds", "seen_dates", "seen_fires", "dates", "fires", "expiries")
    moved = await session.rows("retime_occasions", _MovedRow, **columns(seen, *names))
    firings = {key: to for row in moved for key, to in wanted[str(row.user_id), row.kind].moved.items()}
    instants = [(to.fire_at, to.expires_at) for to in firings.values()]
    await session.run("retime_deliveries", **key_columns(firings), **columns(instants, "fires", "expiries"))
    return len(moved)


def _identity(plannable: Plannable) -> _Identity:
    return (plannable.occasion.user_id, plannable.occasion.kind)


def _position(cursor: str | None) -> _Identity:
    if cursor is None:
        return _START
    user_id, kind = read_cursor(cursor, tuple[str, str])
    return cursor_id(user_id), kind
