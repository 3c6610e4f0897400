"""Reading and writing one person whole, within a transaction."""

from __future__ import annotations

from natalis.domain.person import Person, PersonChange
from natalis.domain.user import email_key
from natalis.errors import EmailTaken, NotFound
from natalis.stores.judgements import recent
from natalis.stores.sqlite.instants import stored
from natalis.stores.sqlite.rows import DeliveryRow, OccasionRow, UserRow, occasion_columns, user_columns
from natalis.stores.sqlite.session import Session, as_json


def load_person(session: Session, user_id: str) -> Person:
    """Return a living user with occasions and recent deliveries; raises `NotFound`."""
    found = session.row("living_user", UserRow, id=user_id)
    if found is None:
        raise NotFound("user", user_id)
    occasions = session.rows("occasions_of_user", OccasionRow, user_id=user_id)
    deliveries = [row.delivery() for row in session.rows("deliveries_of_user", DeliveryRow, user_id=user_id)]
    return Person(found.user(), {row.kind: row.occasion() for row in occasions}, recent(deliveries))


def write_change(session: Session, person: Person, change: PersonChange) -> None:
    """Write what changes; raises `EmailTaken`."""
    profile = change.user.profile
    _change_email(session, person, change)
    session.run("change_user", rows=as_json(user_columns(change.user, email_key(profile.email))))
    session.run("end_occasions", user_id=change.user.id, staying=as_json(change.occasions))
    session.run("put_occasions", rows=as_json(occasion_columns(each, profile) for each in change.occasions.values()))
    if change.moved:
        moved = [(str(key), stored(to.fire_at), stored(to.expires_at)) for key, to in change.moved.items()]
        session.run("follow_deliveries", rows=as_json(moved), timezone=profile.timezone)
    if change.cancelled:
        cancelled = [(str(key), reason) for key, reason in change.cancelled.items()]
        session.run("cancel_deliveries", rows=as_json(cancelled))


def _change_email(session: Session, person: Person, change: PersonChange) -> None:
    old, new = email_key(person.user.profile.email), email_key(change.user.profile.email)
    if old == new:
        return
    if session.row("holders_of_emails", UserRow, email_keys=as_json([new])) is not None:
        raise EmailTaken(change.user.profile.email)
    session.run("remember_former_email", email_key=old, user_id=person.user.id)
