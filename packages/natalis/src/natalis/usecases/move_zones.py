"""Move zones: show who moves under another release of the time-zone database, and move them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias

from natalis.domain.occasion import KindRule
from natalis.domain.planning import Plannable, Retime, decide_retime
from natalis.domain.rulebook import Rulebook
from natalis.errors import InvalidInput
from natalis.ports.cache import Cache
from natalis.ports.facts import Facts
from natalis.ports.plans import Plans
from natalis.ports.zones import Zones
from natalis.usecases import freshness

TZ_VERSION = "tz version"
"""The fact that names the release which the stored fire times were computed with."""
BATCH = 500  # occasions read, and written, in one transaction
PASSES = 5
"""Planners work on meanwhile, and a pass may come too late for an occasion: passes go on until one moves nothing."""


@dataclass(frozen=True, slots=True)
class Drift:
    """The stored fire times were computed with another release than the one that runs."""

    recorded: str
    running: str


@dataclass(frozen=True, slots=True)
class Move:
    """One message that goes out at another instant.

    Attributes:
        user_id: Whose it is.
        kind: Of which kind.
        timezone: The user's zone.
        occasion_date: Its date, which stays.
        before: The stored fire time (UTC).
        after: The fire time under this release (UTC).
        planned: Whether it is a pending delivery; otherwise the occasion's upcoming firing.
    """

    user_id: str
    kind: str
    timezone: str
    occasion_date: date
    before: datetime
    after: datetime
    planned: bool

    @property
    def by(self) -> timedelta:
        """How much later it fires; negative for earlier, zero when only the end of its lateness budget moves."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Stranded:
    """An occasion that cannot be computed under this release; it keeps its fire time until the planner sets it aside.

    Attributes:
        user_id: Whose it is.
        kind: Of which kind.
        timezone: The user's zone.
        reason: Why not, in a sentence.
    """

    user_id: str
    kind: str
    timezone: str
    reason: str


Effect: TypeAlias = Move | Stranded


@dataclass(frozen=True, slots=True)
class Applied:
    """What `apply` did.

    Attributes:
        version: The release that the store now records; None when planners kept overtaking and it must run again.
        occasions: How many occasions were written, each with its pending deliveries.
    """

    version: str | None
    occasions: int


class MoveZones:
    """Moves what is stored to the fire times that one release of the database gives.

    Args:
        plans: The occasions with their pending deliveries.
        facts: Where the release is recorded.
        cache: Where fire times may be kept that no longer hold.
        zones: The release to move to: the running one, or a newer one to preview.
        kinds: The rule of each kind, by name, as it stands today.
        batch: How many occasions one transaction reads or writes.
    """

    def __init__(
        self,
        plans: Plans,
        facts: Facts,
        cache: Cache,
        zones: Zones,
        kinds: Mapping[str, KindRule],
        *,
        batch: int = BATCH,
    ) -> None:
        self._plans = plans
        self._facts = facts
        self._cache = cache
        self._zones = zones
        self._book = Rulebook(kinds, zones.get)
        self._batch = batch

    async def recorded_version(self) -> str | None:
        """Return the release that the stored fire times were computed with; None in a store that was never started."""
        return await self._facts.get(TZ_VERSION)

    async def drift(self) -> Drift | None:
        """Say whether the stored fire times were computed with another release; a new store records this one."""
        recorded = await self._facts.put_new(TZ_VERSION, self._zones.version)
        return None if recorded == self._zones.version else Drift(recorded, self._zones.version)

    async def preview(self) -> AsyncIterator[Effect]:
        """Say what `apply` would move, occasion by occasion, and write nothing."""
        async for plannables in self._scan():
            for plannable in plannables:
                for effect in _effects(plannable, self._book):
                    yield effect

    async def apply(self) -> Applied:
        """Move everything, then record the release.

        Safe to repeat and to interrupt: each batch is a transaction, an occasion that has moved does not move again,
        and the release is recorded only after a pass that found nothing left to move.
        """
        written = 0
        for _ in range(PASSES):
            found, moved = await self._pass()
            written += moved
            if not found:
                await self._facts.put(TZ_VERSION, self._zones.version)
                return Applied(self._zones.version, written)
        return Applied(None, written)

    async def _pass(self) -> tuple[int, int]:
        found = moved = 0
        try:
            async for plannables in self._scan():
                decisions = (decide_retime(plannable, self._book) for plannable in plannables)
                retimes = [retime for retime in decisions if retime is not None]
                if retimes:
                    found += len(retimes)
                    moved += await self._plans.retime(retimes)
        finally:
            if found:
                await freshness.forget_fire_times(self._cache)
        return found, moved

    async def _scan(self) -> AsyncIterator[Sequence[Plannable]]:
        cursor: str | None = None
        while True:
            plannables, cursor = await self._plans.scan(after=cursor, limit=self._batch)
            yield plannables
            if cursor is None:
                return


def _effects(plannable: Plannable, book: Rulebook) -> Iterator[Effect]:
    occasion = plannable.occasion
    if occasion.quarantined is not None:
        return
    try:
        book.rule(occasion.kind)
        book.zone(plannable.timezone)
    except InvalidInput as fault:
        yield Stranded(occasion.user_id, occasion.kind, plannable.timezone, str(fault))
        return
    retime = decide_retime(plannable, book)
    if retime is not None:
        yield from _moves(retime)


def _moves(retime: Retime) -> Iterator[Move]:
    occasion, timezone = retime.plannable.occasion, retime.plannable.timezone
    old = {delivery.key: delivery.fire_at for delivery in retime.plannable.pending}
    for key, firing in retime.moved.items():
        yield Move(key.user_id, key.kind, timezone, key.occasion_date, old[key], firing.fire_at, planned=True)
    stored = occasion.upcoming
    if stored is not None and stored != retime.upcoming:
        yield Move(
            occasion.user_id,
            occasion.kind,
            timezone,
            retime.upcoming.occasion_date,
            stored.fire_at,
            retime.upcoming.fire_at,
            planned=False,
        )
