"""Events and readings as metrics: all of a process but its requests, its database and itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import assert_never

from natalis.domain.delivery import DeliveryKey, Status
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
from natalis.domain.trace import trace_of
from plimsoll.instrument import business, traces
from plimsoll.instrument.caches import CacheMetrics
from plimsoll.instrument.queues.messages import EmailMetrics, MessageMetrics
from plimsoll.instrument.queues.metrics import QueueMetrics
from plimsoll.instrument.redis import RedisMetrics
from plimsoll.instrument.registry import Mode, Registry
from plimsoll.instrument.traces.w3c import is_kept

JOB = "delivery"
"""The type of every job in Natalis' queue."""
BREAKER_STATES = ("closed", "half-open", "open")
ZONES_AND_STATUSES = 4_000
"""Label sets of what is told by zone: the time zone database has about 600, and five statuses."""


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
    durations: tuple[Callable[[float, str], None], ...]
    lateness: Callable[[float, str], None] | None


class Metrics:
    """A telemetry that counts; every event costs a few microseconds and no lock is held for long.

    Args:
        registry: Where the metrics live.
        queue: The name of the queue that dispatched deliveries go to.
        counts_people: Whether this process tells how many people there are, and how well they are served.
        sends: Whether this process calls the provider.

    Attributes:
        caches: Told of every look-up.
    """

    def __init__(
        self, registry: Registry, *, queue: str = "embedded", counts_people: bool = True, sends: bool = True
    ) -> None:
        self._queue = queue
        self._sent = self._in_tolerance = 0
        self._queues = QueueMetrics(registry, active=Mode.LATEST)  # every process asks the one store
        self._messages = MessageMetrics(registry)
        self._emails = EmailMetrics(registry)
        self.caches = CacheMetrics(registry)
        self._redis = RedisMetrics(registry)
        self._connections = business.Connections(registry)
        self._make_own(registry)
        # What has no labels shows a value from the start: only where it is one.
        self._business = _Business(registry) if counts_people else None
        if sends:
            business.accuracy(registry, self._accuracy)
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
                self._queues.handed(self._queue, JOB, count)
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
            self._queues.depth.at(self._queue).set(readings.depth)
        self._queues.waiting.at(self._queue).set(readings.deliveries.get(Status.QUEUED, 0))
        self._queues.active.at(self._queue).set(readings.deliveries.get(Status.SENDING, 0))
        for status in Status:
            self._deliveries.at(status.value).set(readings.deliveries.get(status, 0))
        self._pending.at().set(sum(readings.deliveries.get(status, 0) for status in pending))
        if self._business is not None:
            self._business.read(readings)

    def watch_connections(self, kind: str, count: Callable[[], int]) -> None:
        """Have connections of a kind counted at every scrape."""
        self._connections.watch(kind, count)

    def watch_worker(self, worker_id: str, count: Callable[[], int]) -> None:
        """Have the jobs that a worker has in hand counted at every scrape."""
        self._queues.watch_worker(worker_id, count)

    def heard_redis(self, operation: str, took: timedelta, error: BaseException | None = None) -> None:
        """Count an operation; what the caches on Redis take as `operated`."""
        self._redis.heard(operation, took.total_seconds(), error)

    def _record_attempt(self, event: AttemptEnded) -> None:
        key = (event.outcome, event.final, event.key.kind, event.timezone)
        series = self._series.get(key) or self._series_of(event)
        seconds, trace = event.took.total_seconds(), _kept_trace(event.key)
        for count in series.counts:
            count()
        for observe in series.durations:
            observe(seconds, trace)
        if series.lateness is not None:
            series.lateness(max(0.0, (event.finished_at - event.fire_at).total_seconds() - seconds), trace)
        if event.final and event.outcome == "delivered":
            self._sent += 1
            self._in_tolerance += not event.late
            if event.late:
                self._late.at().inc()

    def _series_of(self, event: AttemptEnded) -> _Series:
        """Look up once what every attempt of this sort adds to: looking up costs more than adding."""
        status, called = event.outcome if event.final else "retrying", event.outcome != "withheld"
        counts = [self._messages.processed.at(status).inc]
        durations = [self._messages.seconds.at(status).observe]
        if called:
            counts.append(self._emails.sent.at(event.outcome).inc)
            durations.append(self._emails.seconds.at(event.outcome).observe)
        if event.final:
            counts.append(self._queues.completed.at(self._queue, JOB, event.outcome).inc)
            durations.append(self._queues.seconds.at(self._queue, JOB, event.outcome).observe)
        if event.final and event.key.kind == BIRTHDAY:
            counts.append(self._birthdays.at(event.timezone, event.outcome).inc)
        lateness = self._messages.lateness.at(event.key.kind).observe if called else None
        series = _Series(tuple(counts), tuple(durations), lateness)
        if len(self._series) < ZONES_AND_STATUSES:
            self._series[event.outcome, event.final, event.key.kind, event.timezone] = series
        return series

    def _record_missed(self, event: Missed, count: int) -> None:
        self._messages.processed.at("missed").inc(count)
        for key in event.keys:
            self._missed.at(key.kind).inc()

    def _make_own(self, registry: Registry) -> None:
        """Make what Natalis alone has."""
        self._birthdays = registry.counter(
            "birthday_messages_total",
            "Birthday messages that ended, by zone.",
            *("timezone", "status"),
            limit=ZONES_AND_STATUSES,
        )
        self._missed = registry.counter("deliveries_missed_total", "Deliveries whose window passed.", "kind")
        self._late = registry.counter("deliveries_late_total", "Deliveries sent later than their kind's tolerance.")
        self._planned = registry.counter("deliveries_planned_total", "Deliveries that the planner made.")
        self._quarantined = registry.counter("occasions_quarantined_total", "Occasions set aside.", "kind")
        self._fenced = registry.counter("completions_fenced_total", "Completions refused for a lost lease.")
        self._returned = registry.counter("deliveries_returned_total", "Deliveries the reaper gave back.", "reason")
        self._breaker = registry.gauge(
            "breaker_state", "1 for the state the breaker is in.", "provider", "state", mode=Mode.MAX
        )
        self._deliveries = registry.gauge("deliveries", "Deliveries in the store.", "status", mode=Mode.LATEST)
        self._pending = registry.gauge(
            "deliveries_pending", "Deliveries that wait for their time or for a retry.", mode=Mode.LATEST
        )

    def _accuracy(self) -> float:
        return self._in_tolerance / self._sent if self._sent else 1.0


def _kept_trace(key: DeliveryKey) -> str:
    """Return the id of a delivery's trace, as an exemplar has it; empty where it is not kept, or nothing is traced."""
    listener = traces.listening()
    if listener is None:
        return ""
    trace = trace_of(key)
    return trace.written if is_kept(trace.trace_id, listener.ratio) else ""


class _Business:
    """What the store alone knows, and one process need tell: how many people there are, how well they are served."""

    def __init__(self, registry: Registry) -> None:
        self._users = business.active_users(registry)
        self._rating = business.satisfaction(registry)
        self._completion = business.completion(registry)

    def read(self, readings: Readings) -> None:
        deliveries = readings.deliveries
        due = sum(deliveries.get(status, 0) for status in (Status.SENT, Status.FAILED, Status.MISSED))
        self._completion(deliveries.get(Status.SENT, 0) / due if due else 1.0)
        if readings.users is not None:
            self._users(readings.users)
        if readings.rating is not None:
            self._rating(readings.rating)
