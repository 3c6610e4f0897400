"""A first budget file for a service, and a first flow: from the metrics that it exposes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from plimsoll.budget.dialects import DIALECTS, Dialect

_NOT_PEOPLES: Final = frozenset({"/metrics", "unmatched", "", "none", "/health", "/ready"})
_MOST: Final = 20
_FEWEST_LABELS: Final = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """What a service's metrics say of it.

    Attributes:
        service: What it calls itself; None where it does not say.
        dialect: In whose words it tells of requests; None where it tells of none.
        endpoints: Method and template of the routes that were answered.
    """

    service: str | None
    dialect: str | None
    endpoints: tuple[tuple[str, str], ...]


def seen_in(metrics: str) -> Seen:
    """Return what can be learned from metrics in Prometheus' text format.

    Raises:
        ValueError: They are in another format.
    """
    samples = [sample for family in text_string_to_metric_families(metrics) for sample in family.samples]
    labels: dict[str, list[dict[str, str]]] = {}
    for sample in samples:
        labels.setdefault(sample.name, []).append(sample.labels)
    dialect = next((name for name, each in DIALECTS.items() if _speaks(each, labels)), None)
    service = next((each["service"] for each in labels.get("build_info", ()) if "service" in each), None)
    found = _endpoints(DIALECTS[dialect], labels) if dialect else ()
    return Seen(service, dialect, tuple(found))


def budget_file(service: str, url: str, seen: Seen) -> str:
    """Return the text of a first budget file.

    Args:
        service: What the service is called.
        url: Where load tests find it.
        seen: What its metrics say.
    """
    endpoints = "".join(
        f"\n    - {{name: {json.dumps(_name(*each, seen))}, route: {json.dumps(each[1])}, method: {each[0]}}}"
        for each in seen.endpoints
    )
    parts = [_SERVICE.format(service=json.dumps(service), url=json.dumps(url))]
    parts.append(f"  endpoints:{endpoints}\n" if endpoints else "")
    if seen.dialect:
        job = "job=" + json.dumps(service, ensure_ascii=False)
        parts.append(_WATCH.format(dialect=seen.dialect, job="'" + job.replace("'", "''") + "'"))
    target, threshold = _latencies(seen)
    parts.append(_BUDGETS.format(target=target, threshold=threshold))
    parts.append((_ALERTS if seen.dialect else _WITHOUT_ALERTS) + _SCENARIOS)
    return "".join(parts)


def flow(service: str, seen: Seen) -> str:
    """Return the text of a first flow, which looks at every page; what stands in braces in a route is for people."""
    pages = [each for each in seen.endpoints if each[0] == "GET"] or [("GET", "/")]
    lines = "".join(f"    {json.dumps(_name(*each, seen))}: {json.dumps(each[1])},\n" for each in pages)
    plain_name = "".join(each for each in service if each.isalnum() or each in " -_.")
    return _FLOW.format(service=plain_name, pages=lines)


def with_gaps(seen: Seen) -> tuple[str, ...]:
    """Return the routes of the flow in which something has to be filled in."""
    return tuple(route for method, route in seen.endpoints if method == "GET" and set("{<") & set(route))


def _latencies(seen: Seen) -> tuple[str, str]:
    """Return target and threshold; a percentile is never above the last bucket of its histogram."""
    buckets = DIALECTS[seen.dialect].buckets if seen.dialect else ()
    return ("100 ms", "500 ms") if buckets and buckets[-1] <= 1 else ("500 ms", "1 s")


def _speaks(dialect: Dialect, labels: dict[str, list[dict[str, str]]]) -> bool:
    wanted = {dialect.method, dialect.route, dialect.status} - {None}
    return len(wanted) >= _FEWEST_LABELS and any(wanted <= set(each) for each in labels.get(dialect.requests, ()))


def _endpoints(dialect: Dialect, labels: dict[str, list[dict[str, str]]]) -> Iterable[tuple[str, str]]:
    of_requests = labels.get(dialect.requests, ())
    found = {
        (each[dialect.method or ""], each[dialect.route or ""]) for each in of_requests if _answered(dialect, each)
    }
    return sorted((each for each in found if each[1] not in _NOT_PEOPLES), key=lambda each: (each[1], each[0]))[:_MOST]


def _answered(dialect: Dialect, labels: dict[str, str]) -> bool:
    return labels[dialect.status or ""][:1] in {"2", "3"}


def _name(method: str, route: str, seen: Seen) -> str:
    """Return what an endpoint is called: its route, which reports show after the method, unless it has several."""
    methods = {each for each, same in seen.endpoints if same == route}
    return f"{route} ({method})" if len(methods) > 1 else route


_SERVICE: Final = """\
# What this service promises. Rules, alerts, dashboards, load tests and pages are rendered from here: plimsoll render
service:
  name: {service}
  url: {url} # where load tests find it
"""
_WATCH: Final = """
watch: # how Prometheus sees it
  dialect: {dialect}
  sources:
    http: {job} # the job in Prometheus' scrape_configs
    process: {job}
"""
_BUDGETS: Final = """
budgets: # target is what is aimed at, threshold what must not be crossed
  - name: latency
    indicator: latency p95
    target: {target}
    threshold: {threshold}
"""
_ALERTS: Final = """\
    alert:
      name: HighLatency
      for: 5m
      means: More than {allowed} of requests take longer than {threshold}.
      steps: [See which route is slow, See whether what it asks is slow]
  - name: errors
    indicator: errors
    target: 0.1 %
    threshold: 1 %
    alert: {name: HighErrorRate, for: 2m, means: "More than {threshold} of requests fail.", steps: [Read the log]}
  - {name: availability, indicator: availability, target: 99.9 %, action: alert, window: 30d} # an error budget
  - name: up
    indicator: instances up
    target: "1"
    action: alert
    alert: {name: ServiceDown, for: 1m, severity: critical, means: An instance does not answer at all.}
"""
_WITHOUT_ALERTS: Final = """\
  - {name: errors, indicator: errors, target: 0.1 %, threshold: 1 %}
"""
_SCENARIOS: Final = """
scenarios:
  smoke:
    about: Ten visitors a second for half a minute.
    flow: flow.py
    load:
      smoke: {executor: constant-arrival-rate, rate: 10, duration: 30s, exec: visit, maxVUs: 50}
"""
_FLOW: Final = '''\
"""What a visitor of {service} does."""

from plimsoll.load import Session

PAGES = {{  # what an endpoint is called, and what is asked for: fill in what stands in braces
{pages}}}
LOAD_TEST = {{"X-Synthetic": "true"}}  # by which these requests are told from those of people


async def visit(session: Session) -> None:
    """Look at every page."""
    for name, path in PAGES.items():
        answer = await session.get(path, name=name, headers=LOAD_TEST)
        session.check("is answered", answer.status < 400)
'''
