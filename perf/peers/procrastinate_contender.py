"""Procrastinate on PostgreSQL alone: jobs deferred ahead to the due instant, and workers with event loops."""

from __future__ import annotations

import asyncio
import json
import logging
from importlib.metadata import version
from itertools import islice

import uvloop
from procrastinate import App, PsycopgConnector  # type: ignore[import-not-found]  # is in .venvs/peers

from perf.peers import crew, loops, stock
from perf.peers.knobs import turned
from perf.peers.situation import Situation, read

KNOBS = turned({"workers": 4, "concurrency": 20, "pool": 8, "connections": 4, "grouped": 1})
SETTINGS = {
    "deferred ahead with schedule_at, in batches of 1,000": "its own way to have work due at an instant: ahead",
    "job rows marked succeeded": "its default, delete_jobs=never: what was done stays known; acknowledged late",
    "fetch_job_polling_interval=0.1": "no notification comes when a deferred job is due; 5 s is its default",
    "uvloop; log level ERROR": "nothing that this work has no use for",
    "marks": "jobs that wait for their mark at the same time share a statement (our code, see loops.py)",
    "version": version("procrastinate"),
    "knobs": KNOBS,
}
_POLLING = 0.1  # seconds

size = int(KNOBS["pool"])
app = App(connector=PsycopgConnector(conninfo=read().database_url, min_size=size, max_size=size))
desk = loops.Desk(connections=int(KNOBS["connections"]), grouped=bool(KNOBS["grouped"]))


async def deliver(number: int, email: str, text: str) -> None:
    """Carry one message out: the task."""
    await desk.deliver(stock.Message(number, email, text))


task = app.task(deliver, name="deliver", queue="messages")


def prepare() -> None:
    """Make the messages and its tables."""
    stock.lay(read())
    asyncio.run(_install())


async def _install() -> None:
    async with app.open_async():
        await app.schema_manager.apply_schema_async()


def run() -> None:
    """Start what defers, and workers."""
    workers = [crew.here("procrastinate_contender", "work")] * int(KNOBS["workers"])
    crew.run(read().folder, [crew.here("procrastinate_contender", "send"), *workers], hands=len(workers) + 1)


def send() -> None:
    """Defer every message to the instant; then stay until told to go."""
    asyncio.run(_send(read()))


async def _send(situation: Situation) -> None:
    messages = stock.every(situation.count)
    async with app.open_async():
        deferred = task.configure(schedule_at=situation.due)
        while some := list(islice(messages, 1_000)):
            await deferred.batch_defer_async(*({"number": m.number, "email": m.email, "text": m.text} for m in some))
    crew.ready_hand(situation.folder, "sender")
    await asyncio.Event().wait()


def work() -> None:
    """Work until SIGTERM."""
    logging.basicConfig(level=logging.ERROR)
    uvloop.run(_work())


async def _work() -> None:
    await desk.open()
    async with app.open_async():
        crew.ready_hand(read().folder, "worker")
        await app.run_worker_async(concurrency=int(KNOBS["concurrency"]), fetch_job_polling_interval=_POLLING)
    await desk.close()


if __name__ == "__main__":
    crew.main(
        {"prepare": prepare, "run": run, "send": send, "work": work, "settings": lambda: print(json.dumps(SETTINGS))}
    )
