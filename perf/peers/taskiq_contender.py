"""taskiq on a RabbitMQ quorum queue (taskiq-aio-pika): a sender at the due instant, and workers with event loops."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from importlib.metadata import version

import uvloop
from taskiq import TaskiqEvents  # type: ignore[import-not-found]  # is in .venvs/peers
from taskiq_aio_pika import AioPikaBroker  # type: ignore[import-not-found]  # is in .venvs/peers
from taskiq_aio_pika.queue import Queue, QueueType  # type: ignore[import-not-found]  # is in .venvs/peers

from perf.peers import crew, loops, stock
from perf.peers.knobs import turned
from perf.peers.situation import read

KNOBS = turned({"workers": 2, "tasks": 100, "prefetch": 100, "connections": 8, "grouped": 1, "publishing": 100})
SETTINGS = {
    "Queue(type=QUORUM)": "its default",
    "publisher confirms": "aio-pika's default: each message is known to be in the queue",
    "--ack-type when_saved": "acknowledged after its mark",
    "no result backend; --no-parse; --log-level WARNING; uvloop": "nothing that this work has no use for",
    "marks": "jobs that wait for their mark at the same time share a statement (our code, see loops.py)",
    "version": version("taskiq"),
    "knobs": KNOBS,
}

queue = Queue(name="messages", type=QueueType.QUORUM)
broker = AioPikaBroker(read().queue_url, qos=int(KNOBS["tasks"]) + int(KNOBS["prefetch"]), task_queues=[queue])
desk = loops.Desk(connections=int(KNOBS["connections"]), grouped=bool(KNOBS["grouped"]))


async def deliver(number: int, email: str, text: str) -> None:
    """Carry one message out: the task."""
    await desk.deliver(stock.Message(number, email, text))


task = broker.register_task(deliver, task_name="deliver")


async def begin(_: object) -> None:
    """Open the desk in a worker."""
    await desk.open()
    crew.ready_hand(read().folder, "worker")


async def end(_: object) -> None:
    """Close it."""
    await desk.close()


broker.add_event_handler(TaskiqEvents.WORKER_STARTUP, begin)
broker.add_event_handler(TaskiqEvents.WORKER_SHUTDOWN, end)


def run() -> None:
    """Start sender and workers."""
    size = ["--workers", str(KNOBS["workers"]), "--max-async-tasks", str(KNOBS["tasks"])]
    more = [
        "--max-prefetch",
        str(KNOBS["prefetch"]),
        "--ack-type",
        "when_saved",
        "--no-parse",
        "--log-level",
        "WARNING",
    ]
    worker = [sys.executable, "-m", "taskiq", "worker", "perf.peers.taskiq_contender:broker", *size, *more]
    crew.run(read().folder, [worker, crew.here("taskiq_contender", "send")], hands=int(KNOBS["workers"]) + 1)


def send() -> None:
    """Publish what is due; then stay until told to go."""
    uvloop.run(_send())
    threading.Event().wait()


async def _send() -> None:
    await broker.startup()
    crew.ready_hand(read().folder, "sender")
    batches = stock.due(read())
    # Many confirms are awaited at once; the rows come from a thread so that the loop need not wait for them.
    while messages := await asyncio.to_thread(next, batches, None):
        for start in range(0, len(messages), int(KNOBS["publishing"])):
            await asyncio.gather(
                *(task.kiq(*message) for message in messages[start : start + int(KNOBS["publishing"])])
            )


if __name__ == "__main__":
    crew.main(
        {
            "prepare": lambda: stock.lay(read()),
            "run": run,
            "send": send,
            "settings": lambda: print(json.dumps(SETTINGS)),
        }
    )
