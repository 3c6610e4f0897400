"""The rule that no user gets two messages of one kind for one year, as the store enforces it."""

from __future__ import annotations

from collections.abc import Collection

from natalis.domain.delivery import DeliveryKey
from natalis.stores.judgements import taken_keys, turn_of
from natalis.stores.postgres.rows import DeliveryRow
from natalis.stores.postgres.session import Session, columns


async def keys_whose_year_is_taken(session: Session, keys: Collection[DeliveryKey]) -> set[DeliveryKey]:
    """Return those of `keys` that must not go out, because another delivery of the same year did, may have, or will.

    Of several keys of one user, kind and year among `keys` themselves the first stays free.
    """
    if not keys:
        return set()
    turns = sorted({turn_of(key) for key in keys})
    rows = await session.rows("deliveries_in_years", DeliveryRow, **columns(turns, "user_ids", "kinds", "years"))
    return taken_keys(keys, (row.delivery() for row in rows))
