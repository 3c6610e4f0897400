"""Requests of an ASGI application as metrics."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from plimsoll.instrument.registry import Registry
from plimsoll.instrument.requests.asgi import (
    LATENCY_BUCKETS,
    HttpMetrics,
    InstrumentedApplication,
    Receive,
    Scope,
    Send,
)


async def nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def ignore(_: Any) -> None:
    pass


class Service:
    """An application that answers as it is told to."""

    def __init__(self, status: int = 200, error: Exception | None = None) -> None:
        self.registry = Registry()
        self._status = status
        self._error = error
        self._app = InstrumentedApplication(self._answer, HttpMetrics(self.registry))

    async def ask(self, **scope: Any) -> str:
        """Ask once and return the metrics."""
        await self._app({"type": "http", "method": "GET", "path": "/user/7", "headers": [], **scope}, nothing, ignore)
        return self.metrics()

    def metrics(self) -> str:
        """Return the metrics."""
        return self.registry.exposition().decode()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["path"].startswith("/user/"):
            scope["path_template"] = "/user/{id}"
        if self._error is not None:
            raise self._error
        await send({"type": "http.response.start", "status": self._status, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})


async def test_a_request_is_counted_and_timed_under_its_template() -> None:
    text = await Service().ask()

    assert 'http_requests_total{method="GET",route="/user/{id}",status_code="200"} 1.0' in text
    assert 'http_request_duration_seconds_count{method="GET",route="/user/{id}",status_code="200"} 1.0' in text
    assert 'http_requests_in_flight{method="GET"} 0.0' in text
    assert "http_request_errors_total{" not in text


async def test_paths_that_no_route_matches_are_one_series() -> None:
    service = Service(404)

    for number in range(50):
        await service.ask(path=f"/scan/{number}")

    assert service.metrics().count("http_requests_total{") == 1
    assert 'route="unmatched"' in service.metrics()


async def test_methods_that_nobody_has_heard_of_are_one_series() -> None:
    service = Service(405)

    for number in range(50):
        await service.ask(method=f"BREW{number}")

    assert service.metrics().count("http_requests_total{") == 1


async def test_methods_that_nobody_has_heard_of_take_no_memory() -> None:
    service, letters = Service(405), 10_000
    await service.ask(method="BREW")

    tracemalloc.start()
    try:
        for number in range(1_000):
            await service.ask(method=f"{number}{'X' * letters}")
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 100 * letters


async def test_a_request_whose_route_cannot_be_told_ends_all_the_same() -> None:
    registry = Registry()

    async def answer(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})

    app = InstrumentedApplication(answer, HttpMetrics(registry), lambda scope: str(scope["route"].path))
    with pytest.raises(KeyError):
        await app({"type": "http", "method": "GET", "path": "/", "headers": []}, nothing, ignore)

    text = registry.exposition().decode()
    assert 'http_requests_in_flight{method="GET"} 0.0' in text
    assert 'http_requests_total{method="GET",route="unmatched",status_code="404"} 1.0' in text


async def test_an_answer_of_500_is_an_error_and_one_of_404_is_the_callers() -> None:
    assert 'error_type="status_503"' in await Service(503).ask()
    assert "http_request_errors_total{" not in await Service(404).ask()


async def test_an_exception_is_counted_by_its_name_and_goes_on() -> None:
    service = Service(error=ValueError("no"))

    with pytest.raises(ValueError, match="no"):
        await service.ask()

    assert 'error_type="ValueError"' in service.metrics()
    assert 'http_requests_in_flight{method="GET"} 0.0' in service.metrics()
    assert 'status_code="500"' in service.metrics()


async def test_what_is_not_http_passes_through_uncounted() -> None:
    registry, seen = Registry(), []

    async def app(scope: Scope, _: Receive, __: Send) -> None:
        seen.append(scope["type"])

    await InstrumentedApplication(app, HttpMetrics(registry))({"type": "lifespan"}, nothing, ignore)

    assert seen == ["lifespan"]
    assert "http_requests_total{" not in registry.exposition().decode()


def test_the_buckets_hold_every_bound_that_a_budget_names() -> None:
    assert {0.15, 0.25, 0.3, 0.5, 1.0} <= set(LATENCY_BUCKETS)
