"""The storm: fault after fault strikes a fleet at work, and each must let deliveries flow again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from natalis.clocks.system import SystemClock
from natalis.domain.delivery import Status
from natalis.mock_provider.knobs import Knobs
from natalis.mock_provider.register import Register
from natalis.mock_provider.server import serve
from natalis.ports.clock import Clock
from natalis.ports.store import Store
from natalis.stores.postgres import PoolOptions, open_store
from natalis.testing.chaos.crowd import Asked, Crowd
from natalis.testing.chaos.faults import fault_of
from natalis.testing.chaos.fleet import Fleet, Process
from natalis.testing.chaos.reckoning import Reckoning, reckon
from natalis.testing.chaos.schedule import Blow, Ground, Kind, Strike, Weather, draw_schedule
from natalis.testing.chaos.site import Servers, Site
from natalis.testing.chaos.witness import NeverRecovered, Witness

_RECOVERY = timedelta(seconds=90)
_LAST_ONES = timedelta(minutes=5)
_LOOK = timedelta(milliseconds=250)
_FLEET = {"planner": 2, "dispatcher": 2, "worker": 2, "api": 2}
_POOR_DAY = Knobs(hang_rate=0.005, drop_rate=0.01, hang=timedelta(seconds=3))
"""One call in ten fails, some never answer or are cut, half of those after the message was accepted; 50 to 200 ms."""
_NUMBERS: Mapping[str, str] = {
    "NATALIS_PROVIDER_TIMEOUT": "1s",
    "NATALIS_RETRY_BASE": "500ms",
    "NATALIS_RETRY_CAP": "5s",
    "NATALIS_CATCH_UP_RATE": "0",
    "NATALIS_WORKER_LEASE": "5s",
    "NATALIS_LOST_AFTER": "10s",
    "WORKER_CONCURRENCY": "60",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything.

    Attributes:
        deliveries: At least so many people come.
        weather: How rough it gets.
        seed: What the schedule is drawn from.
        trickle: People a second who come one by one; the others come in herds, one before each blow.
        outage: For how long the whole broker is away at the end, as one fault more; nothing for none.
    """

    deliveries: int
    weather: Weather
    seed: int
    trickle: float = 25.0
    outage: timedelta = timedelta()

    def blows(self) -> tuple[Blow, ...]:
        """Return all that strikes, in order."""
        drawn = draw_schedule(self.seed, self.weather)
        last = Strike(Kind.BROKER_AWAY, "", self.outage)
        return (*drawn, Blow((last,), timedelta())) if self.outage else drawn


