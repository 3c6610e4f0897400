"""Worker loops as metrics and spans: one block around each job."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

from plimsoll.instrument.queues.metrics import QueueMetrics
from plimsoll.instrument.traces import NoSpan, Span, SpanKind, begun
from plimsoll.instrument.traces.w3c import extract

COMPLETED: Final = "completed"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"


class Jobs:
    """Counts the jobs of one worker; each costs some 2 us more, and 4 where it is a span.

    Args:
        queues: The families about queues.
        worker_id: Who this worker is: of a start of a process, not of a job.
        counts_handed: Whether a job counts into `queue_jobs_total` when it begins; False where whoever hands jobs over
            counts them (`QueueMetrics.handed`), or each would count twice.
    """

    __slots__ = ("_active", "_counts_handed", "_queues")

    def __init__(self, queues: QueueMetrics, *, worker_id: str, counts_handed: bool = True) -> None:
        self._queues = queues
        self._active = queues.workers.at(worker_id)
        self._counts_handed = counts_handed

    def working(self, queue: str, job_type: str, headers: Mapping[str, object] | None = None) -> Job:
        """Return a block, `with` or `async with`, around one job.

        It ends `completed`, `failed` when it raises, `cancelled` when it is cancelled, or as `job.status` says. While
        it lasts it is the span that others are a part of.

        Args:
            queue: Which queue it came from.
            job_type: What sort of job it is, out of few.
            headers: Of its message: the trace that they carry goes on, where they carry one.
        """
        attributes = {"messaging.destination.name": queue, "messaging.operation.type": "process"}
        return Job(
            self, queue, job_type, begun(f"process {queue}", SpanKind.CONSUMER, attributes, parent=extract(headers))
        )

    def begun(self, queue: str, job_type: str) -> None:
        """Count a job that begins."""
        if self._counts_handed:
            self._queues.handed(queue, job_type)
        self._queues.active.at(queue).inc()
        self._active.inc()

    def ended(self, queue: str, job_type: str, status: str, seconds: float) -> None:
        """Count a job that ended."""
        self._active.dec()
        self._queues.active.at(queue).dec()
        self._queues.ended(queue, job_type, status, seconds)


class Job:
    """One job, while it is worked on.

    Attributes:
        status: How it ended, if the job knows better than whether it raised; a word out of few.
    """

    __slots__ = ("_began", "_job_type", "_jobs", "_queue", "_span", "status")

    def __init__(self, jobs: Jobs, queue: str, job_type: str, span: Span | NoSpan) -> None:
        self._jobs = jobs
        self._queue = queue
        self._job_type = job_type
        self._span = span
        self._began = 0.0
        self.status = ""

    def __enter__(self) -> Self:
        self._jobs.begun(self._queue, self._job_type)
        self._span.__enter__()
        self._began = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = time.perf_counter() - self._began
        self._jobs.ended(self._queue, self._job_type, self.status or _status_of(error), seconds)
        self._span.__exit__(kind, error, trace)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)


def _status_of(error: BaseException | None) -> str:
    if error is None:
        return COMPLETED
    return CANCELLED if isinstance(error, asyncio.CancelledError) else FAILED
