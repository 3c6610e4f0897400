"""The reaper's view of the store: what was begun and never ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from natalis.domain.delivery import DeliveryKey


@dataclass(frozen=True, slots=True)
class Reaped:
    """What was given back.

    Attributes:
        leases: Deliveries whose worker died or stalled; their attempt ended `unknown`.
        lost: Deliveries that the queue no longer holds; no attempt was begun.
    """

    leases: Sequence[DeliveryKey]
    lost: Sequence[DeliveryKey]


class Recovery(Protocol):
    """Gives back what was begun and never ended."""

    async def reap(self, *, now: datetime, queued_before: datetime, hold: bool, limit: int) -> Reaped:
        """Return deliveries `sending` past their lease at `now`, and those `queued` since before `queued_before`.

        The former end their attempt as `unknown` and become `retrying`, due at once - or `failed`, to be looked at
        by a person,
        when `hold` says so (the provider does not recognise a repeated key). The latter become `scheduled`, due at
        once.
        """
        ...

    async def reclaim(self, *, now: datetime, hold: bool) -> Reaped:
        """Return everything begun by earlier processes, at once; only for a store that one process owns alone."""
        ...
