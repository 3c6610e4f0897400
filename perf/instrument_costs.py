"""What watching costs: each wrapper of `plimsoll.instrument` around something that does nothing, by the operation.

`python perf/instrument_costs.py` prints microseconds: the median of nine rounds, less what the same operation takes
without its wrapper. No server is asked: what is measured is what comes on top of whatever one takes.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from plimsoll.instrument.caches import CacheMetrics
from plimsoll.instrument.calls import timed_calls
from plimsoll.instrument.databases.metrics import DatabaseMetrics
from plimsoll.instrument.databases.postgres import watch_connection
from plimsoll.instrument.databases.sqlite import timed_connection
from plimsoll.instrument.databases.statements import read_statement
from plimsoll.instrument.queues.jobs import Jobs
from plimsoll.instrument.queues.metrics import QueueMetrics
from plimsoll.instrument.queues.rabbitmq import watch_channel, watched_consumer
from plimsoll.instrument.redis import RedisMetrics, watch_client
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.traces import Listener, SpanKind, begun, listened

ROUNDS, MANY = 9, 5_000
SQL = "SELECT id, name FROM people WHERE id = $1"


@dataclass(frozen=True)
class Logged:
    """What asyncpg tells of a query."""

    query: str = SQL
    elapsed: float = 0.001
    exception: BaseException | None = None


class Nothing:
    """A client, a channel and a connection of which each does nothing."""

    def __init__(self) -> None:
        self.told: Callable[[Any], None] = lambda _: None

    def add_query_logger(self, callback: Callable[[Any], None]) -> None:
        """Keep whom to tell."""
        self.told = callback

    async def execute_command(self, *_: Any, **__: Any) -> None:
        """Do nothing."""

    def pipeline(self) -> None:
        """Do nothing."""

    def basic_publish(self, *_: Any, **__: Any) -> None:
        """Do nothing."""

    async def find(self) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Case:
    """An operation with its wrapper and without; each is called many times."""

    name: str
    watched: Callable[[], Any]
    bare: Callable[[], Any]


def cases() -> Iterator[Case]:
    """Yield what is measured."""
    registry = Registry()
    database, redis, queues = DatabaseMetrics(registry), RedisMetrics(registry), QueueMetrics(registry)
    caches, jobs = CacheMetrics(registry), Jobs(queues, worker_id="w1")
    nothing, logged = Nothing(), Logged()
    watch_connection(nothing, database)
    yield Case("asyncpg, a query", lambda: nothing.told(logged), nothing.pipeline)
    watched = sqlite3.connect(":memory:", factory=timed_connection(database))
    bare = sqlite3.connect(":memory:")
    yield Case("sqlite3, a statement", lambda: watched.execute("SELECT 1"), lambda: bare.execute("SELECT 1"))
    port, client = timed_calls(Nothing(), database.of("people")), watch_client(Nothing(), redis)
    yield Case("a layer of one's own, a call", port.find, nothing.find)
    yield Case(
        "redis-py, a command", lambda: client.execute_command("GET", "a"), lambda: nothing.execute_command("GET")
    )
    yield Case("a cache, a look-up", lambda: caches.heard("user", hit=True), nothing.pipeline)
    channel = watch_channel(Nothing(), queues)
    yield Case(
        "pika, a publication", lambda: channel.basic_publish("", "q", b""), lambda: nothing.basic_publish("", "q")
    )
    consumer = watched_consumer(nothing.basic_publish, jobs, "q")
    yield Case("pika, a message consumed", lambda: consumer(0, 0, None, b""), lambda: nothing.basic_publish(0, 0))
    yield Case("a job", lambda: _job(jobs), nothing.pipeline)
    read_statement(SQL)
    yield Case("reading a statement, remembered", lambda: read_statement(SQL), nothing.pipeline)
    yield Case("reading a statement, new", _read_anew, nothing.pipeline)


def _job(jobs: Jobs) -> None:
    with jobs.working("q", "letter"):
        pass


_numbers = iter(range(10**9))


def _read_anew() -> None:
    read_statement(f"{SQL} -- {next(_numbers)}")


async def _seconds(call: Callable[[], Any]) -> float:
    """Return how long a call takes, of the best arrangement of many."""
    awaited = asyncio.iscoroutine(first := call())
    if awaited:
        await first
    began = time.perf_counter()
    for _ in range(MANY):
        if awaited:
            await call()
        else:
            call()
    return (time.perf_counter() - began) / MANY


async def _cost(case: Case) -> float:
    rounds = [await _seconds(case.watched) - await _seconds(case.bare) for _ in range(ROUNDS)]
    return median(rounds) * 1e6


async def measure() -> dict[str, tuple[float, float]]:
    """Return microseconds for each operation: metrics alone, and with a span that is recorded."""
    off = {case.name: await _cost(case) for case in cases()}
    with listened(Listener(1.0, lambda _: None)), begun("bench", SpanKind.INTERNAL):
        on = {case.name: await _cost(case) for case in cases()}
    return {name: (off[name], on[name]) for name in off}


def main() -> None:
    """Print the table."""
    print("| operation | metrics, us | and a span, us |")
    print("|---|---|---|")
    for name, (off, on) in asyncio.run(measure()).items():
        print(f"| {name} | {off:.1f} | {on:.1f} |")


if __name__ == "__main__":
    main()
