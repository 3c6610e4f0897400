"""The clock: the only way to learn the time or to wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits; every wait in Natalis goes through one."""

    def now(self) -> datetime:
        """Return the present instant (UTC, aware)."""
        ...

    def monotonic(self) -> timedelta:
        """Return the time since some fixed point; never steps back. For durations."""
        ...

    async def sleep(self, duration: timedelta) -> None:
        """Wait this long; zero or less only yields to others."""
        ...
