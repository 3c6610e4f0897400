"""What every store concludes alike from the deliveries that it has read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeAlias

from natalis.domain.delivery import SUPERSEDED, Delivery, DeliveryKey
from natalis.domain.lifecycle import PENDING

YEARS_KEPT_IN_VIEW = 2
Turn: TypeAlias = tuple[str, str, int]
"""A user, a kind and a year: for each of these there is at most one message."""


def turn_of(key: DeliveryKey) -> Turn:
    """Return the turn that a delivery is one of."""
    return (key.user_id, key.kind, key.occasion_date.year)


def taken_keys(keys: Iterable[DeliveryKey], deliveries: Iterable[Delivery]) -> set[DeliveryKey]:
    """Return those of `keys` that must not go out, because another delivery of the same turn did, may have, or will.

    Of several keys of one turn among `keys` themselves the first stays free.

    Args:
        keys: That are to go out.
        deliveries: All of their turns.
    """
    holders: dict[Turn, set[DeliveryKey]] = {}
    for delivery in deliveries:
        if delivery.uses_its_year or delivery.status in PENDING:
            holders.setdefault(turn_of(delivery.key), set()).add(delivery.key)
    taken: set[DeliveryKey] = set()
    for key in keys:
        own = holders.setdefault(turn_of(key), set())
        if own - {key}:
            taken.add(key)
        own.add(key)
    return taken


def most_telling(deliveries: Iterable[Delivery]) -> dict[str, Delivery]:
    """Return one delivery for each kind: a change of date can leave superseded ones beside the one that counts."""
    found: dict[str, Delivery] = {}
    for delivery in deliveries:
        known = found.get(delivery.key.kind)
        if known is None or _weight(delivery) >= _weight(known):
            found[delivery.key.kind] = delivery
    return found


def recent(deliveries: Collection[Delivery]) -> tuple[Delivery, ...]:
    """Return those at most two years older than the newest, by occasion date; nothing here knows today's date."""
    ordered = sorted(deliveries, key=lambda delivery: (delivery.key.occasion_date, delivery.key))
    if not ordered:
        return ()
    first_year = ordered[-1].key.occasion_date.year - YEARS_KEPT_IN_VIEW
    return tuple(delivery for delivery in ordered if delivery.key.occasion_date.year >= first_year)


def _weight(delivery: Delivery) -> tuple[bool, bool, bool]:
    return (delivery.uses_its_year, delivery.status in PENDING, delivery.reason != SUPERSEDED)
