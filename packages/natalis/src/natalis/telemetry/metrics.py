"""Events and readings as metrics: all of a process but its requests, its database and itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import assert_never

from natalis.domain.delivery import Status
from natalis.domain.events import (
    AttemptEnded,
    BreakerMoved,
    Dispatched,
    Event,
    Fenced,
    Missed,
    Planned,
    Quarantined,
    Returned,
)
from natalis.domain.occasion import BIRTHDAY
from plimsoll.instrument.registry import LABEL_VALUES, Registry

CALL_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds of a provider's call."""
LATENESS_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 4.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0)
"""Seconds between fire time and call: the promised 250 ms and 4 s, the default tolerance of 60 s, a day."""
LOOKUP_BUCKETS = (0.0001, 0.001, 0.01, 0.05, 0.1, 0.5, 1.0)
"""Seconds."""
BREAKER_STATES = ("closed", "half-open", "open")


@dataclass(frozen=True, slots=True)
class Readings:
    """What is counted by asking rather than by watching; the runtime asks now and then.

    Attributes:
        depth: Keys in the queue; None when it could not be asked.
        deliveries: Deliveries by status.
        users: Living users; None when nobody counted this time.
        rating: Mean rating of recipients; None without any.
    """

    depth: int | None = None
    deliveries: Mapping[Status, int] = field(default_factory=lambda: MappingProxyType({}))
    users: int | None = None
    rating: float | None = None


@dataclass(frozen=True, slots=True)
class _Series:
    """What an attempt of one sort adds to."""

    counts: tuple[Callable[[], None], ...]
    durations: tuple[Callable[[float], None], ...]
    lateness: Callable[[float], None] | None


