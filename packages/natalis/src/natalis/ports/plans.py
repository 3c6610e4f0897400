"""The planner's view of the store: occasions whose time comes within the horizon."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from natalis.domain.occasion import Firing
from natalis.domain.planning import Decision, Plannable, Retime


class Plans(Protocol):
    """Occasions to be planned; any number of planners may call at once and never get the same one."""

    async def plan(
        self,
        *,
        until: datetime,
        limit: int,
        now: datetime,
        decide: Callable[[Sequence[Plannable]], Sequence[Decision]],
    ) -> Sequence[Decision]:
        """Claim up to `limit` occasions that fire at or before `until`, decide, and write, in one transaction.

        A delivery that already exists under the same key stays as it is, except that one cancelled as `SUPERSEDED`
        is scheduled again. A delivery is not made when another of the same user, kind and year `uses_its_year`.
        Returns what was written.
        """
        ...

    async def scan(self, *, after: str | None, limit: int) -> tuple[Sequence[Plannable], str | None]:
        """Read occasions in a stable order, with the cursor to go on from (None at the end)."""
        ...

    async def retime(self, moves: Sequence[Retime]) -> int:
        """Write new fire times where the occasion still has the old one, pending deliveries included.

        Returns how many occasions were written.
        """
        ...

    async def quarantined(self, *, limit: int, cursor: str | None) -> tuple[Sequence[Plannable], str | None]:
        """List occasions that are set aside (their `occasion.quarantined` says why)."""
        ...

    async def release(self, user_id: str, kind: str, upcoming: Firing) -> None:
        """Take an occasion out of quarantine; raises `NotFound`."""
        ...
