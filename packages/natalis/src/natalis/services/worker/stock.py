"""The stock: deliveries claimed a moment before there is a place for them, so that no call waits for the store.

A claim is also the last look at whether a message may be sent at all, so what is stocked must be called soon or not:
only as much is claimed ahead as came back within `SPAN`, and what has waited for `FRESH` goes back uncalled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from natalis.ports.clock import Clock
from natalis.ports.inbox import Claimed

SPAN = timedelta(milliseconds=100)
"""As many as came back within the last of these may be claimed ahead: about as long will they wait."""
FRESH = timedelta(milliseconds=250)
"""The longest that a claimed delivery waits for its call."""


@dataclass(frozen=True, slots=True)
class Stocked:
    """A claimed delivery whose call has not begun.

    Attributes:
        claimed: The delivery with its fence.
        lease_until: When its lease runs out (UTC).
        renew_at: When its lease wants renewing (UTC).
        stale_at: When it is too late to call, by the clock's monotonic time.
    """

    claimed: Claimed
    lease_until: datetime
    renew_at: datetime
    stale_at: timedelta


class Stock:
    """What is claimed and not called yet, first in first out.

    Args:
        most: How many may be claimed beyond the free places at the very most; 0 for none.
        clock: Measures how long they wait.
    """

    def __init__(self, most: int, clock: Clock) -> None:
        self._clock = clock
        self._stocked: deque[Stocked] = deque()
        self._returns: deque[timedelta] = deque(maxlen=most)

    def __len__(self) -> int:
        """Count what is stocked."""
        return len(self._stocked)

    def note_return(self) -> None:
        """Note that a call came back."""
        self._returns.append(self._clock.monotonic())

    def ahead(self) -> int:
        """Return how many may be claimed beyond the free places."""
        begin = self._clock.monotonic() - SPAN
        while self._returns and self._returns[0] < begin:
            self._returns.popleft()
        return len(self._returns)

    def put(self, claimed: Claimed, *, lease_until: datetime, renew_at: datetime) -> None:
        """Stock what was claimed just now."""
        self._stocked.append(Stocked(claimed, lease_until, renew_at, self._clock.monotonic() + FRESH))

    def held(self) -> Iterator[Claimed]:
        """Yield all of it, and leave it."""
        return (each.claimed for each in self._stocked)

    def take(self) -> Stocked:
        """Return the one that has waited longest."""
        return self._stocked.popleft()

    def take_stale(self) -> Iterator[Stocked]:
        """Yield what has waited too long."""
        while self._stocked and not self.is_fresh(self._stocked[0]):
            yield self._stocked.popleft()

    def take_all(self) -> Iterator[Stocked]:
        """Yield all of it."""
        while self._stocked:
            yield self._stocked.popleft()

    def is_fresh(self, stocked: Stocked) -> bool:
        """Whether it may still be called: in time, and surely under its lease."""
        return self._clock.monotonic() < stocked.stale_at and self._clock.now() < stocked.lease_until

    def stale_at(self) -> datetime | None:
        """Return when the first of it will have waited too long (UTC); None when there is none."""
        if not self._stocked:
            return None
        return self._clock.now() + (self._stocked[0].stale_at - self._clock.monotonic())
