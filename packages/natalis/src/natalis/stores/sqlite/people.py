"""Users with their occasions, on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from natalis.domain.lifecycle import PENDING
from natalis.domain.person import Person, PersonChange
from natalis.domain.user import User, email_key
from natalis.errors import NotFound
from natalis.ports.page import Page
from natalis.ports.people import Arrival, Reception
from natalis.stores.cursors import read_cursor, write_cursor
from natalis.stores.reasons import USER_DELETED
from natalis.stores.sqlite.engine import Engine
from natalis.stores.sqlite.instants import stored
from natalis.stores.sqlite.persons import load_person, write_change
from natalis.stores.sqlite.receptions import receive_all
from natalis.stores.sqlite.rows import DeliveryRow, UserRow
from natalis.stores.sqlite.session import Session, as_json


class SqlitePeople:
    """Implements `natalis.ports.people.People`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def add(self, arrivals: Sequence[Arrival]) -> Sequence[Reception]:
        """Add users, in order; one that cannot be added does not hold up the others."""
        return await self._engine.write(lambda session: receive_all(session, arrivals))

    async def get(self, user_id: str) -> Person:
        """Return a living user; raises `NotFound`."""
        return await self._engine.read(lambda session: load_person(session, user_id))

    async def page(self, *, email: str | None, limit: int, cursor: str | None) -> Page[User]:
        """List living users by id, or the one with this address; raises `InvalidInput` for a bad cursor."""
        after = "" if cursor is None else read_cursor(cursor, tuple[str])[0]
        if email is None:
            return await self._engine.read(lambda session: _page_after(session, after, limit))
        wanted = as_json([email_key(email)])
        rows = await self._engine.read(lambda session: session.rows("holders_of_emails", UserRow, email_keys=wanted))
        return Page([row.user() for row in rows if row.id > after][:limit])

    async def change(self, user_id: str, decide: Callable[[Person], PersonChange]) -> Person:
        """Load, decide and write in one transaction; raises `NotFound`, `EmailTaken`, and what `decide` raises."""
        return await self._engine.write(lambda session: _change(session, user_id, decide))

    async def remove(
        self, user_id: str, *, now: datetime, erase: bool, check: Callable[[User], None] | None = None
    ) -> None:
        """Delete softly, or with `erase` for good; raises `NotFound`, and what `check` raises."""

        def work(session: Session) -> None:
            found = None if check is None else session.row("living_user", UserRow, id=user_id)
            if check is not None and found is not None:
                check(found.user())
            _remove(session, user_id, stored(now), erase=erase)

        await self._engine.write(work)


def _page_after(session: Session, after: str, limit: int) -> Page[User]:
    rows = session.rows("living_users_after", UserRow, after=after, limit=limit + 1)
    more = len(rows) > limit
    return Page([row.user() for row in rows[:limit]], write_cursor(rows[limit - 1].id) if more else None)


def _change(session: Session, user_id: str, decide: Callable[[Person], PersonChange]) -> Person:
    person = load_person(session, user_id)
    write_change(session, person, decide(person))
    return load_person(session, user_id)


def _remove(session: Session, user_id: str, now: int, *, erase: bool) -> None:
    deleted = session.run("delete_user", id=user_id, now=now)
    if deleted:
        _end_what_follows(session, user_id)
    erased = session.run("erase_user", id=user_id, now=now) if erase else 0
    if not deleted and not erased:
        raise NotFound("user", user_id)
    if erased:
        for query in ("erase_former_emails", "erase_requests", "erase_attempts", "erase_deliveries"):
            session.run(query, id=user_id)


def _end_what_follows(session: Session, user_id: str) -> None:
    session.run("end_occasions", user_id=user_id, staying="[]")
    deliveries = session.rows("deliveries_of_user", DeliveryRow, user_id=user_id)
    pending = [(row.key, USER_DELETED) for row in deliveries if row.status in PENDING]
    session.run("cancel_deliveries", rows=as_json(pending))
