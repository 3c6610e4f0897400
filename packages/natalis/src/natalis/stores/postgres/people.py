"""Users with their occasions, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from natalis.domain.person import Person, PersonChange
from natalis.domain.user import User, email_key
from natalis.errors import NotFound
from natalis.ports.page import Page
from natalis.ports.people import Arrival, Reception
from natalis.stores.cursors import read_cursor, write_cursor
from natalis.stores.postgres.engine import Engine
from natalis.stores.postgres.gathering import Gathering
from natalis.stores.postgres.ids import LOWEST_ID, cursor_id
from natalis.stores.postgres.persons import load_person, lock_person, write_change
from natalis.stores.postgres.receptions import receive_all, receive_at_once
from natalis.stores.postgres.rows import UserRow, is_id
from natalis.stores.postgres.session import Session
from natalis.stores.reasons import USER_DELETED


class PostgresPeople:
    """Implements `natalis.ports.people.People`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._gathering = Gathering(self._add)

    async def add(self, arrivals: Sequence[Arrival]) -> Sequence[Reception]:
        """Add users, in order; one that cannot be added does not hold up the others."""
        if not arrivals:
            return []
        async with self._engine.begun():
            if len(arrivals) == 1 and arrivals[0].request is None:
                return [await self._gathering.add(arrivals[0])]
            return await self._add(arrivals)

    async def _add(self, arrivals: Sequence[Arrival]) -> Sequence[Reception]:
        if len(arrivals) == 1 and len(arrivals[0].occasions) == 1:
            reception = await self._engine.once(lambda session: receive_at_once(session, arrivals[0]), is_begun=True)
            if reception is not None:
                return [reception]
        run = self._engine.once if _takes_one_statement(arrivals) else self._engine.write
        return await run(lambda session: receive_all(session, arrivals), is_begun=True)

    async def get(self, user_id: str) -> Person:
        """Return a living user; raises `NotFound`."""
        return await self._engine.once(lambda session: load_person(session, user_id))

    async def page(self, *, email: str | None, limit: int, cursor: str | None) -> Page[User]:
        """List living users by id, or the one with this address; raises `InvalidInput` for a bad cursor."""
        after = LOWEST_ID if cursor is None else cursor_id(read_cursor(cursor, tuple[str])[0])
        if email is None:
            return await self._engine.once(lambda session: _page_after(session, after, limit))
        wanted = [email_key(email)]
        rows = await self._engine.once(lambda session: session.rows("holders_of_emails", UserRow, email_keys=wanted))
        return Page([row.user() for row in rows if str(row.id) > after][:limit])

    async def change(self, user_id: str, decide: Callable[[Person], PersonChange]) -> Person:
        """Load, decide and write in one transaction; raises `NotFound`, `EmailTaken`, and what `decide` raises."""

        async def work(session: Session) -> Person:
            person = await lock_person(session, user_id)
            return await write_change(session, person, decide(person))

        return await self._engine.write(work)

    async def remove(
        self, user_id: str, *, now: datetime, erase: bool, check: Callable[[User], None] | None = None
    ) -> None:
        """Delete softly, or with `erase` for good; raises `NotFound`, and what `check` raises."""
        if not is_id(user_id):
            raise NotFound("user", user_id)

        async def work(session: Session) -> None:
            found = None if check is None else await session.row("lock_living_user", UserRow, id=user_id)
            if check is not None and found is not None:
                check(found.user())
            await _remove(session, user_id, now, erase=erase)

        await self._engine.write(work)


def _takes_one_statement(arrivals: Sequence[Arrival]) -> bool:
    """Say whether one statement writes them all: none brings a request key, and no two have the same address."""
    addresses = {email_key(arrival.user.profile.email) for arrival in arrivals if arrival.request is None}
    return len(addresses) == len(arrivals)


async def _page_after(session: Session, after: str, limit: int) -> Page[User]:
    rows = await session.rows("living_users_after", UserRow, after=after, limit=limit + 1)
    more = len(rows) > limit
    return Page([row.user() for row in rows[:limit]], write_cursor(str(rows[limit - 1].id)) if more else None)


async def _remove(session: Session, user_id: str, now: datetime, *, erase: bool) -> None:
    deleted = await session.run("delete_user", id=user_id, now=now)
    if deleted:
        await session.run("end_all_occasions", id=user_id)
        await session.run("cancel_all_deliveries", id=user_id, reason=USER_DELETED)
    erased = await session.run("erase_user", id=user_id, now=now) if erase else 0
    if not deleted and not erased:
        raise NotFound("user", user_id)
    if erased:
        for query in ("erase_former_emails", "erase_requests", "erase_attempts", "erase_deliveries"):
            await session.run(query, id=user_id)
