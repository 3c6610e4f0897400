"""The ledger: what happened, what will, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from natalis.domain.delivery import Attempt, Delivery, DeliveryKey, Status
from natalis.domain.forecast import Cohort as Cohort  # noqa: PLC0414 - part of this contract
from natalis.domain.occasion import Occasion
from natalis.ports.page import Page


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries; every field narrows.

    Attributes:
        status: In this state.
        kind: Of this kind.
        user_id: Of this user.
        fire_from: Fires at or after this instant (UTC).
        fire_to: Fires before this instant (UTC).
    """

    status: Status | None = None
    kind: str | None = None
    user_id: str | None = None
    fire_from: datetime | None = None
    fire_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A message that will be sent: planned already (`delivery`), or still an occasion."""

    user_id: str
    full_name: str
    email: str
    kind: str
    occasion_date: str
    fire_at: datetime
    timezone: str
    planned: bool


class Ledger(Protocol):
    """Reads that bear a little lag."""

    async def page(self, wanted: DeliveryFilter, *, limit: int, cursor: str | None) -> Page[Delivery]:
        """List deliveries by fire time, earliest first."""
        ...

    async def get(self, key: DeliveryKey) -> tuple[Delivery, Sequence[Attempt]]:
        """Return a delivery with every attempt, first one first; raises `NotFound`."""
        ...

    async def upcoming(
        self, *, now: datetime, until: datetime, timezone: str | None, limit: int, cursor: str | None
    ) -> Page[Upcoming]:
        """List what will be sent from `now` until `until`, by fire time: pending deliveries and occasions."""
        ...

    async def cohorts(self, days: Collection[tuple[int, int]]) -> Sequence[Cohort]:
        """Count living people whose occasions fall on these (month, day) pairs, by all a fire time depends on."""

    async def tally(self) -> Mapping[Status, int]:
        """Count deliveries by status."""
        ...


@dataclass(frozen=True, slots=True)
class YearRecord:
    """Everything the store knows about one user, kind and year.

    Attributes:
        delivery: That year's delivery, if one was planned.
        attempts: Its attempts.
        occasion: The occasion as it stands today, if it still exists.
    """

    kind: str
    delivery: Delivery | None
    attempts: Sequence[Attempt]
    occasion: Occasion | None


class History(Protocol):
    """The raw material of `natalis why`."""

    async def find(self, email: str) -> Sequence[str]:
        """Return the ids of all users that have or had this address, the living one first; none that was erased."""

    async def year(self, user_id: str, year: int) -> Sequence[YearRecord]:
        """Return what happened to this user (living or deleted) in this year, a record per kind; raises `NotFound`."""
        ...