@dataclass(frozen=True, slots=True)
class Recovery:
    """How a blow was borne. Instants are since the storm began.

    Attributes:
        blow: What struck.
        struck: When.
        mended: When it was put right: what was struck ran again.
        flow: How long after that the next message was accepted.
        passage: How long after that somebody who came afterwards had their message: the whole way is open again.
        stall: The longest time without an accepted message, from the strike to the passage.
        asked: How many requests began while it lasted: to add somebody, to read them back, or to list their deliveries.
        refused: How many of those were not served.
        slowest: How long the longest of them took.
    """

    blow: Blow
    struck: timedelta
    mended: timedelta
    flow: timedelta
    passage: timedelta
    stall: timedelta
    asked: int = 0
    refused: int = 0
    slowest: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a storm came to.

    Attributes:
        plan: What was asked for.
        recoveries: One for each blow.
        reckoning: What was lost or doubled.
        took: From the first person to the last message.
        ended: How often a process ended by itself.
    """

    plan: Plan
    recoveries: Sequence[Recovery]
    reckoning: Reckoning
    took: timedelta
    ended: int

    @property
    def faults(self) -> list[str]:
        """What is not as it should be, in words; empty when all is well."""
        return self.reckoning.faults + [
            f"{each.refused} of {each.asked} requests refused while {each.blow}"
            for each in self.recoveries
            if each.refused and must_accept(each.blow)
        ]


def must_accept(blow: Blow) -> bool:
    """Whether the API has to serve everybody meanwhile: it needs neither broker nor replica nor cache."""
    return all(strike.ground in {Ground.BROKER, Ground.REPLICA, Ground.CACHE} for strike in blow.strikes)


@dataclass(frozen=True, slots=True)
class Scene:
    """Where it happens: the servers, the fleet on them, and those who come."""

    site: Site
    fleet: Fleet
    crowd: Crowd


class Storm:
    """A fleet at work, and what befalls it.

    Args:
        plan: How much of everything.
        say: Told every fault as it ends, in a line.
    """

    def __init__(self, plan: Plan, say: Callable[[str], None]) -> None:
        self._plan = plan
        self._say = say
        self._clock: Clock = SystemClock()
        self._blows = plan.blows()
        self._witness = Witness(self._clock)
        self._register = Register()
        self._began = self._clock.monotonic()

    async def rage(self, servers: Servers, logs: Path) -> Outcome:
        """Let it happen, and return what came of it.

        Args:
            servers: Running, with a migrated and empty database.
            logs: Folder for what the processes write.

        Raises:
            NeverRecovered: Deliveries did not flow again after a fault, or some were never sent.
        """
        async with self._at_work(servers, logs) as scene:
            trickle = asyncio.create_task(scene.crowd.trickle(self._plan.trickle))
            try:
                await self._witness.passage_since(self._clock.monotonic(), within=_RECOVERY)
                await scene.site.settle()
                recoveries = await self._blow_by_blow(scene)
            finally:
                trickle.cancel()
            await self._finish(scene.crowd)
            recoveries = [self._with_requests(each, scene.crowd.asked) for each in recoveries]
            took = self._clock.monotonic() - self._began
            reckoning = await self._reckon(servers)
        return Outcome(self._plan, recoveries, reckoning, took, scene.fleet.ended)

    async def _blow_by_blow(self, scene: Scene) -> list[Recovery]:
        self._began = self._clock.monotonic()
        recoveries: list[Recovery] = []
        for number, blow in enumerate(self._blows):
            scene.crowd.herd(self._herd_before(number, scene.crowd))
            recoveries.append(await self._bear(blow, scene))
            self._say(_told(recoveries[-1]))
        return recoveries

    @asynccontextmanager
    async def _at_work(self, servers: Servers, logs: Path) -> AsyncIterator[Scene]:
        provider = await serve(_POOR_DAY, self._clock, delivered=self._witness.delivered)
        self._register = provider.provider.register
        try:
            async with Site(servers) as site:
                settings = {**_NUMBERS, **site.settings(), "NATALIS_PROVIDER_URL": provider.url}
                processes = [
                    Process(role, settings, skewable=bool(number))  # the first of each role is the command itself
                    for role, count in _FLEET.items()
                    for number in range(count)
                ]
                async with Fleet(processes, logs) as fleet:
                    addresses = [process.url for process in fleet.of("api")]
                    async with Crowd(addresses, self._witness, self._clock) as crowd:
                        yield Scene(site, fleet, crowd)
        finally:
            await provider.close()

    async def _bear(self, blow: Blow, scene: Scene) -> Recovery:
        """Strike, hold, mend, and wait until deliveries flow again."""
        await self._clock.sleep(blow.phase)
        faults = await asyncio.to_thread(lambda: [fault_of(each, scene.site, scene.fleet) for each in blow.strikes])
        struck = self._clock.monotonic()
        await asyncio.gather(*(fault.strike() for fault in faults))
        await self._clock.sleep(blow.hold)
        await asyncio.gather(*(fault.mend() for fault in faults))
        mended = self._clock.monotonic()
        try:
            flow = await self._witness.flow_since(mended, within=_RECOVERY)
            passage = await self._witness.passage_since(mended, within=_RECOVERY)
        except NeverRecovered as error:
            raise NeverRecovered(f"seed {self._plan.seed}, {blow}: {error}") from None
        return Recovery(
            blow,
            struck - self._began,
            mended - self._began,
            flow,
            passage,
            self._witness.longest_stall(struck, mended + passage),
        )

    def _with_requests(self, recovery: Recovery, asked: Sequence[Asked]) -> Recovery:
        """Add how requests fared: known only at the end, for some are answered long after the fault."""
        struck, mended = self._began + recovery.struck, self._began + recovery.mended
        found = [each for each in asked if struck <= each.began <= mended]
        return replace(
            recovery,
            asked=len(found),
            refused=sum(not each.served for each in found),
            slowest=max((each.ended - each.began for each in found), default=timedelta()),
        )

    def _herd_before(self, number: int, crowd: Crowd) -> int:
        """Return how many come together before a blow: what is left of the deliveries, evenly over what is to come."""
        left = self._plan.deliveries - crowd.size
        return max(0, left // (len(self._blows) - number))

    async def _finish(self, crowd: Crowd) -> None:
        """Wait until everybody was taken in and has their message."""
        crowd.herd(max(0, self._plan.deliveries - crowd.size))
        await crowd.all_in()
        give_up_at = self._clock.monotonic() + _LAST_ONES
        while self._witness.waiting:
            if self._clock.monotonic() > give_up_at:
                raise NeverRecovered(f"seed {self._plan.seed}: {self._witness.waiting} never had their message")
            await self._clock.sleep(_LOOK)

    async def _reckon(self, servers: Servers) -> Reckoning:
        store = await open_store(
            servers.database.url, clock=self._clock, instance="reckoning", options=PoolOptions(most=2), migrate=False
        )
        try:
            await self._all_marked(store)
            return await reckon(store, self._clock, self._register, self._witness.arrived)
        finally:
            await store.connection.close()

    async def _all_marked(self, store: Store) -> None:
        """Wait until the store, too, knows that everything was sent: what was accepted unseen is tried once more."""
        give_up_at = self._clock.monotonic() + _LAST_ONES
        while (await store.ledger.tally()).get(Status.SENT, 0) < len(self._witness.arrived):
            if self._clock.monotonic() > give_up_at:
                return  # the reckoning says which
            await self._clock.sleep(_LOOK)


def _told(recovery: Recovery) -> str:
    numbers = ", ".join(
        f"{name} {span.total_seconds():.2f} s"
        for name, span in (("flow", recovery.flow), ("passage", recovery.passage), ("stall", recovery.stall))
    )
    when = f"{recovery.struck.total_seconds():7.1f}-{recovery.mended.total_seconds():.1f} s"
    return f"{when}  {recovery.blow}: {numbers}"
