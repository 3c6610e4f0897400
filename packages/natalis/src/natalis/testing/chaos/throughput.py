"""Throughput under a snapshot that somebody else holds: what a queue in a database is known to suffer from.

A `SKIP LOCKED` queue decays while a long transaction stands open elsewhere: rows that were updated cannot be cleared
away, and every claim steps over all that died since. So the same herd is sent out with and without one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from natalis.clocks.system import SystemClock
from natalis.mock_provider.knobs import Knobs
from natalis.mock_provider.server import serve
from natalis.stores.postgres import PoolOptions, open_store
from natalis.testing.builders import a_profile, a_rulebook, an_arrival
from natalis.testing.chaos.crowd import noon_birthday
from natalis.testing.chaos.faults import SnapshotHeld
from natalis.testing.chaos.fleet import Fleet, Process
from natalis.testing.chaos.witness import NeverRecovered, Witness
from natalis.testing.servers.postgres import PostgresDatabase
from natalis.testing.servers.rabbitmq import VirtualHost

_ROLES = ("worker", "dispatcher", "planner")
_BATCH = 1000
_GIVE_UP = timedelta(minutes=5)
_LOOK = timedelta(milliseconds=50)


@dataclass(frozen=True, slots=True)
class Drained:
    """How a herd went out.

    Attributes:
        deliveries: How many.
        rates: Messages a second in each tenth of the herd, in order.
        rate: Messages a second over the whole.
    """

    deliveries: int
    rates: Sequence[float]
    rate: float


async def drain(database: PostgresDatabase, queue: VirtualHost, deliveries: int, logs: Path, *, held: bool) -> Drained:
    """Send a herd out, all due at once, and say how fast that went.

    Args:
        database: Migrated and empty.
        queue: An empty virtual host.
        deliveries: How many people.
        logs: Folder for what the processes write.
        held: Whether somebody holds a snapshot from before the first delivery is planned until the last is sent.
    """
    clock = SystemClock()
    witness = Witness(clock)
    await _people(database, deliveries)
    snapshot = SnapshotHeld(database)
    provider = await serve(Knobs.flawless(), clock, delivered=witness.delivered)
    settings = {
        "DATABASE_URL": database.url,
        "QUEUE_URL": ",".join(queue.urls),
        "NATALIS_PROVIDER_URL": provider.url,
        "NATALIS_CATCH_UP_RATE": "0",
        "WORKER_CONCURRENCY": "200",
    }
    try:
        if held:
            await snapshot.strike()
        async with Fleet([Process(role, settings, skewable=False) for role in _ROLES], logs):
            await _all_out(witness, deliveries, clock)
    finally:
        await snapshot.mend()
        await provider.close()
    moments = sorted(witness.accepted.values())
    tenth = len(moments) // 10
    parts = [(moments[at], moments[min(at + tenth, len(moments) - 1)]) for at in range(0, tenth * 10, tenth)]
    rates = [witness.rate(begin, end) for begin, end in parts]
    return Drained(deliveries, rates, witness.rate(moments[0], moments[-1]))


async def _people(database: PostgresDatabase, count: int) -> None:
    clock = SystemClock()
    book, now = a_rulebook(), clock.now()
    born, zone = noon_birthday(now)
    store = await open_store(database.url, clock=clock, instance="crowd", options=PoolOptions(most=2), migrate=False)
    try:
        for first in range(0, count, _BATCH):
            profiles = (
                a_profile(email=f"p{number}@example.org", birthday=born, timezone=zone)
                for number in range(first, min(count, first + _BATCH))
            )
            await store.people.add([an_arrival(profile, now=now, book=book) for profile in profiles])
    finally:
        await store.connection.close()


async def _all_out(witness: Witness, deliveries: int, clock: SystemClock) -> None:
    give_up_at = clock.monotonic() + _GIVE_UP
    while len(witness.accepted) < deliveries:
        if clock.monotonic() > give_up_at:
            raise NeverRecovered(f"{deliveries - len(witness.accepted)} of {deliveries} were not sent in time")
        await clock.sleep(_LOOK)
