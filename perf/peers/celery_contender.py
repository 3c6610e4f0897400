"""Celery on a RabbitMQ quorum queue: sender processes at the due instant, and workers of processes or threads."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version

from celery import Celery  # type: ignore[import-not-found]  # is in .venvs/peers
from celery.signals import worker_ready  # type: ignore[import-not-found]  # is in .venvs/peers

from perf.peers import crew, stock, threads
from perf.peers.knobs import turned
from perf.peers.situation import read

KNOBS = turned({"pool": "threads", "concurrency": 32, "workers": 1, "prefetch": 4, "senders": 1, "sender_threads": 8})
SETTINGS = {
    "task_default_queue_type=quorum, worker_detect_quorum_queues": "what a message that must not be lost needs",
    "broker_transport_options confirm_publish": "each message is known to be in the queue",
    "task_acks_late, task_reject_on_worker_lost": "acknowledged after its mark; comes again when a worker dies",
    "task_ignore_result; no gossip, mingle, heartbeat, events, remote control": "nothing that this work has no use for",
    "version": version("celery"),
    "knobs": KNOBS,
}

app = Celery("peers", broker=read().queue_url)
app.conf.update(
    task_default_queue="messages",
    task_default_queue_type="quorum",
    task_default_exchange_type="topic",
    worker_detect_quorum_queues=True,
    broker_transport_options={"confirm_publish": True},
    broker_native_delayed_delivery_queue_type="quorum",
    broker_connection_retry_on_startup=True,
    broker_pool_limit=int(KNOBS["sender_threads"]),
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_compression=None,
    task_send_sent_event=False,
    worker_prefetch_multiplier=int(KNOBS["prefetch"]),
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=True,
)


def deliver(number: int, email: str, text: str) -> None:
    """Carry one message out: the task."""
    threads.desk().deliver(stock.Message(number, email, text))


task = app.task(deliver, name="deliver")


def run() -> None:
    """Start senders and workers."""
    flags = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-O", "fair", "--loglevel", "WARNING"]
    pool = ["--pool", str(KNOBS["pool"]), "--concurrency", str(KNOBS["concurrency"])]
    worker = [sys.executable, "-m", "celery", "-A", "perf.peers.celery_contender:app", "worker", *flags, *pool]
    workers = [[*worker, "--hostname", f"{number}@peers"] for number in range(int(KNOBS["workers"]))]
    senders = [
        crew.here("celery_contender", "send", str(part), str(KNOBS["senders"])) for part in range(int(KNOBS["senders"]))
    ]
    crew.run(read().folder, [*workers, *senders], hands=len(workers) + len(senders))


def send() -> None:
    """Publish what is due."""
    part, of = int(sys.argv[2]), int(sys.argv[3])
    threads.send(task.apply_async, threads=int(KNOBS["sender_threads"]), part=part, of=of)


worker_ready.connect(lambda **_: crew.ready_hand(read().folder, "worker"), weak=False)

if __name__ == "__main__":
    crew.main(
        {
            "prepare": lambda: stock.lay(read()),
            "run": run,
            "send": send,
            "settings": lambda: print(json.dumps(SETTINGS)),
        }
    )
