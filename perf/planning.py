"""Planning a day in a store, timed: what the planner of `natalis up` does, on a clock that stands."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

from natalis.clocks.virtual import VirtualClock
from natalis.domain.events import Event
from natalis.domain.rulebook import Rulebook
from natalis.ports.store import Store
from natalis.runtime.kinds import DEFAULT_KINDS
from natalis.services.planner import Planner
from natalis.zones.pinned import TzdataZones


class _Silent:
    """Hears of everything and keeps nothing."""

    def record(self, event: Event) -> None:
        """Let it pass."""


async def seconds_to_plan(store: Store, day: date) -> float:
    """Plan all that fires within 24 hours of midnight UTC, in batches as the service does; return how long it took."""
    morning = datetime(day.year, day.month, day.day, tzinfo=UTC)
    await _plan_all(store, morning - timedelta(hours=36))  # those who come before are not to be timed
    begun = time.perf_counter()
    await _plan_all(store, morning)
    return time.perf_counter() - begun


async def _plan_all(store: Store, now: datetime) -> None:
    planner = Planner(store.plans, Rulebook(DEFAULT_KINDS, TzdataZones().get), VirtualClock(now), _Silent())
    while (await planner.step()).worked:
        pass
