"""Ids and positions in lists: users' ids are UUIDs, and a cursor may hold anything that somebody made up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from natalis.domain.delivery import DeliveryKey
from natalis.errors import InvalidInput
from natalis.stores.cursors import read_cursor, write_cursor
from natalis.stores.postgres.rows import is_id

LOWEST_ID = "00000000-0000-0000-0000-000000000000"
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
"""Before every instant."""
END = datetime(9999, 12, 31, tzinfo=UTC)
"""After every instant."""
_FIRST_DAY = date(1, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Position(NamedTuple):
    """A place in a list by fire time: after this delivery."""

    after_fire: datetime
    after_user: str = LOWEST_ID
    after_kind: str = ""
    after_date: date = _FIRST_DAY


def cursor_id(text: str) -> str:
    """Return the id in a cursor; raises `InvalidInput` when it is none."""
    if not is_id(text):
        raise _not_ours(text)
    return text


def write_position(fire_at: datetime, key: DeliveryKey) -> str:
    """Return the place after a delivery as a cursor."""
    return write_cursor((fire_at - _EPOCH) // _MICROSECOND, *map(str, key))


def read_position(cursor: str) -> Position:
    """Return the place in a cursor; raises `InvalidInput` when it is none."""
    microseconds, user_id, kind, day = read_cursor(cursor, tuple[int, str, str, str])
    try:
        return Position(
            _EPOCH + timedelta(microseconds=microseconds), cursor_id(user_id), kind, date.fromisoformat(day)
        )
    except (ValueError, OverflowError):
        raise _not_ours(cursor) from None


def _not_ours(text: str) -> InvalidInput:
    remedy = "give back the cursor of the page before, or none to begin at the start"
    return InvalidInput("cursor", f"{text[:40]!r} does not come from this list", remedy)
