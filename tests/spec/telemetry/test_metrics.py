"""Events and readings as metrics."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from natalis.domain.delivery import DeliveryKey, Status
from natalis.domain.events import (
    AttemptEnded,
    BreakerMoved,
    Dispatched,
    Fenced,
    Missed,
    Planned,
    Quarantined,
    Returned,
)
from natalis.domain.trace import trace_of
from natalis.telemetry.fanout import Fanout
from natalis.telemetry.metrics import Metrics, Readings
from plimsoll.instrument import traces
from plimsoll.instrument.exposition import Format
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.traces import Span, SpanKind

KEY = DeliveryKey("u1", "birthday", date(2026, 12, 10))
JOB = {"queue_name": "embedded", "job_type": "delivery"}
DELIVERY_DURATIONS = {
    "email_send_duration_seconds",
    "message_processing_duration_seconds",
    "queue_job_duration_seconds",
    "message_lateness_seconds",
}
NINE = datetime(2026, 12, 10, 9, tzinfo=UTC)


class Counted:
    """Metrics with their samples."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.metrics = Metrics(self.registry)

    def __call__(self, name: str, **labels: str) -> float | None:
        """Return a sample; None when there is none."""
        for family in text_string_to_metric_families(self.registry.exposition().decode()):
            for sample in family.samples:
                if sample.name == name and sample.labels == labels:
                    return sample.value
        return None


@pytest.fixture
def counted() -> Counted:
    """Metrics of their own."""
    return Counted()


def an_end(
    outcome: str = "delivered",
    *,
    final: bool = True,
    after: float = 0.0,
    took: float = 0.0,
    late: bool = False,
    timezone: str = "Europe/London",
) -> AttemptEnded:
    return AttemptEnded(
        KEY,
        outcome,
        final,
        "Ada Lovelace",
        timezone,
        NINE,
        NINE + timedelta(seconds=after + took),
        timedelta(seconds=took),
        late,
    )


def test_a_delivered_birthday_is_counted_by_zone_and_status(counted: Counted) -> None:
    counted.metrics.record(an_end())

    assert counted("birthday_messages_total", timezone="Europe/London", status="delivered") == 1
    assert counted("messages_processed_total", status="delivered") == 1
    assert counted("email_send_total", status="delivered") == 1
    assert counted("queue_jobs_completed_total", queue_name="embedded", job_type="delivery", status="delivered") == 1


def test_every_zone_is_told_of_with_every_status(counted: Counted) -> None:
    for timezone in available_timezones():
        for outcome in ("delivered", "refused", "withheld", "deferred", "unknown"):
            counted.metrics.record(an_end(outcome, timezone=timezone))

    shown = counted.registry.exposition().decode()

    assert shown.count("\nbirthday_messages_total{") == 5 * len(available_timezones())
    assert 'timezone="other"' not in shown


def test_lateness_is_the_providers_call_minus_the_fire_time(counted: Counted) -> None:
    counted.metrics.record(an_end(after=3, took=2))

    assert counted("message_lateness_seconds_sum", kind="birthday") == 3
    assert counted("email_send_duration_seconds_sum", status="delivered") == 2


def test_a_retried_attempt_has_not_ended_and_counts_as_no_birthday(counted: Counted) -> None:
    counted.metrics.record(an_end("deferred", final=False))

    assert counted("messages_processed_total", status="retrying") == 1
    assert counted("email_send_total", status="deferred") == 1
    assert counted("birthday_messages_total", timezone="Europe/London", status="deferred") is None
    assert counted("queue_job_duration_seconds_count", **JOB, status="deferred") is None


def test_a_message_withheld_was_no_call_of_the_provider(counted: Counted) -> None:
    counted.metrics.record(an_end("withheld"))

    assert counted("email_send_total", status="withheld") is None
    assert counted("messages_processed_total", status="withheld") == 1


def test_the_business_ratios_are_sent_of_due_and_in_time_of_sent(counted: Counted) -> None:
    assert (counted("task_completion_ratio"), counted("data_accuracy_ratio")) == (1, 1)
    counted.metrics.record(an_end())
    counted.metrics.record(an_end(late=True))
    counted.metrics.record(an_end("refused"))
    counted.metrics.record(Missed((KEY,)))
    ended = {Status.SENT: 2, Status.FAILED: 1, Status.MISSED: 1, Status.CANCELLED: 5, Status.SCHEDULED: 5}
    counted.metrics.read(Readings(deliveries=ended))

    assert counted("task_completion_ratio") == 0.5
    assert counted("data_accuracy_ratio") == 0.5
    assert counted("deliveries_late_total") == 1
    assert counted("deliveries_missed_total", kind="birthday") == 1


