"""Token buckets that every process of a fleet draws from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Buckets(Protocol):
    """One bucket for each client, the same for all processes; never the cause of an error."""

    async def spend(self, spent: Mapping[str, float], *, per_second: float, burst: float) -> Mapping[str, float]:
        """Take from buckets, and return what is left in each: less than nothing when more went than there was.

        Args:
            spent: How many tokens, by client.
            per_second: How fast a bucket fills; above 0.
            burst: What a full one holds.

        Returns:
            What is left, by client; empty when nobody knows.
        """
        ...
