"""The worker: one round is complete what ended, renew leases, receive, claim, call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from natalis.domain.delivery import Delivery, DeliveryKey
from natalis.domain.events import Fenced, Quarantined
from natalis.domain.message import Message
from natalis.domain.outcome import Deferred, Withheld
from natalis.domain.retry import Terms
from natalis.domain.user import Profile
from natalis.ports.clock import Clock
from natalis.ports.inbox import Claimed, Inbox
from natalis.ports.provider import Provider
from natalis.ports.service import Step
from natalis.ports.telemetry import Telemetry
from natalis.ports.transport import Transport
from natalis.services.worker.calls import Calls, Landing
from natalis.services.worker.claims import Claims
from natalis.services.worker.endings import Ending, decide_ending, events_of, given_back, unwritable
from natalis.services.worker.gate import Gate
from natalis.services.worker.mailbag import Mailbag
from natalis.services.worker.options import OnUnknown, WorkerOptions
from natalis.services.worker.stock import Stock, Stocked

_NO_TIME = timedelta(0)
_UNHURRIED = 4  # times the linger, while calls begin out of the stock
_BREATH = timedelta(milliseconds=100)  # between two tries of a store that fails while draining


class Worker:
    """Sends what is queued; any number may run.

    Each step is one round. Calls go on between the steps; what a step could not write, claim or acknowledge is kept,
    and is the first thing that the next one does.

    Args:
        inbox: The store's view of what is queued.
        transport: The queue.
        provider: Whom to call.
        write_message: Makes the message of a delivery for a recipient, given the year in which the occasion began
            where it is known; what it raises concerns this one delivery.
        clock: Tells the present.
        telemetry: Hears of `AttemptEnded`, `Fenced`, `Missed`, `Quarantined` and `BreakerMoved`.
        random: Draws a number in [0, 1), for the jitter of retries.
        options: How it works.
    """

    def __init__(
        self,
        inbox: Inbox,
        transport: Transport,
        provider: Provider,
        *,
        write_message: Callable[[Delivery, Profile, int | None], Message],
        clock: Clock,
        telemetry: Telemetry,
        random: Callable[[], float],
        options: WorkerOptions,
    ) -> None:
        self._inbox = inbox
        self._provider = provider
        self._write_message = write_message
        self._clock = clock
        self._telemetry = telemetry
        self._random = random
        self._options = options
        self._mailbag = Mailbag(transport, options.patience, clock)
        self._gate = Gate(provider.name, options.breaker, options.rate, clock=clock, telemetry=telemetry)
        self._claims = Claims(inbox, options.worker_id, options.lease)
        self._calls = Calls(provider, clock, options.call_timeout, self._gate.came_back, self._on_place)
        # Where nobody repeats a call, one that a crash leaves claimed is for a person to look at: no more than needed.
        self._stock = Stock(options.concurrency if self._may_repeat else 0, clock)
        self._unwritten: list[Ending] = []
        self._cannot_write = False

    @property
    def name(self) -> str:
        """`worker`."""
        return "worker"

    @property
    def in_flight(self) -> int:
        """How many calls are under way."""
        return len(self._calls)

    @property
    def breaker(self) -> str:
        """Where the provider's breaker stands: `closed`, `open` or `half-open`."""
        return self._gate.state

    @property
    def _may_repeat(self) -> bool:
        return self._provider.recognises_repeats or self._options.on_unknown is OnUnknown.RETRY

    async def step(self) -> Step:
        """Make a round; with nothing to do wait for something, at most `patience`, and make another."""
        await self._linger()
        worked = await self._round()
        if not worked:
            await self._wait()
            await self._linger()
            worked = await self._round()
        return Step(worked, None if worked else self._wake_at())

    async def drain(self) -> None:
        """Let calls under way end, up to `grace`; give up the rest as unknown; write everything.

        Parcels that were received and not claimed are not acknowledged: closing the transport gives them back.

        Raises:
            StoreUnavailable: What ended could not be written; the leases cover it.
        """
        await self._mailbag.stop()
        grace = asyncio.ensure_future(self._clock.sleep(self._options.grace))
        try:
            while (self._calls or self._stock or self._unwritten) and not grace.done():
                await self._wind_down(grace)
        finally:
            grace.cancel()
        self._give_back(self._stock.take_all(), "the worker stopped")
        await self._calls.give_up()
        await self._write_ends()
        await self._claims.release((), now=self._clock.now())
        await self._mailbag.claimed()

    async def _round(self) -> bool:
        self._mailbag.ask(self._wanted())
        if self._cannot_write:  # no more is taken on before the store takes what has ended
            ended = await self._write_and_renew()
            return await self._take_on() or ended
        # Side by side: the calls of one lot begin while the ends of the last are written. Neither is cut short by an
        # error of the other: what is claimed must be begun.
        results = await asyncio.gather(self._write_and_renew(), self._take_on(), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return any(results)

    def _wanted(self) -> int:
        in_flight, stocked = len(self._calls), len(self._stock)
        free = self._options.concurrency + self._stock.ahead() - in_flight - stocked
        return self._gate.places(free, in_flight=in_flight, stocked=stocked)

    async def _write_and_renew(self) -> bool:
        self._give_back(self._stock.take_stale(), "no call came back in time to make place for it")
        ended = await self._write_ends()
        await self._renew()
        return ended

    async def _write_ends(self) -> bool:
        landings = self._calls.take_landed()
        self._unwritten += [self._decided(landing) for landing in landings if not self._is_lost(landing)]
        batch = tuple(self._unwritten)
        if not batch:
            return False
        fenced = await self._written(batch)
        del self._unwritten[: len(batch)]
        for event in events_of(batch, fenced, self._options.tolerances):
            self._telemetry.record(event)
        return True

    async def _written(self, batch: Sequence[Ending]) -> Collection[DeliveryKey]:
        """Write; until that succeeds again, no call begins after one that failed."""
        try:
            fenced = set(await self._inbox.complete([each.completion for each in batch]))
        except BaseException:
            self._cannot_write = True
            raise
        if self._cannot_write:
            self._cannot_write = False
            self._fill()
        return fenced

    async def _renew(self) -> None:
        now = self._clock.now()
        asked = self._calls.renewable(now=now)
        if asked:
            held = set(await self._inbox.renew(asked, lease_until=now + self._options.lease))
            self._calls.renewed(asked, held, renew_at=now + self._options.lease / 3)

    async def _take_on(self) -> bool:
        parcels = await self._mailbag.collect()
        if not parcels:
            return False
        now = self._clock.now()
        lease_until, renew_at = now + self._options.lease, now + self._options.lease / 3
        keys = tuple(dict.fromkeys(parcel.key for parcel in parcels))
        for each in await self._claims.claim(keys, now=now):
            self._stock.put(each, lease_until=lease_until, renew_at=renew_at)
        self._fill()
        await self._claims.release(self._held(), now=now)
        await self._mailbag.claimed()
        return True

    def _held(self) -> set[DeliveryKey]:
        ended = (each.completion.key for each in self._unwritten)
        return {each.delivery.key for each in (*self._calls.held(), *self._stock.held())}.union(ended)

    def _on_place(self) -> None:
        self._stock.note_return()
        self._fill()

    def _fill(self) -> None:
        """Begin a call of what is stocked in every free place, or let it end without one."""
        while self._stock and len(self._calls) < self._options.concurrency and not self._cannot_write:
            stocked = self._stock.take()
            if self._stock.is_fresh(stocked):
                self._begin(stocked.claimed, renew_at=stocked.renew_at)
            else:
                self._give_back([stocked], "its turn came too late")

    def _give_back(self, stocked: Iterable[Stocked], reason: str) -> None:
        now = self._clock.now()
        self._unwritten += [given_back(each.claimed, self._terms(), reason, now=now) for each in stocked]

    def _begin(self, claimed: Claimed, *, renew_at: datetime) -> None:
        profile = claimed.profile
        if claimed.withheld is not None or profile is None:
            self._calls.skip(claimed, Withheld(claimed.withheld or "the user is gone"))
            return
        if claimed.delivery.attempts > self._options.retry.max_attempts:
            began = claimed.delivery.attempts - 1
            self._set_aside(claimed, f"gave up: {began} attempts were begun and the last one never ended")
            return
        if not self._gate.is_open_to(in_flight=len(self._calls)):
            self._calls.skip(claimed, Deferred("not called: the provider is paused after failures", outage=True))
            return
        try:
            message = self._write_message(claimed.delivery, profile, claimed.since)
        except Exception as error:  # noqa: BLE001 - whatever it is, it concerns this one person's message
            self._set_aside(claimed, f"the message could not be written: {type(error).__name__}: {error}")
            return
        self._gate.passed()
        self._calls.begin(claimed, message, renew_at=renew_at)

    def _set_aside(self, claimed: Claimed, reason: str) -> None:
        key = claimed.delivery.key
        self._telemetry.record(Quarantined(key.user_id, key.kind, reason))
        self._unwritten.append(unwritable(claimed, reason, now=self._clock.now()))

    def _decided(self, landing: Landing) -> Ending:
        return decide_ending(landing, self._terms(), draw=self._random())

    def _terms(self) -> Terms:
        return Terms(self._options.retry, self._may_repeat, self._gate.paused_until)

    def _is_lost(self, landing: Landing) -> bool:
        if landing.lost:
            self._telemetry.record(Fenced(landing.claimed.delivery.key))
        return landing.lost

    async def _wait(self) -> None:
        """Wait for a call to come back or for parcels, no longer than `patience` or the next thing with a time."""
        patience, wake_at = self._options.patience, self._next_instant()
        if wake_at is not None:
            patience = min(patience, max(_NO_TIME, wake_at - self._clock.now()))
        waits: set[asyncio.Future[Any]] = {self._calls.landing()}
        if self._mailbag.receiving is not None:
            waits.add(self._mailbag.receiving)
        await asyncio.wait(waits, timeout=patience.total_seconds(), return_when=asyncio.FIRST_COMPLETED)

    async def _linger(self) -> None:
        """Let more calls come back once one has, so that many share a transaction; longer while no place is empty."""
        if self._options.patience <= _NO_TIME or not self._calls.has_landed:
            return
        if self._stock:
            await self._calls.more_landed((len(self._stock) + 1) // 2, within=_UNHURRIED * self._options.linger)
        else:
            await self._calls.half_landed(within=self._options.linger)

    def _wake_at(self) -> datetime | None:
        """Return when to step again: at once where steps wait by themselves, else at the next thing with a time."""
        return self._clock.now() if self._options.patience > _NO_TIME else self._next_instant()

    def _next_instant(self) -> datetime | None:
        instants = (self._calls.next_renewal(), self._gate.next_instant(), self._stock.stale_at())
        return min((instant for instant in instants if instant is not None), default=None)

    async def _wind_down(self, grace: asyncio.Future[None]) -> None:
        try:
            await self._write_and_renew()
        except Exception:  # noqa: BLE001 - the store may be back before the grace is over
            await asyncio.wait({grace}, timeout=_BREATH.total_seconds())
            return
        if self._calls:
            longest = _BREATH if self._stock else self._options.lease / 3
            waits = {grace, self._calls.landing()}
            await asyncio.wait(waits, timeout=longest.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
