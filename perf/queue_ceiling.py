"""What does a key cost on its way through RabbitMQ, by how many of them share a message, on one node and on three?

Natalis's own transport on one core publishes and confirms, then receives and acknowledges; the broker's processor time
is that of all its nodes. `perf.limits` has the same with a message for each key and pika alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import uvloop

from natalis.clocks.system import SystemClock
from natalis.domain.delivery import DeliveryKey
from natalis.testing.servers.keeper import descendants
from natalis.testing.servers.rabbitmq import RabbitMQ
from natalis.testing.servers.rabbitmq_cluster import RabbitMQCluster
from natalis.transports.rabbitmq import RabbitMQOptions, RabbitMQTransport, open_transport
from perf.figures import Figure

BATCH = 1_000  # keys, as a dispatcher claims them
PLACES = 100  # keys that a receiver takes at once, as a worker does
LOTS = (1, 10, 25, 100)
PATIENCE = timedelta(seconds=5)
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one way took.

    Attributes:
        rate: Keys a second.
        ours: Microseconds of processor time a key, here.
        brokers: The same of all nodes.
    """

    rate: float
    ours: float
    brokers: float


class Meter:
    """Measures what happens between its making and `cost`."""

    def __init__(self) -> None:
        self._began, self._ours, self._brokers = time.perf_counter(), time.process_time(), _processor_time()

    def cost(self, count: int) -> Cost:
        """Return what each of `count` keys cost."""
        took = time.perf_counter() - self._began
        ours, brokers = time.process_time() - self._ours, _processor_time() - self._brokers
        return Cost(count / took, ours / count * 1e6, brokers / count * 1e6)


def run(*, quick: bool) -> list[Figure]:
    """Measure every size of message on both kinds of broker, in turn, and return medians."""
    count, rounds = (5_000, 1) if quick else (40_000, 3)
    figures: list[Figure] = []
    with ExitStack() as servers:
        brokers: dict[str, RabbitMQ | RabbitMQCluster] = {
            "1 node": servers.enter_context(RabbitMQ()),
            "3 nodes": servers.enter_context(RabbitMQCluster()),
        }
        for name, broker in brokers.items():
            found: dict[int, list[tuple[Cost, Cost]]] = {lot: [] for lot in LOTS}
            for _ in range(rounds):
                for lot, costs in found.items():
                    addresses = broker.create_vhost().urls
                    costs.append(uvloop.run(_measure(RabbitMQOptions(addresses, keys_per_message=lot), count)))
            for lot, costs in found.items():
                figures += _figures(f"{name}, {lot} to a message", costs)
    return figures


async def _measure(options: RabbitMQOptions, count: int) -> tuple[Cost, Cost]:
    keys = [
        DeliveryKey(f"0190c3f2-0000-7000-8000-{number:012d}", "birthday", date(2026, 2, 28)) for number in range(count)
    ]
    transport = await open_transport(options, SystemClock())
    try:
        meter = Meter()
        for at in range(0, count, BATCH):
            await transport.publish(keys[at : at + BATCH])
        published = meter.cost(count)
        meter = Meter()
        await _receive(transport, count)
        return published, meter.cost(count)
    finally:
        await transport.close()


async def _receive(transport: RabbitMQTransport, count: int) -> None:
    taken = 0
    while taken < count:
        parcels = await transport.receive(PLACES, patience=PATIENCE)
        await transport.ack(parcels)
        taken += len(parcels)


def _figures(name: str, costs: Sequence[tuple[Cost, Cost]]) -> list[Figure]:
    figures = []
    ways = ("published and confirmed", "received and acknowledged")
    for way, each in zip(ways, zip(*costs, strict=True), strict=True):
        figures += [
            Figure(f"{name}: {way}", median(cost.rate for cost in each), "/s"),
            Figure(f"{name}: {way}, time here", median(cost.ours for cost in each), "us a key"),
            Figure(f"{name}: {way}, time of the broker", median(cost.brokers for cost in each), "us a key"),
        ]
    return figures


def _processor_time() -> float:
    """Return the seconds of processor time that everything below this process has used and that still runs."""
    total = 0.0
    for pid in descendants(os.getpid()):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        total += (int(fields[11]) + int(fields[12])) / _TICKS  # utime and stime, proc(5)
    return total
