"""The demo's driver: a year of real people on a virtual clock, through the real store and the real services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from natalis.clocks.virtual import VirtualClock
from natalis.domain.delivery import DeliveryKey, Status
from natalis.domain.message import Message
from natalis.domain.outcome import Delivered
from natalis.domain.rulebook import Rulebook
from natalis.domain.user import Profile
from natalis.ports.people_file import PeopleFile
from natalis.ports.service import Service
from natalis.ports.store import Store
from natalis.usecases.import_people import ImportPeople
from natalis.usecases.import_result import Progress, Wanted

START = datetime(2027, 1, 1, 11, tzinfo=UTC)
"""When every calendar from Guam to Pago Pago reads 1 January. 2027 is a common year: 29 February becomes the 28th."""
YEAR = timedelta(days=365)
_PAGE = 500  # users read at once
_IDLE_ROUNDS = 3  # a call that was begun in one round has landed by the next but one


@dataclass(frozen=True, slots=True)
class Carried:
    """One message as the provider received it.

    Attributes:
        profile: Who it was for.
        at: When it arrived (UTC).
        local: The same instant on the recipient's wall clock.
        on_time: Whether that is their send time, on their day, to within the kind's tolerance.
    """

    profile: Profile
    at: datetime
    local: datetime
    on_time: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """What the year came to.

    Attributes:
        imported: People in the store.
        planned: Deliveries in the store.
        sent: People, kinds and years for which the provider received a message.
        late: Messages that the provider received at any time but their recipient's send time.
        missed: Deliveries whose catch-up window passed.
        failed: Deliveries that were given up.
        duplicates: Messages beyond the first for the same person, kind and year, whatever their key.
    """

    imported: int
    planned: int
    sent: int
    late: int
    missed: int
    failed: int
    duplicates: int

    @property
    def is_perfect(self) -> bool:
        """Whether everyone had one message, at their hour."""
        all_well = self.imported == self.planned == self.sent
        return all_well and not (self.late or self.missed or self.failed or self.duplicates)


class Audience(Protocol):
    """Whoever watches."""

    def time_is(self, now: datetime) -> None:
        """The virtual clock moved."""
        ...

    def saw(self, carried: Carried) -> None:
        """A message arrived at the provider."""
        ...


@dataclass(slots=True)
class RecordingProvider:
    """Carries nothing anywhere: counts what it is given by idempotency key, and keeps it until it is collected."""

    clock: VirtualClock
    received: Counter[DeliveryKey] = field(default_factory=Counter)
    name: str = "demo"
    recognises_repeats: bool = True
    _arrived: list[tuple[Message, datetime]] = field(default_factory=list)

    async def send(self, message: Message) -> Delivered:
        """Take note."""
        self.received[message.key] += 1
        self._arrived.append((message, self.clock.now()))
        return Delivered(f"demo-{self.received.total()}")

    def collect(self) -> list[tuple[Message, datetime]]:
        """Return what has arrived since the last time, and when (UTC)."""
        arrived, self._arrived = self._arrived, []
        return arrived

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(slots=True)
class Witness:
    """Judges every message by the recipient's own wall clock, independently of what the services say."""

    profiles: Mapping[str, Profile]
    book: Rulebook
    audience: Audience
    late: int = 0

    def saw(self, message: Message, at: datetime) -> None:
        """Judge one message."""
        profile, rule = self.profiles[message.key.user_id], self.book.rule(message.key.kind)
        local = at.astimezone(self.book.zone(profile.timezone))
        wanted = datetime.combine(message.key.occasion_date, rule.send_time, tzinfo=local.tzinfo)
        on_time = timedelta(0) <= local - wanted <= rule.tolerance
        self.late += not on_time
        self.audience.saw(Carried(profile, at, local, on_time))


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything the play needs, wired together.

    Attributes:
        clock: The virtual clock.
        store: The temporary database.
        importing: The import that people come in by.
        planner: Steps once a virtual day.
        staff: Dispatcher, worker and reaper: they step until none has anything to do.
        provider: Where messages end.
        book: The rules of every kind, and the zones.
        horizon: How far the planner looks ahead.
    """

    clock: VirtualClock
    store: Store
    importing: ImportPeople
    planner: Service
    staff: Sequence[Service]
    provider: RecordingProvider
    book: Rulebook
    horizon: timedelta


async def bring_in(stage: Stage, file: PeopleFile, on_progress: Callable[[Progress], None]) -> int:
    """Import the people of the play through the real import; return how many there are now."""
    async for progress in stage.importing.run(file, Wanted()):
        on_progress(progress)
    return len(await profiles_of(stage.store))


async def play(stage: Stage, audience: Audience, pace: Callable[[timedelta], Awaitable[None]]) -> Tally:
    """Play a year: move the clock from one thing to the next, and let the services do what is then to be done.

    Args:
        stage: With its people already in.
        audience: Hears of every message.
        pace: Waited for after every move, with the virtual time gone by since the start.
    """
    witness = Witness(await profiles_of(stage.store), stage.book, audience)
    clock, end = stage.clock, stage.clock.now() + YEAR
    # planning ends a horizon before the year does, so that nothing of the next year is planned
    plan_until, plan_at = end - stage.horizon, clock.now()
    while clock.now() < end:
        if plan_at <= clock.now() and plan_at <= plan_until:
            await _exhaust([stage.planner])
            plan_at += stage.horizon / 2
        await _exhaust(stage.staff)
        for message, at in stage.provider.collect():
            witness.saw(message, at)
        due = await stage.store.outbox.next_due() or end
        clock.advance_to(min(due, plan_at, end) if plan_at <= plan_until else min(due, end))
        audience.time_is(clock.now())
        await pace(clock.monotonic())
    return await _tally(stage, witness)


async def _exhaust(services: Sequence[Service]) -> None:
    """Step all services until a whole round of steps finds nothing to do."""
    idle = 0
    while idle < _IDLE_ROUNDS:
        worked = [(await service.step()).worked for service in services]
        idle = 0 if any(worked) else idle + 1


async def _tally(stage: Stage, witness: Witness) -> Tally:
    counts = await stage.store.ledger.tally()
    received = stage.provider.received
    turns = {(key.user_id, key.kind, key.occasion_date.year) for key in received}
    return Tally(
        imported=len(witness.profiles),
        planned=sum(counts.values()),
        sent=len(turns),
        late=witness.late,
        missed=counts.get(Status.MISSED, 0),
        failed=counts.get(Status.FAILED, 0),
        duplicates=received.total() - len(turns),
    )


async def profiles_of(store: Store) -> dict[str, Profile]:
    """Return everyone in the store, by user id."""
    found: dict[str, Profile] = {}
    cursor: str | None = None
    while True:
        page = await store.people.page(email=None, limit=_PAGE, cursor=cursor)
        found |= {user.id: user.profile for user in page.items}
        cursor = page.cursor
        if cursor is None:
            return found
