"""One rate for a client, however many processes it calls: each admits by itself and settles with the others soon after.

No request waits for another process. So the others learn of a burst a little late, and up to as many bursts as there
are processes may pass in that time.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from natalis.api.rate import RateLimit, RateLimiter
from natalis.ports.buckets import Buckets
from natalis.ports.clock import Clock
from natalis.ports.service import Step

EVERY = timedelta(milliseconds=100)


class SharedRateLimiter:
    """Counts the requests of each client; a service, whose steps settle with the other processes.

    Args:
        limit: What each client may do in the whole fleet.
        buckets: What the fleet draws from; while they are away each process goes by its own.
        clock: Says when to settle.
        every: How often.
    """

    def __init__(self, limit: RateLimit, buckets: Buckets, clock: Clock, *, every: timedelta = EVERY) -> None:
        self._limit = limit
        self._buckets = buckets
        self._clock = clock
        self._every = every
        self._own = RateLimiter(limit)
        self._spent: Counter[str] = Counter()
        self._due = clock.now()

    @property
    def name(self) -> str:
        """What logs and health call it."""
        return "shared-rate"

    def admit(self, client: str, now: timedelta) -> timedelta | None:
        """Count a request at `now` (a monotonic time); return None when it may go on, else how long to wait."""
        wait = self._own.admit(client, now)
        if wait is None:
            self._spent[client] += 1
        return wait

    async def step(self) -> Step:
        """Settle, when it is time and there is something to settle."""
        now = self._clock.now()
        if now >= self._due:
            self._due = now + self._every
            spent, self._spent = self._spent, Counter()
            if spent:
                self._own.lower(await self._left(spent))
        return Step(worked=False, wake_at=self._due)

    async def drain(self) -> None:
        """What is not settled is forgotten with this process."""

    async def _left(self, spent: Counter[str]) -> dict[str, float]:
        per_second, burst = self._limit.per_second, self._limit.burst
        left = await self._buckets.spend(dict(spent), per_second=per_second, burst=burst)
        # What was admitted here meanwhile is missing there; and no debt lasts longer than a full bucket takes to fill.
        return {client: max(-burst, level - self._spent[client]) for client, level in left.items()}
