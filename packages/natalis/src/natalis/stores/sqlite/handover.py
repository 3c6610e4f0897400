"""Deliveries that are published but not yet marked: a worker may be quicker than the mark.

Publishing comes before marking, so that a crash in between publishes again instead of forgetting. A queue in the same
process can hand a key to a worker before the mark is written; that worker must not be told "not queued", or the
delivery would wait for the reaper. So the dispatcher names here what it is publishing, a claim makes the move to
`queued` itself for such a key, and the dispatcher then leaves it alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from natalis.domain.delivery import DeliveryKey


class Handover:
    """What is between publication and mark, in this process: the only one that dispatches on this file."""

    def __init__(self) -> None:
        self._under_way: set[DeliveryKey] = set()
        self._taken: set[DeliveryKey] = set()

    @contextmanager
    def publishing(self, keys: Collection[DeliveryKey]) -> Iterator[None]:
        """Hold these keys as under way."""
        self._under_way.update(keys)
        try:
            yield
        finally:
            self._under_way.difference_update(keys)
            self._taken.difference_update(keys)

    def under_way(self, keys: Collection[DeliveryKey]) -> list[DeliveryKey]:
        """Return those of `keys` whose mark is still to come."""
        return [key for key in keys if key in self._under_way and key not in self._taken]

    def take(self, keys: Collection[DeliveryKey]) -> None:
        """Note that a worker made the mark."""
        self._taken.update(keys)

    def taken(self, keys: Collection[DeliveryKey]) -> set[DeliveryKey]:
        """Return those of `keys` whose mark a worker made."""
        return self._taken.intersection(keys)
