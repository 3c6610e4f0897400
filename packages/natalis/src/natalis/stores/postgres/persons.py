"""Reading and writing one person whole, within a transaction."""

from __future__ import annotations

from collections.abc import Sequence

from asyncpg.exceptions import UniqueViolationError

from natalis.domain.delivery import Delivery
from natalis.domain.person import Person, PersonChange
from natalis.domain.user import User, email_key
from natalis.errors import EmailTaken, NotFound
from natalis.stores.judgements import recent
from natalis.stores.postgres.person_rows import PersonRow, person_of
from natalis.stores.postgres.rows import (
    OCCASION_COLUMNS,
    USER_VALUES,
    DeliveryRow,
    OccasionRow,
    UserRow,
    is_id,
    key_columns,
    occasion_columns,
    user_columns,
)
from natalis.stores.postgres.session import Session, columns


async def load_person(session: Session, user_id: str) -> Person:
    """Return a living user with occasions and recent deliveries; raises `NotFound`."""
    rows = await session.rows("person", PersonRow, id=user_id) if is_id(user_id) else []
    if not rows:
        raise NotFound("user", user_id)
    return person_of(rows)


async def lock_person(session: Session, user_id: str) -> Person:
    """Return the same, held until the transaction ends: user, then occasions, then deliveries, as everybody does."""
    user = await session.row("lock_living_user", UserRow, id=user_id) if is_id(user_id) else None
    if user is None:
        raise NotFound("user", user_id)
    occasions = await session.rows("lock_occasions_of_user", OccasionRow, id=user_id)
    deliveries = await session.rows("lock_deliveries_of_user", DeliveryRow, id=user_id)
    return Person(
        user.user(), {row.kind: row.occasion() for row in occasions}, recent([row.delivery() for row in deliveries])
    )


async def write_change(session: Session, person: Person, change: PersonChange) -> Person:
    """Write what changes, and return the person as stored; raises `EmailTaken`."""
    await _change_user(session, person.user, change.user)
    stay = [(kind, occasion.on.month) for kind, occasion in change.occasions.items()]
    await session.run("end_occasions", id=change.user.id, **columns(stay, "kinds", "months"))
    occasions = [occasion_columns(each, change.user.profile) for each in change.occasions.values()]
    await session.run("put_occasions", **columns(occasions, *OCCASION_COLUMNS))
    deliveries: Sequence[Delivery] = person.deliveries
    if change.moved or change.cancelled:
        await _move_and_cancel(session, change)
        rows = await session.rows("deliveries_of_user", DeliveryRow, id=change.user.id)
        deliveries = [row.delivery() for row in rows]
    return Person(change.user, change.occasions, recent(deliveries))


async def _change_user(session: Session, before: User, after: User) -> None:
    old, new = email_key(before.profile.email), email_key(after.profile.email)
    try:
        await session.run("change_user", **dict(zip(USER_VALUES, user_columns(after, new), strict=True)))
    except UniqueViolationError:
        raise EmailTaken(after.profile.email) from None
    if old != new:
        await session.run("remember_former_email", email_key=old, user_id=after.id)


async def _move_and_cancel(session: Session, change: PersonChange) -> None:
    if change.moved:
        moves = [(to.fire_at, to.expires_at) for to in change.moved.values()]
        await session.run(
            "follow_deliveries",
            **key_columns(change.moved),
            **columns(moves, "fires", "expiries"),
            timezone=change.user.profile.timezone,
        )
    if change.cancelled:
        reasons = list(change.cancelled.values())
        await session.run("cancel_deliveries", **key_columns(change.cancelled), reasons=reasons)
