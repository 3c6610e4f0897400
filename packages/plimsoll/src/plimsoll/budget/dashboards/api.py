"""The API: how fast it answers, what it is asked, and what it waits for."""

from __future__ import annotations

from typing import Final

from plimsoll.budget.dashboards import processes, requests, stores
from plimsoll.budget.dashboards.view import Plan
from plimsoll.budget.sources import Source

PLAN: Final = Plan(
    "api",
    "API performance",
    "How fast it answers, what it is asked, and what it waits for.",
    (Source.HTTP,),
    (
        (
            "Latency",
            (
                requests.p50_by_endpoint,
                requests.p95_by_endpoint,
                requests.p99_by_endpoint,
                requests.mean_by_endpoint,
                requests.spread_of_durations,
            ),
        ),
        ("Traffic", (requests.by_endpoint, requests.by_status, requests.in_flight, requests.synthetic)),
        ("Errors", (requests.errors_by_endpoint, requests.errors_by_type)),
        ("Database", (stores.queries_by_operation, stores.query_p95, stores.pool)),
        ("Redis and cache", (stores.redis_operations, stores.redis_p95, stores.cache_hits)),
        ("Processes", (processes.loop_lag, processes.cpu, processes.memory)),
    ),
    instances=Source.HTTP,
)
