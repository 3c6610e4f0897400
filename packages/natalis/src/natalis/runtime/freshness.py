"""Freshness: what this process cached is forgotten when another one - a command, an import - wrote to its SQLite file.

Processes of a fleet need none: through Redis they forget together, and without it they keep nothing for long
(`runtime/adapters.py`).
"""

from __future__ import annotations

from datetime import timedelta

from natalis.ports.cache import Cache
from natalis.ports.clock import Clock
from natalis.ports.service import Step
from natalis.ports.store import Changes

EVERY = timedelta(seconds=1)


class Freshness:
    """Looks once a second whether others wrote; a reader of the cache lags behind them by no more than that."""

    def __init__(self, changes: Changes, cache: Cache, clock: Clock) -> None:
        self._changes = changes
        self._cache = cache
        self._clock = clock
        self._due = clock.now()

    @property
    def name(self) -> str:
        """What logs and health call it."""
        return "freshness"

    async def step(self) -> Step:
        """Look, when it is time."""
        now = self._clock.now()
        if not now < self._due <= now + EVERY:  # further off: the clock was set back
            self._due = now + EVERY
            if await self._changes.changed_elsewhere():
                await self._cache.invalidate("*")
        return Step(worked=False, wake_at=self._due)

    async def drain(self) -> None:
        """Nothing is under way between steps."""
