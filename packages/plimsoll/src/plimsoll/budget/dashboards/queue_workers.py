"""Queue and workers: does the work get done, in time, and by whom?"""

from __future__ import annotations

from typing import Final

from plimsoll.budget.dashboards import processes, queues
from plimsoll.budget.dashboards.view import Plan
from plimsoll.budget.sources import Source

PLAN: Final = Plan(
    "queue-workers",
    "Queue and workers",
    "Does the work get done, in time, and by whom?",
    (Source.QUEUE, Source.RABBITMQ),
    (
        ("Queue", (queues.depth, queues.waiting_and_active, queues.in_and_out, queues.stalled)),
        ("Messages", (queues.processed_by_status, queues.lateness, queues.processing_p95)),
        ("Workers", (queues.workers, queues.completion, queues.job_durations, processes.cpu)),
        ("Provider", (queues.calls, queues.call_p95)),
        ("Broker", (queues.broker_messages, queues.broker_rates, queues.broker_clients, queues.broker_memory)),
    ),
    instances=Source.QUEUE,
)
