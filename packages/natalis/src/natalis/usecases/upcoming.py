"""Upcoming: what will be sent, and when."""

from __future__ import annotations

from datetime import timedelta

from natalis.domain.calendar import ZoneLookup
from natalis.ports.cache import Cache
from natalis.ports.clock import Clock
from natalis.ports.ledger import Ledger, Upcoming
from natalis.ports.page import Page
from natalis.usecases import freshness
from natalis.usecases.paging import DEFAULT_LIMIT, check_limit, check_range

FARTHEST = 366  # days


class ListUpcoming:
    """Lists what will be sent from now on.

    Args:
        ledger: Where it is read.
        cache: Keeps a timeline for five minutes.
        clock: Tells the time.
        zone: Knows the zones.
    """

    def __init__(self, ledger: Ledger, cache: Cache, clock: Clock, zone: ZoneLookup) -> None:
        self._ledger = ledger
        self._cache = cache
        self._clock = clock
        self._zone = zone

    async def list(
        self, *, days: int = 7, timezone: str | None = None, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[Upcoming]:
        """List by fire time what will be sent within `days` days (1 to 366), of one zone or of all.

        Raises:
            InvalidInput: The days, the limit or the cursor cannot be right.
            UnknownZone: There is no such zone.
        """
        span = timedelta(days=check_range(days, 1, FARTHEST, field="days"))
        size = check_limit(limit)
        if timezone is not None:
            self._zone(timezone)

        async def load() -> Page[Upcoming]:
            now = self._clock.now()
            return await self._ledger.upcoming(now=now, until=now + span, timezone=timezone, limit=size, cursor=cursor)

        key = f"{freshness.TIMELINES}upcoming:{days}:{size}:{timezone or ''}:{cursor or ''}"
        return await self._cache.fetch(key, freshness.TIMELINE, load)
