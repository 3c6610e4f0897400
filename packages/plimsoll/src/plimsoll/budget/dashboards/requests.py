"""Panels about requests, in the words of the service's dialect: how many, how long, how they ended."""

from __future__ import annotations

from plimsoll.budget.dashboards.panel import Panel, Query
from plimsoll.budget.dashboards.queries import mean, or_zero, quantile, rate, spread, total
from plimsoll.budget.dashboards.view import View
from plimsoll.budget.file.boards import Kind, Scale
from plimsoll.budget.promql import Matcher
from plimsoll.budget.sight import Unseen
from plimsoll.budget.sources import Source

Labels = tuple[str, str]


def now(view: View) -> Panel:
    """Return how many requests come."""
    return view.measured("Requests", "throughput", scale=Scale.REQUESTS_PER_SECOND)


def errors_now(view: View) -> Panel:
    """Return the share that fails."""
    return view.measured("Errors", "errors")


def p95_now(view: View) -> Panel:
    """Return how long 95 % take at most."""
    return view.measured("p95", "latency p95")


def by_endpoint(view: View) -> Panel:
    """Return how many come, by endpoint."""
    labels = _endpoint(view)
    query = Query(rate(view.sight.requests(), *labels), _legend(labels))
    return Panel("Requests by endpoint", (query,), Kind.STACK, Scale.REQUESTS_PER_SECOND, "What is asked for.")


def p50_by_endpoint(view: View) -> Panel:
    """Return what half of them take at most."""
    return _percentile(view, "p50 by endpoint", 0.5, "latency p50")


def p95_by_endpoint(view: View) -> Panel:
    """Return what 95 % of them take at most."""
    return _percentile(view, "p95 by endpoint", 0.95, "latency p95")


def p99_by_endpoint(view: View) -> Panel:
    """Return what 99 % of them take at most."""
    return _percentile(view, "p99 by endpoint", 0.99, "latency p99")


def mean_by_endpoint(view: View) -> Panel:
    """Return what they take on average."""
    labels = _endpoint(view)
    query = Query(mean(view.sight.durations(), *labels), _legend(labels))
    panel = Panel("Mean by endpoint", (query,), scale=Scale.SECONDS, about="From a request's head to its answer's end.")
    return view.with_bounds(panel, "latency avg")


def spread_of_durations(view: View) -> Panel:
    """Return how many took how long: two humps are two sorts of request, which no percentile shows."""
    query = Query(spread(view.sight.durations()), "{{le}}", exemplars=True)
    return Panel("Durations", (query,), Kind.HEATMAP, Scale.SECONDS, "How many requests a second took how long.")


def errors_by_endpoint(view: View) -> Panel:
    """Return how many the service itself fails, by endpoint."""
    labels = _endpoint(view)
    failed = or_zero(rate(view.sight.requests(view.sight.status("5")), *labels))
    about = "Requests answered with a status of 500 and above."
    return Panel("Errors by endpoint", (Query(failed, _legend(labels)),), scale=Scale.REQUESTS_PER_SECOND, about=about)


def errors_by_type(view: View) -> Panel:
    """Return what went wrong."""
    failed = or_zero(rate(view.sight.failures(), "error_type"))
    about = "By status, or by the exception that cut a request short; none reads 0."
    return Panel("Errors by type", (Query(failed, "{{error_type}}"),), scale=Scale.REQUESTS_PER_SECOND, about=about)


def by_status(view: View) -> Panel:
    """Return how requests are answered."""
    status = view.sight.dialect.status
    if status is None:
        raise Unseen("its dialect does not tell the status of answers", "watch something that does")
    query = Query(rate(view.sight.requests(), status), f"{{{{{status}}}}}")
    return Panel("Answers by status", (query,), Kind.STACK, Scale.REQUESTS_PER_SECOND, "How requests are answered.")


def in_flight(view: View) -> Panel:
    """Return how many are being answered."""
    gauge = view.sight.dialect.in_flight
    if gauge is None:
        raise Unseen("its dialect does not tell what is in flight", "watch something that does")
    query = Query(total(view.of(Source.HTTP, gauge), "instance"), "{{instance}}")
    return Panel("In flight", (query,), about="Requests begun and not yet answered: more than usual means a jam.")


def synthetic(view: View) -> Panel:
    """Return how much of the traffic is that of load tests, which no other panel counts."""
    dialect = view.sight.dialect
    if dialect.synthetic is None:
        raise Unseen("its dialect does not mark the traffic of load tests", "watch it in the dialect plimsoll")
    tests = view.of(Source.HTTP, dialect.requests, Matcher(dialect.synthetic, "=", "true"))
    queries = (Query(rate(view.sight.requests()), "people"), Query(or_zero(rate(tests)), "load tests"))
    about = "Requests of load tests are in no other panel, and spend no error budget."
    return Panel("People and load tests", queries, Kind.STACK, Scale.REQUESTS_PER_SECOND, about)


def _percentile(view: View, title: str, q: float, indicator: str) -> Panel:
    labels = _endpoint(view)
    query = Query(quantile(q, view.sight.durations(), *labels), _legend(labels), exemplars=True)
    about = f"The duration that {q:.0%} of an endpoint's requests do not exceed; a diamond is one with a trace."
    return view.with_bounds(Panel(title, (query,), scale=Scale.SECONDS, about=about), indicator)


def _endpoint(view: View) -> Labels:
    method, route = view.sight.dialect.method, view.sight.dialect.route
    if method is None or route is None:
        raise Unseen("its dialect does not tell one endpoint from another", "watch something that does")
    return method, route


def _legend(labels: Labels) -> str:
    return " ".join(f"{{{{{label}}}}}" for label in labels)
