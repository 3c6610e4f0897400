"""Occasions to be planned, retimed or set aside, on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from natalis.domain.delivery import SUPERSEDED, Delivery, DeliveryKey
from natalis.domain.occasion import Firing
from natalis.domain.planning import Decision, Plan, Plannable, Quarantine, Retime
from natalis.errors import NotFound
from natalis.stores.cursors import read_cursor, write_cursor
from natalis.stores.sqlite.engine import Engine
from natalis.stores.sqlite.instants import stored
from natalis.stores.sqlite.rows import DeliveryRow, OccasionRow, firing_columns
from natalis.stores.sqlite.session import Scalar, Session, as_json
from natalis.stores.sqlite.taken_years import keys_whose_year_is_taken

_START = ("", "")


class SqlitePlans:
    """Implements `natalis.ports.plans.Plans`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def plan(
        self,
        *,
        until: datetime,
        limit: int,
        now: datetime,
        decide: Callable[[Sequence[Plannable]], Sequence[Decision]],
    ) -> Sequence[Decision]:
        """Claim up to `limit` occasions that fire at or before `until`, decide, and write, in one transaction."""

        def work(session: Session) -> Sequence[Decision]:
            rows = session.rows("occasions_to_plan", OccasionRow, until=stored(until), limit=limit)
            decisions = decide([row.plannable() for row in rows]) if rows else ()
            _write(session, decisions, {(row.user_id, row.kind): row.id for row in rows}, now=stored(now))
            return decisions

        return await self._engine.write(work)

    async def scan(self, *, after: str | None, limit: int) -> tuple[Sequence[Plannable], str | None]:
        """Read occasions with their pending deliveries, in the order of user and kind."""
        position = _START if after is None else read_cursor(after, tuple[str, str])

        def work(session: Session) -> tuple[Sequence[Plannable], str | None]:
            rows, cursor = _rows_after(session, "occasions_after", position, limit)
            pending = _pending(session, rows)
            return [row.plannable(tuple(pending.get((row.user_id, row.kind), ()))) for row in rows], cursor

        return await self._engine.read(work)

    async def retime(self, moves: Sequence[Retime]) -> int:
        """Write new fire times where the occasion still has the old one, pending deliveries included."""
        return await self._engine.write(lambda session: _retime(session, moves))

    async def quarantined(self, *, limit: int, cursor: str | None) -> tuple[Sequence[Plannable], str | None]:
        """List occasions that are set aside."""
        position = _START if cursor is None else read_cursor(cursor, tuple[str, str])

        def work(session: Session) -> tuple[Sequence[Plannable], str | None]:
            rows, following = _rows_after(session, "quarantined_after", position, limit)
            return [row.plannable() for row in rows], following

        return await self._engine.read(work)

    async def release(self, user_id: str, kind: str, upcoming: Firing) -> None:
        """Take an occasion out of quarantine; raises `NotFound`."""
        day, fire_at, expires_at = firing_columns(upcoming)

        def work(session: Session) -> int:
            return session.run(
                "release_occasion",
                user_id=user_id,
                kind=kind,
                occasion_date=day,
                fire_at=fire_at,
                expires_at=expires_at,
            )

        if not await self._engine.write(work):
            raise NotFound("quarantined occasion", f"{user_id}:{kind}")


def _write(session: Session, decisions: Sequence[Decision], ids: dict[tuple[str, str], int], *, now: int) -> None:
    plans = [decision for decision in decisions if isinstance(decision, Plan)]
    aside = [decision for decision in decisions if isinstance(decision, Quarantine)]
    if plans:
        _schedule(session, plans, now=now)
        moves = [(ids[_identity(plan.plannable)], *firing_columns(plan.following)) for plan in plans]
        session.run("move_occasions_on", rows=as_json(moves))
    if aside:
        rows = [(ids[_identity(decision.plannable)], decision.reason) for decision in aside]
        session.run("quarantine_occasions", rows=as_json(rows))


def _schedule(session: Session, plans: Sequence[Plan], *, now: int) -> None:
    wanted = {key: row for plan in plans for key, row in _delivery_columns(plan.plannable)}
    taken = keys_whose_year_is_taken(session, wanted)
    rows = [row for key, row in wanted.items() if key not in taken]
    session.run("schedule_deliveries", rows=as_json(rows), now=now, superseded=SUPERSEDED)


def _delivery_columns(plannable: Plannable) -> list[tuple[DeliveryKey, list[Scalar]]]:
    occasion, firing = plannable.occasion, plannable.occasion.upcoming
    if firing is None:
        return []
    key = DeliveryKey(occasion.user_id, occasion.kind, firing.occasion_date)
    return [(key, [str(key), stored(firing.fire_at), stored(firing.expires_at), plannable.timezone])]


def _rows_after(
    session: Session, query: str, position: tuple[str, str], limit: int
) -> tuple[list[OccasionRow], str | None]:
    rows = session.rows(query, OccasionRow, user_id=position[0], kind=position[1], limit=limit + 1)
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], write_cursor(rows[limit - 1].user_id, rows[limit - 1].kind)


def _pending(session: Session, rows: Sequence[OccasionRow]) -> dict[tuple[str, str], list[Delivery]]:
    prefixes = as_json(f"{row.user_id}:{row.kind}:" for row in rows)
    found: dict[tuple[str, str], list[Delivery]] = {}
    for row in session.rows("pending_of_occasions", DeliveryRow, prefixes=prefixes):
        delivery = row.delivery()
        found.setdefault((delivery.key.user_id, delivery.key.kind), []).append(delivery)
    return found


def _retime(session: Session, moves: Sequence[Retime]) -> int:
    wanted = {_identity(move.plannable): move for move in moves if move.plannable.occasion.upcoming is not None}
    seen = [
        (*identity, stored(upcoming.fire_at), upcoming.occasion_date.isoformat())
        for identity, move in wanted.items()
        if (upcoming := move.plannable.occasion.upcoming) is not None
    ]
    unmoved = [
        (row.id, wanted[row.user_id, row.kind])
        for row in session.rows("occasions_unmoved", OccasionRow, rows=as_json(seen))
    ]
    session.run("move_occasions_on", rows=as_json((id_, *firing_columns(move.upcoming)) for id_, move in unmoved))
    deliveries = [
        (str(key), stored(firing.fire_at), stored(firing.expires_at))
        for _, move in unmoved
        for key, firing in move.moved.items()
    ]
    session.run("retime_deliveries", rows=as_json(deliveries))
    return len(unmoved)


def _identity(plannable: Plannable) -> tuple[str, str]:
    return (plannable.occasion.user_id, plannable.occasion.kind)
