"""The rule that no user gets two messages of one kind for one year, as the store enforces it."""

from __future__ import annotations

from collections.abc import Collection

from natalis.domain.delivery import DeliveryKey
from natalis.stores.judgements import taken_keys
from natalis.stores.sqlite.rows import DeliveryRow
from natalis.stores.sqlite.session import Session, as_json


def keys_whose_year_is_taken(session: Session, keys: Collection[DeliveryKey]) -> set[DeliveryKey]:
    """Return those of `keys` that must not go out, because another delivery of the same year did, may have, or will.

    Of several keys of one user, kind and year among `keys` themselves the first stays free.
    """
    prefixes = as_json({_prefix(key) for key in keys})
    rows = session.rows("deliveries_in_years", DeliveryRow, prefixes=prefixes)
    return taken_keys(keys, (row.delivery() for row in rows))


def _prefix(key: DeliveryKey) -> str:
    return f"{key.user_id}:{key.kind}:{key.occasion_date.year:04d}-"
