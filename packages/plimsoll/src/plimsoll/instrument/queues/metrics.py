"""Queues as metrics: what waits, what is worked on, what was handed over, what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from plimsoll.instrument.registry import Mode, Registry
from plimsoll.instrument.traces import kept_trace

JOB_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds of a job, of a message, of a call that sends one."""


class QueueMetrics:
    """The families about queues and their jobs.

    Args:
        registry: Where they live.
        partitioned: Whether depth, waiting and active are told for each partition of a queue.
        active: What the active jobs of several processes are together: their sum where each counts its own (`Jobs`),
            the latest where each asks the same queue or store.

    Attributes:
        depth: What is in the queue, by `queue_name` (and `partition`).
        waiting: Of that, what nobody works on.
        active: What somebody works on.
        jobs: Jobs handed to the queue, by `queue_name` and `job_type`.
        completed: Jobs that ended, by `status` as well.
        seconds: How long they took.
        workers: Jobs in hand, by `worker_id`.
    """

    __slots__ = ("active", "completed", "depth", "jobs", "seconds", "waiting", "workers")

    def __init__(self, registry: Registry, *, partitioned: bool = False, active: Mode = Mode.SUM) -> None:
        place = ("queue_name", "partition") if partitioned else ("queue_name",)
        self.depth = registry.gauge("queue_depth", "What is in the queue.", *place, mode=Mode.LATEST)
        self.waiting = registry.gauge("queue_waiting_jobs", "Jobs that wait for a worker.", *place, mode=Mode.LATEST)
        self.active = registry.gauge("queue_active_jobs", "Jobs that a worker is at.", *place, mode=active)
        each = ("queue_name", "job_type")
        self.jobs = registry.counter("queue_jobs_total", "Jobs handed to the queue.", *each)
        self.completed = registry.counter("queue_jobs_completed_total", "Jobs that ended.", *each, "status")
        self.seconds = registry.histogram(
            "queue_job_duration_seconds",
            "Of jobs that ended, the last attempt's duration.",
            *(*each, "status"),
            buckets=JOB_BUCKETS,
        )
        self.workers = registry.gauge("worker_active_jobs", "Jobs that a worker has in hand.", "worker_id")

    def handed(self, queue: str, job_type: str, count: int = 1) -> None:
        """Count jobs that were handed to a queue."""
        self.jobs.at(queue, job_type).inc(count)

    def ended(self, queue: str, job_type: str, status: str, seconds: float) -> None:
        """Count a job that ended."""
        self.completed.at(queue, job_type, status).inc()
        self.seconds.at(queue, job_type, status).observe(seconds, kept_trace())

    def watch_worker(self, worker_id: str, count: Callable[[], int]) -> None:
        """Have the jobs that a worker has in hand counted at every scrape."""
        self.workers.at(worker_id).set_function(count)
