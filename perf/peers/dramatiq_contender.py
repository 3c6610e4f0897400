"""Dramatiq on a RabbitMQ quorum queue: sender processes at the due instant, and workers of processes with threads."""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version

import dramatiq  # type: ignore[import-not-found]  # is in .venvs/peers
from dramatiq.brokers.rabbitmq import RabbitmqBroker  # type: ignore[import-not-found]  # is in .venvs/peers
from dramatiq.middleware import Middleware, Retries  # type: ignore[import-not-found]  # is in .venvs/peers

from perf.peers import crew, stock, threads
from perf.peers.knobs import turned
from perf.peers.situation import read

KNOBS = turned({"processes": 2, "threads": 8, "prefetch": 64, "senders": 1, "sender_threads": 8})
SETTINGS = {
    "x-queue-type=quorum": "by a subclass of its broker, which has no setting for it",
    "confirm_delivery": "each message is known to be in the queue",
    "acknowledges after the actor has returned": "its only mode: late",
    "middleware: Retries alone": "no results, no time limits, no age limit, no Prometheus",
    "version": version("dramatiq"),
    "knobs": KNOBS,
}


class QuorumBroker(RabbitmqBroker):  # type: ignore[misc]  # has no types
    """Declares quorum queues."""

    def _build_queue_arguments(self, queue_name: str) -> dict[str, object]:
        return {**super()._build_queue_arguments(queue_name), "x-queue-type": "quorum"}


class Booted(Middleware):  # type: ignore[misc]  # has no types
    """Says when a worker process is ready."""

    def after_worker_boot(self, broker: object, worker: object) -> None:  # noqa: ARG002 - its signature
        """Raise a hand."""
        crew.ready_hand(read().folder, "worker")


broker = QuorumBroker(url=read().queue_url, confirm_delivery=True, middleware=[Retries(), Booted()])
dramatiq.set_broker(broker)


def deliver(number: int, email: str, text: str) -> None:
    """Carry one message out: the actor."""
    threads.desk().deliver(stock.Message(number, email, text))


actor = dramatiq.actor(deliver, queue_name="messages")


def run() -> None:
    """Start senders and workers."""
    os.environ["dramatiq_queue_prefetch"] = str(KNOBS["prefetch"])  # noqa: SIM112 - its name
    size = ["--processes", str(KNOBS["processes"]), "--threads", str(KNOBS["threads"])]
    worker = [sys.executable, "-m", "dramatiq", "perf.peers.dramatiq_contender", *size]
    of = int(KNOBS["senders"])
    senders = [crew.here("dramatiq_contender", "send", str(part), str(of)) for part in range(of)]
    crew.run(read().folder, [worker, *senders], hands=int(KNOBS["processes"]) + of)


def send() -> None:
    """Publish what is due."""
    broker.declare_queue("messages", ensure=True)
    part, of = int(sys.argv[2]), int(sys.argv[3])
    threads.send(lambda message: actor.send(*message), threads=int(KNOBS["sender_threads"]), part=part, of=of)


if __name__ == "__main__":
    crew.main(
        {
            "prepare": lambda: stock.lay(read()),
            "run": run,
            "send": send,
            "settings": lambda: print(json.dumps(SETTINGS)),
        }
    )
