"""Upkeep: months are made ahead of their time, and what is past its retention is let go of.

A month leaves as a whole: it is detached while others go on reading and writing, and dropped. Nothing is deleted row
by row, so nothing has to be vacuumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from natalis.errors import InvalidInput
from natalis.stores.postgres.address import Address
from natalis.stores.postgres.engine import Engine
from natalis.stores.postgres.lone import connected
from natalis.stores.postgres.migrating import STAY, yes
from natalis.stores.postgres.months import Months, month_after, month_of
from natalis.stores.postgres.session import Row, Session

MONTHS_AHEAD = 3
SHORTEST_RETENTION = timedelta(days=366)
"""Whether a message of the same year went out must be known for a year."""
_BATCH = 1_000


class _Month(Row):
    name: str
    parent: str | None
    detaching: bool
    first_day: date


class Upkeep:
    """Looks after the months of one database.

    Args:
        engine: The database.
        months: The months that are known to exist.
        address: Where it is: to detach a month takes a connection of its own.
    """

    def __init__(self, engine: Engine, months: Months, address: Address) -> None:
        self._engine = engine
        self._months = months
        self._address = address

    async def maintain(self, *, today: date, keep: timedelta | None) -> Sequence[str]:
        """Do what there is to do, unless another process is at it; return what was done, a sentence each.

        Args:
            today: By the clock of whoever calls.
            keep: For how long deliveries are kept after their month has ended; None keeps them for ever.

        Raises:
            InvalidInput: `keep` is too short.
            StoreUnavailable: The server cannot be reached.
        """
        if keep is not None and keep < SHORTEST_RETENTION:
            remedy = f"keep deliveries for {SHORTEST_RETENTION.days} days or more"
            raise InvalidInput("retention", "is too short: it must be known who had a message this year", remedy)
        async with connected(self._address) as guard, guard.transaction():
            if not await yes(Session(guard), "lock_maintenance"):
                return ()
            await guard.execute(STAY)
            done = [f"made {month:%Y-%m}" for month in _ahead(today) if await self._months.make(month)]
            await self._forget("forget_requests", now=datetime.combine(today, time(), UTC))
            return done if keep is None else done + await self._let_go(today - keep)

    async def _let_go(self, before: date) -> list[str]:
        first_kept = month_of(before)
        done = []
        async with connected(self._address) as connection:
            session = Session(connection)
            for month in await session.rows("months_before", _Month, day=first_kept):
                if month.parent is not None and await yes(session, "live_in_month", first_day=month.first_day):
                    done.append(f"kept {month.name}: some of its deliveries have not ended")
                else:
                    await _drop(session, month)
                    done.append(f"dropped {month.name}")
        await self._forget("forget_feedback", day=first_kept)
        return done

    async def _forget(self, query: str, **values: object) -> None:
        while await self._engine.once(lambda session: session.run(query, limit=_BATCH, **values)) == _BATCH:
            pass


async def _drop(session: Session, month: _Month) -> None:
    if month.parent is not None:
        query = "finish_detaching" if month.detaching else "detach_month"
        await session.run_script(query, parent=month.parent, name=month.name)
    await session.run_script("drop_month", name=month.name)


def _ahead(today: date) -> Iterator[date]:
    month = month_of(month_of(today) - timedelta(days=1))  # in the west it may still be yesterday
    for _ in range(2 + MONTHS_AHEAD):
        yield month
        month = month_after(month)
