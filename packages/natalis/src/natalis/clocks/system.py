"""The machine's clock: nothing else in Natalis asks the operating system for the time."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The real time, and real waits."""

    def now(self) -> datetime:
        """Return the present instant (UTC)."""
        return datetime.now(UTC)  # noqa: TID251 - this is the one place

    def monotonic(self) -> timedelta:
        """Return the time since some fixed point, to the microsecond."""
        return timedelta(microseconds=time.monotonic_ns() // 1000)

    async def sleep(self, duration: timedelta) -> None:
        """Wait this long."""
        await asyncio.sleep(max(0.0, duration.total_seconds()))  # noqa: TID251 - this is the one place
