"""What the provider accepted, and when: the only word that counts on whether deliveries flow."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

from natalis.mock_provider.server import Letter
from natalis.ports.clock import Clock

_LOOK = timedelta(milliseconds=10)


class NeverRecovered(AssertionError):
    """Deliveries did not flow again."""


class Witness:
    """Hears of every message that the provider accepts, and of everybody whom the API accepts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._moments: list[timedelta] = []
        self.accepted: dict[str, timedelta] = {}
        """When each address got its first message."""
        self.arrived: dict[str, timedelta] = {}
        """When each address was known to have been taken in."""
        self._fresh: list[tuple[timedelta, timedelta]] = []

    def delivered(self, letter: Letter) -> None:
        """Note a message that was accepted (the provider tells repeats apart)."""
        now = self._clock.monotonic()
        self._moments.append(now)
        if letter.email not in self.accepted:
            self.accepted[letter.email] = now
            if letter.email in self.arrived:
                self._fresh.append((self.arrived[letter.email], now))

    def took_in(self, email: str) -> None:
        """Note somebody whom the API took in."""
        self.arrived.setdefault(email, self._clock.monotonic())

    @property
    def waiting(self) -> int:
        """How many were taken in and have no message yet."""
        return len(self.arrived.keys() - self.accepted.keys())

    async def flow_since(self, moment: timedelta, *, within: timedelta) -> timedelta:
        """Return how long after `moment` the next message was accepted; raises `NeverRecovered`."""
        return await self._await(lambda: self._next_after(moment), moment, within)

    async def passage_since(self, moment: timedelta, *, within: timedelta) -> timedelta:
        """Return how long after `moment` somebody who came after it had their message; raises `NeverRecovered`."""
        checked = len(self._fresh)

        def first() -> timedelta | None:
            nonlocal checked
            while checked < len(self._fresh):
                came, served = self._fresh[checked]
                checked += 1
                if came >= moment:
                    return served
            return None

        return await self._await(first, moment, within)

    def longest_stall(self, begin: timedelta, end: timedelta) -> timedelta:
        """Return the longest time without an accepted message between two moments."""
        inside = self._moments[bisect_right(self._moments, begin) : bisect_right(self._moments, end)]
        moments = [begin, *inside, end]
        return max(later - earlier for earlier, later in pairwise(moments))

    def rate(self, begin: timedelta, end: timedelta) -> float:
        """Return how many messages a second were accepted between two moments."""
        count = bisect_right(self._moments, end) - bisect_right(self._moments, begin)
        return count / (end - begin).total_seconds()

    def _next_after(self, moment: timedelta) -> timedelta | None:
        place = bisect_right(self._moments, moment)
        return self._moments[place] if place < len(self._moments) else None

    async def _await(self, look: Callable[[], timedelta | None], since: timedelta, within: timedelta) -> timedelta:
        while (found := look()) is None:
            if self._clock.monotonic() - since > within:
                raise NeverRecovered(f"nothing was delivered within {within.total_seconds():g} s; {self.waiting} wait")
            await self._clock.sleep(_LOOK)
        return found - since
