"""How the work of a scenario is divided among parts: by index, so that parts together do exactly the whole. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Part(NamedTuple):
    """One of several equal parts of a run: an engine of a shard.

    Attributes:
        number: From 0 on.
        of: How many there are.
    """

    number: int = 0
    of: int = 1

    def share(self, total: int) -> int:
        """Return how many of the indices 0 to `total - 1` are this part's: those that are `number` modulo `of`."""
        return max(0, (total - self.number + self.of - 1) // self.of)

    def indices(self, total: int) -> range:
        """Return which of the indices below `total` are this part's."""
        return range(self.number, total, self.of)
