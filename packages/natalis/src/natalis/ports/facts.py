"""Small durable facts: the tz version, import checkpoints, the link secret, feedback."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from natalis.domain.delivery import DeliveryKey


class Facts(Protocol):
    """A few named texts that must outlive the process."""

    async def get(self, name: str) -> str | None:
        """Return a fact."""
        ...

    async def put(self, name: str, text: str) -> None:
        """Store a fact, durably."""
        ...

    async def put_new(self, name: str, text: str) -> str:
        """Store a fact unless there is one; return the one that stands."""
        ...


class Feedback(Protocol):
    """Recipients' ratings, one per delivery, the latest wins."""

    async def rate(self, key: DeliveryKey, rating: int, *, now: datetime) -> None:
        """Store a rating of 1 to 5; raises `NotFound` when there is no such delivery."""
        ...

    async def mean(self) -> tuple[float, int]:
        """Return the mean rating and how many there are; (0.0, 0) without any."""
        ...
