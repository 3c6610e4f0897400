"""The overview: is the service well, and if not, which part of it?"""

from __future__ import annotations

from typing import Final

from plimsoll.budget.dashboards import machine, people, queues, requests
from plimsoll.budget.dashboards.view import Plan
from plimsoll.budget.sources import Source

PLAN: Final = Plan(
    "overview",
    "Overview",
    "Is it well, and if not, which part of it?",
    (Source.HTTP, Source.QUEUE, Source.NODE),
    (
        ("Now", (requests.now, requests.errors_now, requests.p95_now, people.active_now)),
        ("Endpoints", (requests.by_endpoint, requests.p95_by_endpoint, requests.errors_by_endpoint)),
        ("Queue", (queues.depth, queues.processed, queues.completion)),
        ("Machines", (machine.cpu, machine.memory, machine.disk, machine.network)),
    ),
)
