"""Panels about the service's processes: the event loop, the processor, the memory, and whether they answer."""

from __future__ import annotations

from plimsoll.budget.dashboards.panel import Panel, Query
from plimsoll.budget.dashboards.queries import highest, quantile, rate, total
from plimsoll.budget.dashboards.view import View
from plimsoll.budget.file.boards import Kind, Scale
from plimsoll.budget.sources import Source


def loop_lag(view: View) -> Panel:
    """Return how long ready callbacks wait."""
    lag = view.of(Source.PROCESS, "event_loop_lag_seconds")
    query = Query(quantile(0.99, lag, "job", "instance"), "{{job}} {{instance}}")
    about = "How long what is ready waits for its turn: everything that the process answers is late by that."
    return Panel("Event-loop lag p99", (query,), scale=Scale.SECONDS, about=about)


def cpu(view: View) -> Panel:
    """Return how many processors each job uses."""
    query = Query(rate(view.of(Source.PROCESS, "process_cpu_seconds_total"), "job", "instance"), "{{job}} {{instance}}")
    return Panel("Processors in use", (query,), about="1 is one processor; a Python process hardly gets beyond.")


def memory(view: View) -> Panel:
    """Return how much memory each process holds."""
    resident = view.of(Source.PROCESS, "process_resident_memory_bytes")
    query = Query(highest(resident, "job", "instance"), "{{job}} {{instance}}")
    panel = Panel("Resident memory", (query,), scale=Scale.BYTES, about="What only grows leaks.")
    return view.with_bounds(panel, "memory per instance")


def up(view: View) -> Panel:
    """Return how many instances answer the scraper."""
    query = Query(total(view.of(Source.PROCESS, "up"), "job"), "{{job}}")
    return Panel("Instances up", (query,), Kind.STAT, about="That answer the scraper, by job.")


def probes(view: View) -> Panel:
    """Return whether the service answers from outside."""
    query = Query(f"min by (instance) ({view.of(Source.BLACKBOX, 'probe_success')})", "{{instance}}")
    about = "1 while a probe from outside is answered, 0 when it is not."
    return Panel("Answers from outside", (query,), Kind.STAT, about=about)


def probe_durations(view: View) -> Panel:
    """Return how long an answer takes from outside."""
    query = Query(highest(view.of(Source.BLACKBOX, "probe_http_duration_seconds"), "phase"), "{{phase}}")
    return Panel(
        "Probe by phase", (query,), Kind.STACK, Scale.SECONDS, "What a visitor waits for, the slowest probe's."
    )
