"""A house to run services in: a real store, the embedded queue, a virtual clock and a recording provider."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count as count_from
from typing import TypeVar

from natalis.clocks.virtual import VirtualClock
from natalis.domain.delivery import Attempt, Delivery, DeliveryKey, Status
from natalis.domain.events import Event
from natalis.domain.message import Message
from natalis.domain.rulebook import Rulebook
from natalis.domain.user import Profile
from natalis.ports.inbox import Inbox
from natalis.ports.ledger import DeliveryFilter
from natalis.ports.service import Service
from natalis.ports.store import Store
from natalis.ports.transport import Transport
from natalis.services.dispatcher import Dispatcher, DispatcherOptions
from natalis.services.planner import Planner, PlannerOptions
from natalis.services.reaper import Reaper, ReaperOptions
from natalis.services.worker import Worker, WorkerOptions
from natalis.testing.builders import a_profile, a_rulebook, an_arrival
from natalis.testing.recording_provider import RecordingProvider
from natalis.transports.embedded import EmbeddedQueue, EmbeddedTransport

E = TypeVar("E")
EVE = datetime(2026, 6, 1, 12, tzinfo=UTC)
NINE = datetime(2026, 6, 2, 9, tzinfo=UTC)
"""When the birthdays fire that `planned`, `due` and `queued` make."""


@dataclass
class Recorder:
    """Telemetry that remembers."""

    events: list[Event] = field(default_factory=list)

    def record(self, event: Event) -> None:
        """Remember."""
        self.events.append(event)

    def of(self, kind: type[E]) -> list[E]:
        """Return the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


def plain_message(delivery: Delivery, profile: Profile, _since: int | None = None) -> Message:
    """Write a message without a template."""
    return Message(delivery.key, profile.email, "Today", f"Hey, {profile.full_name} it's your birthday")


@dataclass
class House:
    """Everything a service needs, and shorter ways to say what a test arranges and asserts."""

    store: Store
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(EVE))
    telemetry: Recorder = field(default_factory=Recorder)
    provider: RecordingProvider = field(default_factory=RecordingProvider)
    book: Rulebook = field(default_factory=a_rulebook)
    queue: EmbeddedQueue = field(default_factory=EmbeddedQueue)

    def __post_init__(self) -> None:
        self._numbers = count_from(1)
        self.transport: Transport = EmbeddedTransport(self.clock, self.queue)

    def planner(self, options: PlannerOptions | None = None, book: Rulebook | None = None) -> Planner:
        """Return a planner."""
        return Planner(self.store.plans, book or self.book, self.clock, self.telemetry, options)

    def dispatcher(self, options: DispatcherOptions | None = None, transport: Transport | None = None) -> Dispatcher:
        """Return a dispatcher."""
        return Dispatcher(self.store.outbox, transport or self.transport, self.clock, self.telemetry, options)

    def worker(
        self,
        options: WorkerOptions | None = None,
        *,
        inbox: Inbox | None = None,
        transport: Transport | None = None,
        write_message: Callable[[Delivery, Profile, int | None], Message] = plain_message,
        draw: float = 0.5,
    ) -> Worker:
        """Return a worker that never waits; its jitter always draws `draw`."""
        return Worker(
            inbox or self.store.inbox,
            transport or self.transport,
            self.provider,
            write_message=write_message,
            clock=self.clock,
            telemetry=self.telemetry,
            random=lambda: draw,
            options=options or worker_options(),
        )

    def reaper(self, options: ReaperOptions | None = None, transport: Transport | None = None) -> Reaper:
        """Return a reaper."""
        return Reaper(self.store.recovery, transport or self.transport, self.clock, self.telemetry, options)

    async def planned(self, count: int, *, domain: str = "example.org", timezone: str = "Etc/UTC") -> list[DeliveryKey]:
        """Return the deliveries of `count` more people whose birthday is the day after the eve."""
        people = [
            a_profile(email=f"person{next(self._numbers)}@{domain}", birthday="1990-06-02", timezone=timezone)
            for _ in range(count)
        ]
        arrivals = [an_arrival(profile, now=self.clock.now(), book=self.book) for profile in people]
        await self.store.people.add(arrivals)
        await run(self.planner())
        added = {arrival.user.id for arrival in arrivals}
        return [delivery.key for delivery in await self.deliveries() if delivery.key.user_id in added]

    async def due(self, count: int, *, domain: str = "example.org") -> list[DeliveryKey]:
        """Plan `count` deliveries and move on to the instant at which they are due."""
        keys = await self.planned(count, domain=domain)
        self.clock.advance_to(NINE)
        return keys

    async def queued(self, count: int) -> list[DeliveryKey]:
        """Let `count` deliveries become due and be dispatched."""
        keys = await self.due(count)
        await run(self.dispatcher())
        return keys

    async def deliveries(self, status: Status | None = None) -> list[Delivery]:
        """Return every delivery, by fire time."""
        found: list[Delivery] = []
        cursor: str | None = None
        while True:
            page = await self.store.ledger.page(DeliveryFilter(status=status), limit=500, cursor=cursor)
            found += page.items
            if (cursor := page.cursor) is None:
                return found

    async def delivery(self, key: DeliveryKey) -> Delivery:
        """Return one delivery."""
        return (await self.store.ledger.get(key))[0]

    async def attempts(self, key: DeliveryKey) -> Sequence[Attempt]:
        """Return its attempts."""
        return (await self.store.ledger.get(key))[1]

    async def tally(self) -> dict[str, int]:
        """Count deliveries by status, leaving out what there is none of."""
        return {str(status): count for status, count in (await self.store.ledger.tally()).items() if count}

    async def wait(self, duration: timedelta, *services: Service) -> None:
        """Let time pass second by second, with these services running."""
        until = self.clock.now() + duration
        while self.clock.now() < until:
            await run(*services)
            self.clock.advance_to(min(until, self.clock.now() + timedelta(seconds=1)))
        await run(*services)


def worker_options(**changes: object) -> WorkerOptions:
    """Return options of a worker that never waits in real time."""
    settings: dict[str, object] = {"worker_id": "worker-1", "patience": timedelta(0), "linger": timedelta(0)}
    return WorkerOptions(**{**settings, **changes})  # type: ignore[arg-type] # names are checked at run time


async def run(*services: Service) -> None:
    """Step services in turn until none has anything to do."""
    worked = True
    while worked:
        worked = any([(await service.step()).worked for service in services])
