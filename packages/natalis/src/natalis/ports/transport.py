"""The queue between dispatcher and workers: it carries keys, and holds only what is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from natalis.domain.delivery import DeliveryKey


@dataclass(frozen=True, slots=True)
class Parcel:
    """A key as received, with the receipt to acknowledge it by."""

    key: DeliveryKey
    receipt: object


class Transport(Protocol):
    """At-least-once carriage of delivery keys; every call may raise `TransportUnavailable`."""

    async def publish(self, keys: Sequence[DeliveryKey]) -> None:
        """Return once every key is safely in the queue."""
        ...

    async def receive(self, limit: int, *, patience: timedelta) -> Sequence[Parcel]:
        """Return up to `limit` keys as soon as there is one; empty after `patience`."""
        ...

    async def ack(self, parcels: Sequence[Parcel]) -> None:
        """The store knows about these now: the queue may forget them."""
        ...

    async def depth(self) -> int:
        """Return how many keys wait."""
        ...

    async def close(self) -> None:
        """Let go; keys that were received and not acknowledged go back to the queue."""
        ...
