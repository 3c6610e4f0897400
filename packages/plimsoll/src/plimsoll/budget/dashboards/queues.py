"""Panels about queues and workers, as the service sees them and as RabbitMQ sees itself."""

from __future__ import annotations

from plimsoll.budget.dashboards.panel import Panel, Query
from plimsoll.budget.dashboards.queries import highest, or_zero, quantile, rate, total
from plimsoll.budget.dashboards.view import View
from plimsoll.budget.file.boards import Kind, Scale
from plimsoll.budget.sources import Source

_QUEUE = "{{queue_name}}"
_MOST = 0.95


def depth(view: View) -> Panel:
    """Return what waits: several processes may tell of one queue, so the highest counts."""
    query = Query(highest(view.of(Source.QUEUE, "queue_depth"), "queue_name"), _QUEUE)
    panel = Panel("Queue depth", (query,), about="Messages in the queue itself.")
    return view.with_bounds(panel, "queue depth")


def waiting_and_active(view: View) -> Panel:
    """Return what nobody works on, and what somebody does."""
    queries = tuple(
        Query(highest(view.of(Source.QUEUE, f"queue_{each}_jobs"), "queue_name"), f"{_QUEUE} {each}")
        for each in ("waiting", "active")
    )
    return Panel("Waiting and active", queries, about="Jobs that were handed over and have not ended.")


def processed(view: View) -> Panel:
    """Return how fast messages are processed."""
    query = Query(or_zero(rate(view.of(Source.QUEUE, "messages_processed_total"))), "messages")
    panel = Panel("Messages processed", (query,), scale=Scale.PER_SECOND, about="However they ended.")
    return view.with_bounds(panel, "queue rate")


def processed_by_status(view: View) -> Panel:
    """Return how they ended."""
    query = Query(rate(view.of(Source.QUEUE, "messages_processed_total"), "status"), "{{status}}")
    return Panel("Messages by status", (query,), Kind.STACK, Scale.PER_SECOND, "Attempts, by how they ended.")


def in_and_out(view: View) -> Panel:
    """Return whether as much ends as comes."""
    queries = (
        Query(or_zero(rate(view.of(Source.QUEUE, "queue_jobs_total"))), "handed over"),
        Query(or_zero(rate(view.of(Source.QUEUE, "queue_jobs_completed_total"))), "ended"),
    )
    about = "The queue grows while the first is above the second."
    return Panel("In and out", queries, scale=Scale.PER_SECOND, about=about)


def completion(view: View) -> Panel:
    """Return how the jobs end."""
    query = Query(rate(view.of(Source.QUEUE, "queue_jobs_completed_total"), "status"), "{{status}}")
    return Panel("Jobs ended", (query,), Kind.STACK, Scale.PER_SECOND, "By how they ended for good.")


def job_durations(view: View) -> Panel:
    """Return how long a job takes."""
    durations = view.of(Source.QUEUE, "queue_job_duration_seconds")
    queries = tuple(Query(quantile(q, durations), f"p{q * 100:g}", exemplars=q == _MOST) for q in (0.5, _MOST, 0.99))
    return Panel("Job duration", queries, scale=Scale.SECONDS, about="Of jobs that ended, the last attempt's.")


def processing_p95(view: View) -> Panel:
    """Return how long a message takes, by how it ended."""
    durations = view.of(Source.QUEUE, "message_processing_duration_seconds")
    query = Query(quantile(_MOST, durations, "status"), "{{status}}")
    return Panel("Processing p95", (query,), scale=Scale.SECONDS, about="An attempt's duration, by how it ended.")


def lateness(view: View) -> Panel:
    """Return how late messages are."""
    late = view.of(Source.QUEUE, "message_lateness_seconds")
    queries = tuple(Query(quantile(q, late), f"p{q * 100:g}") for q in (0.5, _MOST, 0.99))
    panel = Panel("Lateness", queries, scale=Scale.SECONDS, about="From the time that was promised to the call.")
    return view.with_bounds(panel, "queue lag")


def calls(view: View) -> Panel:
    """Return what the provider answers."""
    query = Query(rate(view.of(Source.QUEUE, "email_send_total"), "status"), "{{status}}")
    return Panel("Provider's answers", (query,), Kind.STACK, Scale.PER_SECOND, "Calls that carry a message out.")


def call_p95(view: View) -> Panel:
    """Return how long the provider takes."""
    durations = view.of(Source.QUEUE, "email_send_duration_seconds")
    query = Query(quantile(_MOST, durations, "status"), "{{status}}", exemplars=True)
    return Panel("Provider p95", (query,), scale=Scale.SECONDS, about="A call's duration, by what came of it.")


def workers(view: View) -> Panel:
    """Return what each worker has in hand."""
    query = Query(total(view.of(Source.QUEUE, "worker_active_jobs"), "instance"), "{{instance}}")
    return Panel("Jobs in hand", (query,), Kind.STACK, about="Of each process that works.")


def stalled(view: View) -> Panel:
    """Return what waits in vain."""
    return view.measured("Waits in vain", "queue stalled")


def broker_messages(view: View) -> Panel:
    """Return what RabbitMQ holds."""
    queries = tuple(
        Query(total(view.of(Source.RABBITMQ, f"rabbitmq_queue_messages_{each}")), each) for each in ("ready", "unacked")
    )
    return Panel("RabbitMQ: messages", queries, Kind.STACK, about="Ready ones wait; the others are with a worker.")


def broker_rates(view: View) -> Panel:
    """Return what goes through RabbitMQ."""
    names = {"received": "received", "delivered": "delivered", "acknowledged": "acknowledged"}
    queries = tuple(
        Query(rate(view.of(Source.RABBITMQ, f"rabbitmq_global_messages_{each}_total")), said)
        for each, said in names.items()
    )
    return Panel("RabbitMQ: traffic", queries, scale=Scale.PER_SECOND, about="Over all queues and protocols.")


def broker_clients(view: View) -> Panel:
    """Return who is connected to RabbitMQ."""
    queries = tuple(
        Query(total(view.of(Source.RABBITMQ, f"rabbitmq_{each}")), each)
        for each in ("connections", "channels", "consumers")
    )
    return Panel("RabbitMQ: clients", queries, about="Consumers gone means that nobody works.")


def broker_memory(view: View) -> Panel:
    """Return how near RabbitMQ is to where it stops publishers."""
    used = total(view.of(Source.RABBITMQ, "rabbitmq_process_resident_memory_bytes"), "instance")
    most = total(view.of(Source.RABBITMQ, "rabbitmq_resident_memory_limit_bytes"), "instance")
    about = "Of the limit at which RabbitMQ stops publishers."
    query = Query(f"{used} / {most}", "{{instance}}")
    return Panel("RabbitMQ: memory", (query,), scale=Scale.SHARE, about=about, most=1)
