"""PgQueuer on PostgreSQL alone: jobs enqueued ahead to the due instant, and workers that dequeue and log in batches."""

from __future__ import annotations

import asyncio
import json
import signal
from datetime import timedelta
from importlib.metadata import version
from itertools import islice

import asyncpg
import uvloop
from pgqueuer import PgQueuer, Queries  # type: ignore[import-not-found]  # is in .venvs/peers
from pgqueuer.models import Job  # type: ignore[import-not-found]  # is in .venvs/peers

from perf.peers import crew, loops, stock
from perf.peers.knobs import turned
from perf.peers.situation import Situation, read

KNOBS = turned({"workers": 1, "batch": 500, "tasks": 1000, "pool": 4, "connections": 4, "grouped": 1})
SETTINGS = {
    "enqueued ahead with execute_after, in batches of 1,000": "its own way to have work due at an instant: ahead",
    "durability durable": "its default: every table of its is logged",
    "batch_size": "how many jobs one statement claims, and one statement completes",
    "uvloop; asyncpg pool": "its fastest driver",
    "log_aggregation_interval=0": "its statistics are for dashboards; without them there is less to do",
    "marks": "jobs that wait for their mark at the same time share a statement (our code, see loops.py)",
    "version": version("pgqueuer"),
    "knobs": KNOBS,
}

desk = loops.Desk(connections=int(KNOBS["connections"]), grouped=bool(KNOBS["grouped"]))


async def deliver(job: Job) -> None:
    """Carry one message out: the entrypoint."""
    await desk.deliver(stock.Message(*json.loads(job.payload or b"")))


def prepare() -> None:
    """Make the messages and its tables."""
    stock.lay(read())
    asyncio.run(_install())


async def _install() -> None:
    connection = await asyncpg.connect(read().database_url)
    queries = Queries.from_asyncpg_connection(connection)
    await queries.install()
    await queries.optimize_autovacuum()
    await connection.close()


def run() -> None:
    """Start what enqueues, and workers."""
    workers = [crew.here("pgqueuer_contender", "work")] * int(KNOBS["workers"])
    crew.run(read().folder, [crew.here("pgqueuer_contender", "send"), *workers], hands=len(workers) + 1)


def send() -> None:
    """Enqueue every message to the instant; then stay until told to go."""
    asyncio.run(_send(read()))


async def _send(situation: Situation) -> None:
    messages = stock.every(situation.count)
    connection = await asyncpg.connect(situation.database_url)
    queries = Queries.from_asyncpg_connection(connection)
    while some := list(islice(messages, 1_000)):
        payloads: list[bytes | None] = [json.dumps(message, ensure_ascii=False).encode() for message in some]
        after: list[timedelta | None] = [situation.until_due()] * len(some)
        await queries.enqueue(["deliver"] * len(some), payloads, [0] * len(some), after)
    crew.ready_hand(situation.folder, "sender")
    await asyncio.Event().wait()


def work() -> None:
    """Work until SIGTERM."""
    uvloop.run(_work())


async def _work() -> None:
    await desk.open()
    size = int(KNOBS["pool"])
    pool = await asyncpg.create_pool(read().database_url, min_size=size, max_size=size)
    worker = PgQueuer.from_asyncpg_pool(pool)
    worker.entrypoint("deliver")(deliver)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.shutdown.set)
    crew.ready_hand(read().folder, "worker")
    await worker.qm.run(
        batch_size=int(KNOBS["batch"]),
        max_concurrent_tasks=int(KNOBS["tasks"]),
        log_aggregation_interval=timedelta(0),
    )
    await desk.close()


if __name__ == "__main__":
    crew.main(
        {"prepare": prepare, "run": run, "send": send, "work": work, "settings": lambda: print(json.dumps(SETTINGS))}
    )
