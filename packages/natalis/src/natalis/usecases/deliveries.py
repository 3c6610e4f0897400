"""Deliveries: list and show them, and move by hand the ones that an operator wants sent again, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from natalis.domain.delivery import Attempt, Delivery, DeliveryKey, Status
from natalis.domain.lifecycle import REPLAYABLE, check_move_by_hand
from natalis.domain.occasion import KindRule, Within
from natalis.domain.replay import replay_deadline
from natalis.domain.rulebook import Rulebook
from natalis.errors import IllegalTransition, InvalidInput, NotFound
from natalis.ports.cache import Cache
from natalis.ports.clock import Clock
from natalis.ports.desk import Desk
from natalis.ports.ledger import DeliveryFilter, Ledger
from natalis.ports.page import Page
from natalis.usecases import freshness
from natalis.usecases.paging import DEFAULT_LIMIT, LARGEST_LIMIT, check_limit, check_range

RETRIED = "retried by an operator"
CANCELLED = "cancelled by an operator"
LARGEST_REPLAY = 100_000
SETTLED_AFTER = timedelta(days=2)  # by then every default lateness budget is spent: rows hardly change

Shown: TypeAlias = tuple[Delivery, Sequence[Attempt]]


class ManageDeliveries:
    """What an operator may see of deliveries and do with them.

    Args:
        ledger: Where they are read.
        desk: Where they are moved.
        cache: Keeps lists of the past for a minute.
        clock: Tells the time.
        book: The rules of every kind, and the zones.
    """

    def __init__(self, ledger: Ledger, desk: Desk, cache: Cache, clock: Clock, book: Rulebook) -> None:
        self._ledger = ledger
        self._desk = desk
        self._cache = cache
        self._clock = clock
        self._book = book

    async def list(
        self, wanted: DeliveryFilter | None = None, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[Delivery]:
        """List deliveries by fire time, earliest first.

        A list that ends (`fire_to`) more than two days ago may be a minute old; every other is fresh, because
        deliveries move without anyone asking.

        Raises:
            InvalidInput: The limit (1 to 500) or the cursor cannot be right.
        """
        size, sought = check_limit(limit), wanted or DeliveryFilter()

        async def load() -> Page[Delivery]:
            return await self._ledger.page(sought, limit=size, cursor=cursor)

        if sought.fire_to is None or sought.fire_to > self._clock.now() - SETTLED_AFTER:
            return await load()
        key = f"{freshness.DELIVERY_LISTS}{size}:{cursor or ''}:{astuple(sought)}"
        return await self._cache.fetch(key, freshness.DELIVERY, load)

    async def show(self, key: DeliveryKey) -> Shown:
        """Return a delivery with every attempt, first one first.

        Raises:
            NotFound: There is no such delivery.
        """
        return await self._ledger.get(key)

    async def tally(self) -> Mapping[Status, int]:
        """Count deliveries by status; at most five seconds old."""
        return await self._cache.fetch(f"{freshness.DELIVERY_LISTS}tally", freshness.TALLY, self._ledger.tally)

    async def retry(self, key: DeliveryKey) -> Delivery:
        """Schedule a `failed` or `missed` delivery again, due now, with a new window of its kind's lateness.

        Raises:
            NotFound: There is no such delivery.
            IllegalTransition: It is neither failed nor missed.
            InvalidInput: Its kind is no longer configured.
        """
        delivery, _ = await self._ledger.get(key)
        moved = await self._retry(delivery, self._clock.now())
        await freshness.forget_deliveries(self._cache)
        return moved

    async def cancel(self, key: DeliveryKey) -> Delivery:
        """Cancel a delivery that is not being sent; no other of its year will be made in its place.

        Raises:
            NotFound: There is no such delivery.
            IllegalTransition: It has ended, or is being sent this moment.
        """
        delivery, _ = await self._ledger.get(key)
        check_move_by_hand(str(key), delivery.status, Status.CANCELLED)
        moved = await self._desk.move(
            key, Status.CANCELLED, now=self._clock.now(), expires_at=delivery.expires_at, reason=CANCELLED
        )
        await freshness.forget_deliveries(self._cache)
        return moved

    async def replay(self, wanted: DeliveryFilter, *, limit: int = 1000) -> int:
        """Schedule up to `limit` of the matching `failed` and `missed` deliveries again; return how many.

        Each gets a new window of its kind's lateness budget from now.

        Raises:
            InvalidInput: The limit (1 to 100,000), the status or the kind cannot be right.
        """
        left = check_range(limit, 1, LARGEST_REPLAY, field="limit")
        if wanted.status not in {None, *REPLAYABLE}:
            raise InvalidInput("status", f"a {wanted.status} delivery cannot be replayed", "use failed or missed")
        rules = list(self._book.kinds.values()) if wanted.kind is None else [self._book.rule(wanted.kind)]
        now, replayed = self._clock.now(), 0
        for rule in rules:
            replayed += await self._replay(replace(wanted, kind=rule.kind), rule, now, left - replayed)
        await freshness.forget_deliveries(self._cache)
        return replayed

    async def _replay(self, wanted: DeliveryFilter, rule: KindRule, now: datetime, limit: int) -> int:
        if limit == 0:
            return 0
        if isinstance(rule.lateness, Within):
            expires_at = now + rule.lateness.budget
            return await self._desk.replay(wanted, now=now, expires_at=expires_at, limit=limit)
        statuses = sorted(REPLAYABLE) if wanted.status is None else [wanted.status]
        replayed = 0
        for status in statuses:
            replayed += await self._replay_singly(replace(wanted, status=status), now, limit - replayed)
        return replayed

    async def _replay_singly(self, wanted: DeliveryFilter, now: datetime, limit: int) -> int:
        """Retry one by one: until a local time, the deadline differs with the zone."""
        replayed, cursor = 0, None
        while replayed < limit:
            page = await self._ledger.page(wanted, limit=min(LARGEST_LIMIT, limit - replayed), cursor=cursor)
            replayed += sum([await self._retried(delivery, now) for delivery in page.items])
            cursor = page.cursor
            if cursor is None:
                break
        return replayed

    async def _retried(self, delivery: Delivery, now: datetime) -> bool:
        try:
            await self._retry(delivery, now)
        except (NotFound, IllegalTransition):  # it moved since it was listed
            return False
        return True

    async def _retry(self, delivery: Delivery, now: datetime) -> Delivery:
        check_move_by_hand(str(delivery.key), delivery.status, Status.SCHEDULED)
        rule, zone = self._book.rule(delivery.key.kind), self._book.zone(delivery.timezone)
        expires_at = replay_deadline(rule, zone, now=now)
        return await self._desk.move(delivery.key, Status.SCHEDULED, now=now, expires_at=expires_at, reason=RETRIED)
