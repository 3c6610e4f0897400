"""The months of deliveries: partitions that are made ahead, made on demand at the latest, and dropped by retention."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import date, timedelta
from typing import TypeVar

from natalis.stores.postgres.engine import Engine
from natalis.stores.postgres.session import Row, Session

T = TypeVar("T")
_A_MONTH_AT_MOST = timedelta(days=31)


class _Made(Row):
    made: bool


def month_of(day: date) -> date:
    """Return the first day of a day's month."""
    return day.replace(day=1)


def month_after(month: date) -> date:
    """Return the first day of the month after a month's first day."""
    return month_of(month + _A_MONTH_AT_MOST)


class _MonthsMissing(Exception):
    """Something is to be written for months that are not known to exist."""

    def __init__(self, months: set[date]) -> None:
        super().__init__(months)
        self.months = months


class Months:
    """Knows which months there are; makes those that are missing.

    A month is made in a transaction of its own, so that what is written next finds it, and nobody waits for more than
    a moment: it is attached to the table, which readers and writers of other months do not notice.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: set[date] = set()

    def require(self, days: Iterable[date]) -> None:
        """Go on only where the months of these days exist; to be called inside `with_them`."""
        missing = {month_of(day) for day in days} - self._known
        if missing:
            raise _MonthsMissing(missing)

    async def with_them(self, act: Callable[[], Awaitable[T]]) -> T:
        """Do something that requires months; where some are missing, make them and do it again.

        They are not made in the middle of it: a transaction must not wait for a second connection of the same pool.
        """
        while True:
            try:
                return await act()
            except _MonthsMissing as error:
                for month in sorted(error.months):
                    await self.make(month)

    async def make(self, month: date) -> bool:
        """Make a month, given by its first day, unless it is there; say whether it was made."""

        async def work(session: Session) -> bool:
            row = await session.row("make_month", _Made, month=month)
            return row is not None and row.made

        made = await self._engine.once(work)
        self._known.add(month)
        return made
