"""The calls under way, the leases they hold, and the calls that came back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from natalis.domain.message import Message
from natalis.domain.outcome import Deferred, Outcome, Unknown
from natalis.errors import ProviderUnavailable
from natalis.ports.clock import Clock
from natalis.ports.inbox import Claimed
from natalis.ports.provider import Provider

_NOTHING = timedelta(0)


@dataclass(slots=True)
class Call:
    """One call under way.

    Attributes:
        claimed: The delivery with its fence.
        renew_at: When its lease wants renewing (UTC).
        overdue_at: When it is given up, by the loop's clock.
        task: What makes it.
        is_overdue: It was given up.
        lost: Somebody else holds the delivery now: what comes of this call no longer matters.
    """

    claimed: Claimed
    renew_at: datetime
    overdue_at: float
    task: asyncio.Task[None] | None = None
    is_overdue: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Landing:
    """A call that came back, or that was not made.

    Attributes:
        claimed: The delivery with its fence.
        outcome: What came of it.
        ended_at: UTC.
        took: How long the provider had it.
        lost: The lease went to somebody else meanwhile.
    """

    claimed: Claimed
    outcome: Outcome
    ended_at: datetime
    took: timedelta = _NOTHING
    lost: bool = False


class Calls:
    """Makes calls, each in a task of its own, so that a slow one holds up nobody.

    Args:
        provider: Whom to call.
        clock: Measures durations.
        timeout: After this long without an answer a call is given up as unknown.
        on_outcome: Hears of every outcome of a call that was really made, at once.
        on_place: Told that a call has left its place; may begin another one.
    """

    def __init__(
        self,
        provider: Provider,
        clock: Clock,
        timeout: timedelta,
        on_outcome: Callable[[Outcome], None],
        on_place: Callable[[], None],
    ) -> None:
        self._provider = provider
        self._clock = clock
        self._timeout = timeout.total_seconds()
        self._on_outcome = on_outcome
        self._on_place = on_place
        self._under_way: dict[str, Call] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._landed: list[Landing] = []
        self._bell: asyncio.Future[None] | None = None
        self._rings_at = 1

    def __len__(self) -> int:
        """Count the calls under way."""
        return len(self._under_way)

    @property
    def has_landed(self) -> bool:
        """Whether a call came back since the last `take_landed`."""
        return bool(self._landed)

    def begin(self, claimed: Claimed, message: Message, *, renew_at: datetime) -> None:
        """Make a call."""
        loop = asyncio.get_running_loop()
        call = self._under_way[claimed.attempt_id] = Call(claimed, renew_at, loop.time() + self._timeout)
        call.task = loop.create_task(self._make(call, message))
        if self._timer is None:
            self._timer = loop.call_at(call.overdue_at, self._give_up_overdue)

    def skip(self, claimed: Claimed, outcome: Outcome) -> None:
        """Let an attempt end without a call."""
        self._landed.append(Landing(claimed, outcome, self._clock.now()))

    def take_landed(self) -> list[Landing]:
        """Return what came back since the last time."""
        landed, self._landed = self._landed, []
        return landed

    def held(self) -> Iterator[Claimed]:
        """Yield what is being called, and what came back since the last `take_landed`."""
        yield from (call.claimed for call in self._under_way.values())
        yield from (landing.claimed for landing in self._landed)

    def renewable(self, *, now: datetime) -> list[str]:
        """Return the attempts whose lease wants renewing."""
        return [attempt_id for attempt_id, call in self._under_way.items() if call.renew_at <= now and not call.lost]

    def renewed(self, asked: Collection[str], held: Collection[str], *, renew_at: datetime) -> None:
        """Note which of the leases that were asked for are held on to; the others are lost."""
        for attempt_id in asked:
            if (call := self._under_way.get(attempt_id)) is None:
                continue
            call.renew_at = renew_at
            call.lost = attempt_id not in held

    def next_renewal(self) -> datetime | None:
        """Return when the next lease wants renewing."""
        return min((call.renew_at for call in self._under_way.values() if not call.lost), default=None)

    def landing(self) -> asyncio.Future[None]:
        """Return what is done as soon as a call has come back."""
        return self._bell_for(1)

    async def half_landed(self, *, within: timedelta) -> None:
        """Wait until half of the calls have come back, at most this long in real time."""
        await self.landed((len(self._landed) + len(self._under_way) + 1) // 2, within=within)

    async def more_landed(self, count: int, *, within: timedelta) -> None:
        """Wait until so many more calls have come back, at most this long in real time."""
        await self.landed(len(self._landed) + count, within=within)

    async def landed(self, count: int, *, within: timedelta) -> None:
        """Wait until so many calls have come back, at most this long in real time."""
        bell = self._bell_for(count)
        if not bell.done():
            await asyncio.wait({bell}, timeout=within.total_seconds())

    def _bell_for(self, count: int) -> asyncio.Future[None]:
        """Return what is done once so many have landed; whoever waited for another count is woken as well."""
        self._ring()
        self._bell, self._rings_at = asyncio.get_running_loop().create_future(), count
        if len(self._landed) >= count:
            self._ring()
        return self._bell

    def _ring(self) -> None:
        if self._bell is not None and not self._bell.done():
            self._bell.set_result(None)

    async def give_up(self) -> None:
        """Cancel the calls under way; each lands as unknown."""
        tasks = [call.task for call in self._under_way.values() if call.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._stop_timer()

    def _give_up_overdue(self) -> None:
        """Cancel what has taken too long. All calls have the same time, so the oldest is the first to run out."""
        self._timer = None
        loop = asyncio.get_running_loop()
        for call in self._under_way.values():
            if call.overdue_at > loop.time():
                self._timer = loop.call_at(call.overdue_at, self._give_up_overdue)
                return
            if call.task is not None and not call.is_overdue:
                call.is_overdue = True
                call.task.cancel()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _make(self, call: Call, message: Message) -> None:
        began = self._clock.monotonic()
        outcome: Outcome = Unknown("the call was cancelled")
        try:
            outcome = await self._answer(message)
        except asyncio.CancelledError:
            if not call.is_overdue:
                raise
            outcome = Unknown(f"no answer within {self._timeout:g} s")
        finally:
            self._on_outcome(outcome)
            self._land(call, outcome, self._clock.monotonic() - began)

    async def _answer(self, message: Message) -> Outcome:
        try:
            return await self._provider.send(message)
        except ProviderUnavailable as error:
            return Deferred(str(error), outage=True)
        except TimeoutError:
            return Unknown("the provider ran out of time")
        except Exception as error:  # noqa: BLE001 - a provider must not raise; if it does, nobody knows what it did
            return Unknown(f"the provider raised {type(error).__name__}: {error}")

    def _land(self, call: Call, outcome: Outcome, took: timedelta) -> None:
        del self._under_way[call.claimed.attempt_id]
        if not self._under_way:
            self._stop_timer()
        self._landed.append(Landing(call.claimed, outcome, self._clock.now(), took, call.lost))
        if len(self._landed) >= self._rings_at:
            self._ring()
        self._on_place()
