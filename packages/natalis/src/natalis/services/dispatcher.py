"""The dispatcher: hands deliveries that are due to the queue, no faster than the rates and the queue allow."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from natalis.domain.events import Dispatched, Missed
from natalis.domain.rate import (
    Lane,
    Rate,
    WarmUp,
    admit,
    available,
    full_bucket,
    is_idle,
    open_lane,
    rate_of,
    spend,
    warmed,
)
from natalis.ports.clock import Clock
from natalis.ports.outbox import Disposal, Due, DueWindow, Outbox, Postponed, Queued
from natalis.ports.service import Step
from natalis.ports.telemetry import Telemetry
from natalis.ports.transport import Transport

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MANY_LANES = 10_000  # receiving domains remembered before idle ones are forgotten


@dataclass(frozen=True, slots=True)
class DispatcherOptions:
    """How fast, and how far ahead of the workers. Rates are per dispatcher: divide them by how many run.

    Attributes:
        batch: Deliveries in one transaction.
        tolerance: What fired longer ago than this is late.
        catch_up: How fast late deliveries go out; on-time ones come first and are not counted here. None for no limit.
        domain: How fast one receiving domain is written to; None for no limit.
        warm_up: The ramp on `domain`; None for the full rate at once.
        depth_limit: With this many keys waiting nothing more is published: what waits in the store can still be
            cancelled, moved and put in order.
        pause: How long to rest while the queue is full or the catch-up rate is used up; late deliveries go in lumps
            of this much of their rate.
        sweep: How often to look for deliveries whose catch-up window has passed.
    """

    batch: int = 1000
    tolerance: timedelta = timedelta(seconds=60)
    catch_up: Rate | None = field(default_factory=lambda: rate_of(1000))
    domain: Rate | None = None
    warm_up: WarmUp | None = None
    depth_limit: int = 10_000
    pause: timedelta = timedelta(milliseconds=100)
    sweep: timedelta = timedelta(seconds=1)


class Dispatcher:
    """Dispatches a batch at each step; any number may run.

    Args:
        outbox: The store's view of what is due.
        transport: The queue.
        clock: Tells the present.
        telemetry: Hears of `Dispatched` and `Missed`.
        options: How fast.
        handing: Returns a block around each publication, such as what traces it.
    """

    def __init__(
        self,
        outbox: Outbox,
        transport: Transport,
        clock: Clock,
        telemetry: Telemetry,
        options: DispatcherOptions | None = None,
        *,
        handing: Callable[[Sequence[Due]], contextlib.AbstractContextManager[object]] = contextlib.nullcontext,
    ) -> None:
        self._outbox = outbox
        self._transport = transport
        self._clock = clock
        self._telemetry = telemetry
        self._options = options or DispatcherOptions()
        self._handing = handing
        self._catch_up_rate = self._options.catch_up or rate_of(1e9)
        self._catch_up = full_bucket(self._catch_up_rate, now=clock.now())
        self._lanes: dict[str, Lane] = {}
        self._sweep_at = clock.now()

    @property
    def name(self) -> str:
        """`dispatcher`."""
        return "dispatcher"

    async def step(self) -> Step:
        """Mark what is too late, then publish a batch of what is due: on-time first, late at its capped rate."""
        now = self._clock.now()
        expired = await self._expire(now)
        room = self._options.depth_limit - await self._transport.depth()
        if room <= 0:
            return Step(worked=expired, wake_at=now + self._options.pause)
        marked = await self._dispatch(now, min(room, self._options.batch))
        if marked or expired:
            return Step(worked=True)
        return Step(worked=False, wake_at=await self._wake_at(now))

    async def drain(self) -> None:
        """Nothing is ever under way between two steps."""

    async def _expire(self, now: datetime) -> bool:
        if now < self._sweep_at:
            return False
        expired = await self._outbox.expire(now=now, limit=self._options.batch)
        if expired:
            self._telemetry.record(Missed(tuple(expired)))
        if len(expired) < self._options.batch:
            self._sweep_at = now + self._options.sweep
        return bool(expired)

    async def _dispatch(self, now: datetime, limit: int) -> int:
        window = DueWindow(now, limit, now - self._options.tolerance, self._late_limit(now))
        published: list[Due] = []

        async def publish(dues: Sequence[Due]) -> Sequence[Disposal]:
            disposals, lanes = decide(dues, self._lanes, self._domain_rate(now), grid=self._options.pause, now=now)
            published.extend(due for due, fate in zip(dues, disposals, strict=True) if isinstance(fate, Queued))
            with self._handing(published):
                await self._transport.publish([due.key for due in published])
            self._lanes |= lanes
            return disposals

        marked = await self._outbox.dispatch(window, publish)
        self._account(published, window)
        return len(marked)

    def _account(self, published: Sequence[Due], window: DueWindow) -> None:
        late = sum(due.fire_at < window.late_before for due in published)
        self._catch_up = spend(self._catch_up, self._catch_up_rate, late, now=window.now)
        if published:
            self._telemetry.record(Dispatched(len(published), late, published, window.now))
        if len(self._lanes) > _MANY_LANES and (rate := self._domain_rate(window.now)) is not None:
            self._lanes = {
                domain: lane for domain, lane in self._lanes.items() if not is_idle(lane, rate, now=window.now)
            }

    def _late_limit(self, now: datetime) -> int:
        rate = self._catch_up_rate
        lump = rate.per_second * self._options.pause.total_seconds()
        free = available(self._catch_up, rate, now=now)
        return free if free >= min(lump, rate.burst) else 0

    def _domain_rate(self, now: datetime) -> Rate | None:
        rate = self._options.domain
        return None if rate is None else warmed(rate, self._options.warm_up, now=now)

    async def _wake_at(self, now: datetime) -> datetime | None:
        due = await self._outbox.next_due()
        if due is None or due > now:
            return due
        return now + self._options.pause  # something is due that a rate holds back, or another dispatcher has it


def decide(
    dues: Sequence[Due], lanes: Mapping[str, Lane], rate: Rate | None, *, grid: timedelta, now: datetime
) -> tuple[list[Disposal], dict[str, Lane]]:
    """Say of each due delivery whether it goes now or when it comes again, and return the lanes it changed.

    Args:
        dues: What is due, in the order in which it should go.
        lanes: What is known of each receiving domain.
        rate: How fast one domain is written to; None for no limit.
        grid: Instants to come again are rounded up to multiples of this, so that few steps serve many domains.
        now: The present instant (UTC).
    """
    if rate is None:
        return [Queued(due.key) for due in dues], {}
    changed: dict[str, Lane] = {}
    disposals: list[Disposal] = []
    for due in dues:
        lane = changed.get(due.domain) or lanes.get(due.domain) or open_lane(rate, now=now)
        changed[due.domain], slot = admit(lane, rate, now=now)
        disposals.append(Queued(due.key) if slot is None else Postponed(due.key, _rounded_up(slot, grid)))
    return disposals, changed


def _rounded_up(instant: datetime, grid: timedelta) -> datetime:
    return instant + (_EPOCH - instant) % grid
