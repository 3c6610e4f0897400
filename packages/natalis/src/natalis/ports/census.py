"""The census: how many people there are."""

from __future__ import annotations

from typing import Protocol


class Census(Protocol):
    """Counts people; for a gauge, so that it may be a second old."""

    async def living(self) -> int:
        """Count the users who have not been deleted. It costs time in proportion: ask now and then, not often."""
        ...
