"""Forecast: how many messages each minute of a date will ask for, and where that exceeds a provider's limit."""

from __future__ import annotations

import asyncio
from datetime import date

from natalis.domain.forecast import DayForecast, dates_behind, forecast_day
from natalis.domain.rulebook import Rulebook
from natalis.errors import InvalidInput
from natalis.ports.cache import Cache
from natalis.ports.ledger import Ledger
from natalis.usecases import freshness
from natalis.usecases.paging import check_range

FIRST_YEAR, LAST_YEAR = 1970, 2100


class ForecastDay:
    """Counts what a date will ask for, with today's people and rules.

    Args:
        ledger: Counts people by all a fire time depends on.
        cache: Keeps a forecast for five minutes.
        book: The rules of every kind, and the zones.
    """

    def __init__(self, ledger: Ledger, cache: Cache, book: Rulebook) -> None:
        self._ledger = ledger
        self._cache = cache
        self._book = book

    async def on(self, day: date, *, limit: float | None = None) -> DayForecast:
        """Forecast a date (UTC) from 1970 to 2100.

        Args:
            day: The date.
            limit: Messages a second that the provider takes; None for no limit.

        Raises:
            InvalidInput: The date or the limit is out of range.
        """
        check_range(day.year, FIRST_YEAR, LAST_YEAR, field="date")
        if limit is not None and not 0 < limit < float("inf"):
            raise InvalidInput("limit", f"{limit} is not a rate", "use messages per second, above 0")

        async def load() -> DayForecast:
            cohorts = await self._ledger.cohorts(dates_behind(day, self._book))
            # beside the event loop: thousands of cohorts take tens of milliseconds, and other callers wait
            return await asyncio.to_thread(forecast_day, day, cohorts, self._book, limit=limit)

        return await self._cache.fetch(f"{freshness.TIMELINES}forecast:{day}:{limit}", freshness.TIMELINE, load)