def test_what_the_services_do_is_counted(counted: Counted) -> None:
    for event in (Planned(3), Dispatched(2, 1), Fenced(KEY), Quarantined("u", "birthday", "?"), Returned(4, 5)):
        counted.metrics.record(event)

    assert counted("deliveries_planned_total") == 3
    assert counted("queue_jobs_total", queue_name="embedded", job_type="delivery") == 2
    assert counted("completions_fenced_total") == 1
    assert counted("occasions_quarantined_total", kind="birthday") == 1
    assert counted("deliveries_returned_total", reason="lease") == 4
    assert counted("deliveries_returned_total", reason="lost") == 5


def test_a_breaker_is_in_one_state(counted: Counted) -> None:
    counted.metrics.record(BreakerMoved("http", "open"))
    counted.metrics.record(BreakerMoved("http", "closed"))

    assert counted("breaker_state", provider="http", state="open") == 0
    assert counted("breaker_state", provider="http", state="closed") == 1


def test_readings_stand_until_the_next(counted: Counted) -> None:
    counted.metrics.read(Readings(depth=7, deliveries={Status.QUEUED: 3, Status.SCHEDULED: 2}, users=9, rating=4.5))
    counted.metrics.read(Readings(depth=1))

    assert counted("queue_depth", queue_name="embedded") == 1
    assert counted("queue_waiting_jobs", queue_name="embedded") == 0
    assert counted("active_users_total") == 9
    assert counted("user_satisfaction_score") == 4.5


def test_cache_look_ups_are_hits_or_misses(counted: Counted) -> None:
    counted.metrics.caches.heard("user", hit=True)
    counted.metrics.caches.heard("user", hit=False)

    assert counted("cache_hits_total", cache="user") == 1
    assert counted("cache_misses_total", cache="user") == 1


def test_operations_of_redis_are_counted_and_timed(counted: Counted) -> None:
    counted.metrics.heard_redis("look", timedelta(milliseconds=2))

    assert counted("redis_operations_total", operation="look") == 1
    assert counted("redis_operation_duration_seconds_sum", operation="look") == 0.002


def test_an_operation_of_redis_that_failed_is_a_span_that_says_why(counted: Counted) -> None:
    told: list[Span] = []
    with traces.listened(traces.Listener(1.0, told.append)), traces.begun("GET /user", SpanKind.SERVER):
        counted.metrics.heard_redis("look", timedelta(milliseconds=2), TimeoutError("no answer"))

    assert (told[0].name, told[0].attributes["error.type"], told[0].fault) == ("look", "TimeoutError", "no answer")


@pytest.mark.parametrize(("ratio", "shown"), [(1.0, True), (0.0, False)])
def test_where_a_delivery_s_trace_is_kept_its_durations_lead_to_it(counted: Counted, ratio: float, shown: bool) -> None:
    with traces.listened(traces.Listener(ratio, lambda _: None)):
        counted.metrics.record(an_end())

    families = read_openmetrics(counted.registry.exposition(Format.OPENMETRICS).decode())  # type: ignore[no-untyped-call]  # it says nothing of types
    samples = [sample for family in families for sample in family.samples if sample.exemplar]
    assert {sample.name.removesuffix("_bucket") for sample in samples} == (DELIVERY_DURATIONS if shown else set())
    assert {sample.exemplar.labels["trace_id"] for sample in samples} == ({trace_of(KEY).written} if shown else set())


def test_nothing_leads_to_a_trace_while_nothing_is_traced(counted: Counted) -> None:
    counted.metrics.record(an_end())

    assert b"trace_id" not in counted.registry.exposition(Format.OPENMETRICS)


def test_a_job_s_duration_is_that_of_the_attempt_that_ended_it(counted: Counted) -> None:
    counted.metrics.record(an_end("deferred", final=False, took=7))
    counted.metrics.record(an_end(took=2))

    assert counted("queue_job_duration_seconds_sum", **JOB, status="delivered") == 2


def test_what_is_in_hand_is_counted_when_it_is_looked_at(counted: Counted) -> None:
    in_hand = [3]
    counted.metrics.watch_worker("host-1", lambda: in_hand[0])
    counted.metrics.watch_connections("http", lambda: 2 * in_hand[0])
    in_hand[0] = 4

    assert counted("worker_active_jobs", worker_id="host-1") == 4
    assert counted("active_connections", type="http") == 8


def test_a_process_shows_no_number_that_it_cannot_know() -> None:
    registry = Registry()
    Metrics(registry, counts_people=False, sends=False).read(Readings(users=9, rating=4.5))

    shown = registry.exposition().decode()

    for name in ("active_users_total", "user_satisfaction_score", "task_completion_ratio", "data_accuracy_ratio"):
        assert name not in shown


def test_a_fan_out_tells_everybody() -> None:
    first, second = Counted(), Counted()

    Fanout(first.metrics, second.metrics).record(Planned(1))

    assert first("deliveries_planned_total") == second("deliveries_planned_total") == 1
