"""User experience: what people's browsers measure, and what they would notice."""

from __future__ import annotations

from typing import Final

from plimsoll.budget.dashboards import people, processes, requests
from plimsoll.budget.dashboards.view import Plan
from plimsoll.budget.sources import Source

_VITALS: Final = ("LCP", "INP", "CLS", "FCP", "TTFB")

PLAN: Final = Plan(
    "user-experience",
    "User experience",
    "What people's browsers measure, and what they would notice.",
    (Source.VITALS, Source.HTTP, Source.BLACKBOX),
    (
        ("Web vitals", tuple(map(people.vital, _VITALS))),
        ("Web vitals by page", tuple(map(people.vital_by_page, _VITALS))),
        ("What people wait for", (requests.p95_by_endpoint, requests.errors_now, people.availability_over_time)),
        ("From outside", (processes.probes, processes.probe_durations)),
    ),
)
