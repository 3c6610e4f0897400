"""The operator's view of the store: retry, cancel, replay."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from natalis.domain.delivery import Delivery, DeliveryKey, Status
from natalis.ports.ledger import DeliveryFilter


class Desk(Protocol):
    """Moves that a person asks for; each obeys `domain/lifecycle.py`."""

    async def move(self, key: DeliveryKey, to: Status, *, now: datetime, expires_at: datetime, reason: str) -> Delivery:
        """Move one delivery, by compare-and-set.

        To `scheduled` it becomes due at `now`, with its attempts counted from 0 again and until `expires_at`.
        Raises `NotFound` or `IllegalTransition`.
        """
        ...

    async def replay(self, wanted: DeliveryFilter, *, now: datetime, expires_at: datetime, limit: int) -> int:
        """Schedule up to `limit` of the matching `failed` and `missed` deliveries again; return how many."""
        ...
