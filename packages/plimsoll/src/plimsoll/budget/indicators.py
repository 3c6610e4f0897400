"""What a service can promise: each indicator with its unit, its good side, and how load tests and Prometheus see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from plimsoll.budget.file.amounts import Unit
from plimsoll.budget.measures import (
    Busy,
    Level,
    Mean,
    Measure,
    Part,
    Quantile,
    Rate,
    Ratio,
    Stalled,
    Take,
    Up,
)
from plimsoll.budget.promql import Matcher
from plimsoll.budget.sides import Good
from plimsoll.budget.sight import Sight
from plimsoll.budget.sources import Source
from plimsoll.instrument.databases.metrics import QUERY_BUCKETS
from plimsoll.instrument.queues.messages import LATENESS_BUCKETS
from plimsoll.measure import names

Live = Callable[[Sight], Measure]
"""Builds the measure of an indicator for what can be seen; raises `Unseen` where it cannot."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """Something that can be promised.

    Attributes:
        name: As the budget file calls it.
        about: What it is, in a few words.
        unit: What its bounds count.
        good: On which side of them it is kept.
        load: The metric and aggregation by which a load test judges it, in k6's words; None where none sees it.
        load_factor: From the base of its unit to that metric's: milliseconds for times.
        live: How Prometheus sees it; None where it does not.
        objective: Of a percentile, the share of events that it promises; None for all others, whose bound is it.
    """

    name: str
    about: str
    unit: Unit
    good: Good = Good.BELOW
    load: tuple[str, str] | None = None
    load_factor: float = 1.0
    live: Live | None = None
    objective: float | None = None

    def objective_at(self, bound: float) -> float:
        """Return the share of events that must be good where this is the bound."""
        if self.objective is not None:
            return self.objective
        return bound if self.good is Good.ABOVE else 1 - bound


def _percentile(percent: str, aggregation: str) -> Indicator:
    share = float(percent) / 100
    return Indicator(
        f"latency p{percent}",
        f"The duration that {percent} % of requests do not exceed.",
        Unit.SECONDS,
        load=(names.HTTP_REQ_LATENCY.name, aggregation),
        load_factor=1000,
        live=lambda sight: Quantile(sight.durations(), share, sight.dialect.buckets),
        objective=share,
    )


def _latency(name: str, about: str, aggregation: str, live: Live | None = None) -> Indicator:
    load = (names.HTTP_REQ_LATENCY.name, aggregation)
    return Indicator(name, about, Unit.SECONDS, load=load, load_factor=1000, live=live)


def _answers(digit: str) -> Live:
    return lambda sight: Ratio(sight.requests(sight.status(digit)), (sight.requests(),))


def _timeouts(sight: Sight) -> Measure:
    timed_out = Matcher("error_type", "=~", "TimeoutError|timeout|ReadTimeout|ConnectTimeout|status_504")
    return Ratio(sight.failures(timed_out), (sight.requests(),))


def _available(sight: Sight) -> Measure:
    return Ratio(sight.requests(sight.status("5").opposite()), (sight.requests(),), some_are_good=True)


def _hits(source: Source, hits: str, misses: str) -> Live:
    def live(sight: Sight) -> Measure:
        found = sight.of(source, hits)
        return Ratio(found, (found, sight.of(source, misses)), some_are_good=True)

    return live


def _part(source: Source, part: str, whole: str, *matchers: Matcher, rest: bool = False, low: bool = False) -> Live:
    by = ("instance", "mountpoint") if "filesystem" in part else ("instance",)
    take = Take.MIN if low else Take.MAX
    return lambda sight: Part(sight.of(source, part, *matchers), sight.of(source, whole, *matchers), by, take, rest)


def _level(source: Source, gauge: str, take: Take = Take.MAX, above: float | None = None) -> Live:
    return lambda sight: Level(sight.of(source, gauge), take, above)


def _disks() -> Matcher:
    return Matcher("fstype", "!~", "tmpfs|ramfs|overlay|squashfs|devtmpfs|fuse.*")


_HTTP: Final = (
    _latency("latency avg", "The mean duration of requests.", "avg", lambda sight: Mean(sight.durations())),
    _percentile("50", "p(50)"),
    _percentile("90", "p(90)"),
    _percentile("95", "p(95)"),
    _percentile("99", "p(99)"),
    _percentile("99.9", "p(99.9)"),
    _latency("latency max", "The longest request.", "max"),
    Indicator(
        "errors",
        "Requests that failed: by 5xx while the service runs, by anything in a load test.",
        Unit.SHARE,
        load=(names.HTTP_REQ_FAILED.name, "rate"),
        live=_answers("5"),
    ),
    Indicator("errors 4xx", "Requests refused for what they asked.", Unit.SHARE, live=_answers("4")),
    Indicator("errors 5xx", "Requests that the service failed.", Unit.SHARE, live=_answers("5")),
    Indicator("errors timeout", "Requests that timed out.", Unit.SHARE, live=_timeouts),
    Indicator(
        "throughput",
        "Requests answered a second.",
        Unit.PER_SECOND,
        Good.ABOVE,
        (names.HTTP_REQS.name, "rate"),
        live=lambda sight: Rate(sight.requests()),
    ),
    Indicator("concurrent users", "Users at once.", Unit.NUMBER, Good.ABOVE, (names.VUS.name, "max")),
    Indicator("checks", "Checks of a load test that held.", Unit.SHARE, Good.ABOVE, (names.CHECKS.name, "rate")),
    Indicator("availability", "Requests that the service did not fail.", Unit.SHARE, Good.ABOVE, live=_available),
    Indicator(
        "instances up",
        "1 while every instance answers the scraper, 0 when one does not.",
        Unit.NUMBER,
        Good.ABOVE,
        live=lambda sight: Up(sight.of(Source.HTTP, "up")),
    ),
)
_DATABASE: Final = (
    Indicator(
        "query p95",
        "The duration that 95 % of queries do not exceed.",
        Unit.SECONDS,
        live=lambda sight: Quantile(sight.of(Source.DATABASE, "db_query_duration_seconds"), 0.95, QUERY_BUCKETS),
        objective=0.95,
    ),
    Indicator(
        "query mean",
        "The mean duration of queries, of the slowest operation and table.",
        Unit.SECONDS,
        live=lambda sight: Mean(sight.of(Source.DATABASE, "db_query_duration_seconds"), ("operation", "table")),
    ),
    Indicator(
        "pool use",
        "Connections lent of all in the fullest pool.",
        Unit.SHARE,
        live=_level(Source.DATABASE, "db_connection_pool_usage"),
    ),
    Indicator(
        "database connections",
        "Connections of the most that the database server allows.",
        Unit.SHARE,
        live=_part(Source.POSTGRES, "pg_stat_activity_count", "pg_settings_max_connections"),
    ),
    Indicator(
        "database cache hits",
        "Blocks found in the database's own memory.",
        Unit.SHARE,
        Good.ABOVE,
        live=_hits(Source.POSTGRES, "pg_stat_database_blks_hit", "pg_stat_database_blks_read"),
    ),
    Indicator(
        "replica lag",
        "How far a replica is behind.",
        Unit.SECONDS,
        live=_level(Source.DATABASE, "db_replica_lag_seconds"),
    ),
)
_MACHINE: Final = (
    Indicator(
        "cache hits",
        "Look-ups answered from the cache.",
        Unit.SHARE,
        Good.ABOVE,
        live=_hits(Source.CACHE, "cache_hits_total", "cache_misses_total"),
    ),
    Indicator(
        "redis memory",
        "Memory of the most that Redis may use.",
        Unit.SHARE,
        live=_part(Source.REDIS, "redis_memory_used_bytes", "redis_memory_max_bytes"),
    ),
    Indicator(
        "cpu",
        "Processor time in use, of the busiest machine.",
        Unit.SHARE,
        live=lambda sight: Busy(sight.of(Source.NODE, "node_cpu_seconds_total", Matcher("mode", "=", "idle"))),
    ),
    Indicator(
        "memory",
        "Memory in use, of the fullest machine.",
        Unit.SHARE,
        live=_part(Source.NODE, "node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes", rest=True),
    ),
    Indicator(
        "memory per instance",
        "Resident memory of the largest process.",
        Unit.BYTES,
        live=_level(Source.PROCESS, "process_resident_memory_bytes"),
    ),
    Indicator(
        "disk free",
        "Free space of the fullest file system.",
        Unit.SHARE,
        Good.ABOVE,
        live=_part(Source.NODE, "node_filesystem_avail_bytes", "node_filesystem_size_bytes", _disks(), low=True),
    ),
)
_PUT_OFF: Final = Matcher("status", "=", "retrying")
"""What failed and is tried again: no work is done by it, however often."""
_QUEUE: Final = (
    Indicator(
        "queue lag",
        "How late 95 % of messages are at most.",
        Unit.SECONDS,
        live=lambda sight: Quantile(sight.of(Source.QUEUE, "message_lateness_seconds"), 0.95, LATENESS_BUCKETS),
        objective=0.95,
    ),
    Indicator("queue depth", "What waits in the fullest queue.", Unit.NUMBER, live=_level(Source.QUEUE, "queue_depth")),
    Indicator(
        "queue stalled",
        "What waits while nothing is delivered.",
        Unit.NUMBER,
        live=lambda sight: Stalled(
            sight.of(Source.QUEUE, "queue_depth"),
            sight.of(Source.QUEUE, "messages_processed_total", _PUT_OFF.opposite()),
        ),
    ),
    Indicator(
        "queue rate",
        "Messages processed a second.",
        Unit.PER_SECOND,
        Good.ABOVE,
        live=lambda sight: Rate(sight.of(Source.QUEUE, "messages_processed_total")),
    ),
    Indicator("batch per 1,000", "The duration of 1,000 in a batch.", Unit.SECONDS),
)
_BUSINESS: Final = (
    Indicator(
        "satisfaction",
        "The mean rating; there is none at 0.",
        Unit.NUMBER,
        Good.ABOVE,
        live=_level(Source.BUSINESS, "user_satisfaction_score", Take.MIN, above=0),
    ),
    Indicator(
        "completion",
        "Work that was completed of what was due.",
        Unit.SHARE,
        Good.ABOVE,
        live=_level(Source.BUSINESS, "task_completion_ratio", Take.MIN),
    ),
    Indicator(
        "accuracy",
        "What was right of what was done.",
        Unit.SHARE,
        Good.ABOVE,
        live=_level(Source.BUSINESS, "data_accuracy_ratio", Take.MIN),
    ),
)
INDICATORS: Final = {each.name: each for each in (*_HTTP, *_DATABASE, *_MACHINE, *_QUEUE, *_BUSINESS)}