class Metrics:
    """A telemetry that counts; every event costs a few microseconds and no lock is held for long.

    Args:
        registry: Where the metrics live.
        queue: The name of the queue that dispatched deliveries go to.
        counts_people: Whether this process tells how many people there are, and how well they are served.
        sends: Whether this process calls the provider.
    """

    def __init__(
        self, registry: Registry, *, queue: str = "embedded", counts_people: bool = True, sends: bool = True
    ) -> None:
        self._queue = queue
        self._sent = self._in_tolerance = 0
        self._make_delivery_metrics(registry)
        self._make_service_metrics(registry)
        self._make_cache_metrics(registry)
        self._make_readings(registry)
        # What has no labels shows a value from the start: only where it is one.
        self._business = _Business(registry) if counts_people else None
        if sends:
            registry.level("data_accuracy_ratio", "Sent within tolerance of sent, since the start.", self._accuracy)
        self._series: dict[tuple[str, bool, str, str], _Series] = {}

    def record(self, event: Event) -> None:
        """Count an event."""
        match event:
            case AttemptEnded():
                self._record_attempt(event)
            case Planned(count):
                self._planned.at().inc(count)
            case Quarantined(kind=kind):
                self._quarantined.at(kind).inc()
            case Dispatched(count):
                self._jobs.at(self._queue, "delivery").inc(count)
            case Fenced():
                self._fenced.at().inc()
            case Missed(keys):
                self._record_missed(event, len(keys))
            case Returned(leases, lost):
                self._returned.at("lease").inc(leases)
                self._returned.at("lost").inc(lost)
            case BreakerMoved(provider, state):
                for each in BREAKER_STATES:
                    self._breaker.at(provider, each).set(each == state)
            case other:
                assert_never(other)

    def read(self, readings: Readings) -> None:
        """Take readings in."""
        pending = {Status.SCHEDULED, Status.QUEUED, Status.RETRYING}
        if readings.depth is not None:
            self._depth.at(self._queue).set(readings.depth)
        self._waiting.at(self._queue).set(readings.deliveries.get(Status.QUEUED, 0))
        self._active.at(self._queue).set(readings.deliveries.get(Status.SENDING, 0))
        for status in Status:
            self._deliveries.at(status.value).set(readings.deliveries.get(status, 0))
        self._pending.at().set(sum(readings.deliveries.get(status, 0) for status in pending))
        if self._business is not None:
            self._business.read(readings)

    def watch_connections(self, kind: str, count: Callable[[], int]) -> None:
        """Have connections of a kind counted at every scrape."""
        self._connections.at(kind).set_function(count)

    def watch_worker(self, worker_id: str, count: Callable[[], int]) -> None:
        """Have the jobs that a worker has in hand counted at every scrape."""
        self._worker_jobs.at(worker_id).set_function(count)

    def heard_cache(self, cache: str, hit: bool, took: timedelta) -> None:  # noqa: FBT001 - as `MemoryCache` tells it
        """Count a look-up; what `natalis.caches.memory.MemoryCache` takes as `heard`."""
        (self._hits if hit else self._misses).at(cache).inc()
        self._cache_seconds.at(cache).observe(took / timedelta(seconds=1))

    def heard_redis(self, operation: str, took: timedelta) -> None:
        """Count an operation; what the caches on Redis take as `operated`."""
        self._redis.at(operation).inc()
        self._redis_seconds.at(operation).observe(took / timedelta(seconds=1))

    def _record_attempt(self, event: AttemptEnded) -> None:
        key = (event.outcome, event.final, event.key.kind, event.timezone)
        series = self._series.get(key) or self._series_of(event)
        seconds = event.took.total_seconds()
        for count in series.counts:
            count()
        for observe in series.durations:
            observe(seconds)
        if series.lateness is not None:
            series.lateness(max(0.0, (event.finished_at - event.fire_at).total_seconds() - seconds))
        if event.final and event.outcome == "delivered":
            self._sent += 1
            self._in_tolerance += not event.late
            if event.late:
                self._late.at().inc()

    def _series_of(self, event: AttemptEnded) -> _Series:
        """Look up once what every attempt of this sort adds to: looking up costs more than adding."""
        status, called = event.outcome if event.final else "retrying", event.outcome != "withheld"
        counts = [self._processed.at(status).inc]
        durations = [self._processing.at(status).observe]
        if called:
            counts.append(self._emails.at(event.outcome).inc)
            durations.append(self._email_seconds.at(event.outcome).observe)
        if event.final:
            counts.append(self._completed.at(self._queue, "delivery", event.outcome).inc)
            durations.append(self._job_seconds.at(self._queue, "delivery", event.outcome).observe)
        if event.final and event.key.kind == BIRTHDAY:
            counts.append(self._birthdays.at(event.timezone, event.outcome).inc)
        lateness = self._lateness.at(event.key.kind).observe if called else None
        series = _Series(tuple(counts), tuple(durations), lateness)
        if len(self._series) < LABEL_VALUES:
            self._series[event.outcome, event.final, event.key.kind, event.timezone] = series
        return series

    def _record_missed(self, event: Missed, count: int) -> None:
        self._processed.at("missed").inc(count)
        for key in event.keys:
            self._missed.at(key.kind).inc()

    def _make_delivery_metrics(self, registry: Registry) -> None:
        self._processed = registry.counter("messages_processed_total", "Attempts by how they ended.", "status")
        self._processing = registry.histogram(
            "message_processing_duration_seconds", "An attempt's duration.", "status", buckets=CALL_BUCKETS
        )
        self._lateness = registry.histogram(
            "message_lateness_seconds", "Provider call minus fire time.", "kind", buckets=LATENESS_BUCKETS
        )
        self._emails = registry.counter("email_send_total", "Calls of the provider by their answer.", "status")
        self._email_seconds = registry.histogram(
            "email_send_duration_seconds", "A provider call's duration.", "status", buckets=CALL_BUCKETS
        )
        self._birthdays = registry.counter(
            "birthday_messages_total", "Birthday messages that ended, by zone.", "timezone", "status"
        )
        self._missed = registry.counter("deliveries_missed_total", "Deliveries whose window passed.", "kind")
        self._late = registry.counter("deliveries_late_total", "Deliveries sent later than their kind's tolerance.")

    def _make_service_metrics(self, registry: Registry) -> None:
        self._planned = registry.counter("deliveries_planned_total", "Deliveries that the planner made.")
        self._quarantined = registry.counter("occasions_quarantined_total", "Occasions set aside.", "kind")
        self._fenced = registry.counter("completions_fenced_total", "Completions refused for a lost lease.")
        self._returned = registry.counter("deliveries_returned_total", "Deliveries the reaper gave back.", "reason")
        self._breaker = registry.gauge("breaker_state", "1 for the state the breaker is in.", "provider", "state")
        self._jobs = registry.counter("queue_jobs_total", "Jobs handed to the queue.", "queue_name", "job_type")
        self._completed = registry.counter(
            "queue_jobs_completed_total", "Jobs that ended.", "queue_name", "job_type", "status"
        )
        self._job_seconds = registry.histogram(
            "queue_job_duration_seconds",
            "Of jobs that ended, the last attempt's duration.",
            *("queue_name", "job_type", "status"),
            buckets=CALL_BUCKETS,
        )
        self._worker_jobs = registry.gauge("worker_active_jobs", "Calls of the provider under way.", "worker_id")

    def _make_cache_metrics(self, registry: Registry) -> None:
        self._hits = registry.counter("cache_hits_total", "Look-ups answered from the cache.", "cache")
        self._misses = registry.counter("cache_misses_total", "Look-ups that loaded.", "cache")
        self._cache_seconds = registry.histogram(
            "cache_lookup_duration_seconds", "A look-up's duration, loads included.", "cache", buckets=LOOKUP_BUCKETS
        )
        self._redis = registry.counter("redis_operations_total", "Operations of Redis, failed ones too.", "operation")
        self._redis_seconds = registry.histogram(
            "redis_operation_duration_seconds", "An operation's duration.", "operation", buckets=LOOKUP_BUCKETS
        )

    def _make_readings(self, registry: Registry) -> None:
        self._depth = registry.gauge("queue_depth", "Keys in the queue.", "queue_name")
        self._waiting = registry.gauge("queue_waiting_jobs", "Deliveries queued.", "queue_name")
        self._active = registry.gauge("queue_active_jobs", "Deliveries being sent.", "queue_name")
        self._deliveries = registry.gauge("deliveries", "Deliveries in the store.", "status")
        self._pending = registry.gauge("deliveries_pending", "Deliveries that wait for their time or for a retry.")
        self._connections = registry.gauge(
            "active_connections", "Connections in use: requests being answered, and connections lent.", "type"
        )

    def _accuracy(self) -> float:
        return self._in_tolerance / self._sent if self._sent else 1.0


class _Business:
    """What the store alone knows, and one process need tell: how many people there are, how well they are served."""

    def __init__(self, registry: Registry) -> None:
        self._users = registry.gauge("active_users_total", "Living users.")
        self._rating = registry.gauge("user_satisfaction_score", "Mean rating of recipients, 1 to 5; 0 without any.")
        self._completion = registry.gauge("task_completion_ratio", "Sent of sent, failed and missed; 1 without any.")
        self._completion.at().set(1)

    def read(self, readings: Readings) -> None:
        deliveries = readings.deliveries
        due = sum(deliveries.get(status, 0) for status in (Status.SENT, Status.FAILED, Status.MISSED))
        self._completion.at().set(deliveries.get(Status.SENT, 0) / due if due else 1.0)
        if readings.users is not None:
            self._users.at().set(readings.users)
        if readings.rating is not None:
            self._rating.at().set(readings.rating)
