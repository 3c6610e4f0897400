"""One call around any ASGI application: what it gives, what it leaves alone, and what it refuses."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from httpx import ASGITransport, AsyncClient, Response
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from natalis.testing.servers import ports
from plimsoll.errors import InvalidInput
from plimsoll.instrument import Instrumented, instrument, traces
from plimsoll.instrument.exposition import Format
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.requests.spans import TracedApplication
from plimsoll.instrument.server import serve_metrics

Living: TypeAlias = Callable[[Instrumented], AbstractAsyncContextManager[list[dict[str, Any]]]]
NOTHING: Mapping[str, str] = {}
OPENMETRICS = {"Accept": "application/openmetrics-text"}


async def greet(request: Request) -> PlainTextResponse:
    logging.getLogger("shop").warning("greeted %s", request.path_params["name"])
    if request.path_params["name"] == "nobody":
        raise LookupError
    return PlainTextResponse("hello")


def a_shop() -> Starlette:
    return Starlette(routes=[Route("/hello/{name}", greet)])


async def asked(app: Any, *paths: str, **headers: str) -> Response:
    """Ask for paths, one after the other, and return the last answer."""
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        answers = [await client.get(path, headers=headers) for path in paths]
    return answers[-1]


async def test_requests_process_event_loop_and_build_are_told_at_metrics() -> None:
    app = instrument(a_shop(), service="shop", version="1.2", environment=NOTHING)

    text = (await asked(app, "/hello/ada", "/metrics")).text

    assert 'http_requests_total{method="GET",route="/hello/{name}",status_code="200"} 1.0' in text
    assert 'build_info{service="shop",version="1.2",python="3.' in text
    for name in ("process_resident_memory_bytes", "event_loop_lag_seconds_count", "python_gc_pause_seconds_bucket"):
        assert f"\n{name}" in text


async def test_a_scrape_is_not_counted_as_a_request() -> None:
    app = instrument(a_shop(), service="shop", environment=NOTHING)

    text = (await asked(app, "/metrics", "/metrics")).text

    assert "http_requests_total{" not in text


async def test_a_scraper_that_asks_for_openmetrics_gets_it() -> None:
    app = instrument(a_shop(), service="shop", environment=NOTHING)

    answer = await asked(app, "/hello/ada", "/metrics", **OPENMETRICS)

    assert "http_requests" in {family.name for family in read_openmetrics(answer.text)}  # type: ignore[no-untyped-call]  # it says nothing of types
    assert answer.headers["content-type"].startswith("application/openmetrics-text")


async def test_what_a_load_test_asks_is_marked_and_nothing_else_is() -> None:
    app = instrument(a_shop(), service="shop", environment=NOTHING)
    await asked(app, "/hello/ada")
    await asked(app, "/hello/ada", "/hello/nobody", **{"X-Synthetic": "true"})
    await asked(app, "/hello/ada", **{"X-Synthetic": "false"})

    text = (await asked(app, "/metrics")).text

    assert 'http_requests_total{method="GET",route="/hello/{name}",status_code="200"} 2.0' in text
    assert 'http_requests_total{method="GET",route="/hello/{name}",status_code="200",synthetic="true"} 1.0' in text
    assert (
        'http_request_errors_total{method="GET",route="/hello/{name}",error_type="LookupError",synthetic="true"' in text
    )
    assert 'status_code="500",synthetic="true",le="+Inf"} 1.0' in text
    assert 'synthetic=""' not in text


async def test_buckets_are_those_that_were_asked_for() -> None:
    app = instrument(a_shop(), service="shop", buckets=(0.2, 0.4), environment=NOTHING)

    text = (await asked(app, "/hello/ada", "/metrics")).text

    assert 'http_request_duration_seconds_bucket{method="GET",route="/hello/{name}",status_code="200",le="0.4"}' in text
    assert 'status_code="200",le="0.5"' not in text


@pytest.mark.parametrize(("path", "status"), [("/metrics", 404), ("/internal/numbers", 200)])
async def test_scrapers_are_answered_where_it_is_said(path: str, status: int) -> None:
    app = instrument(a_shop(), service="shop", metrics_path="/internal/numbers", environment=NOTHING)

    assert (await asked(app, path)).status_code == status


async def test_scrapers_are_not_answered_where_that_is_off() -> None:
    app = instrument(a_shop(), service="shop", metrics_path=None, environment=NOTHING)

    assert (await asked(app, "/metrics")).status_code == 404


async def test_each_request_has_an_id_of_its_own_or_the_one_it_came_with() -> None:
    app = instrument(a_shop(), service="shop", environment=NOTHING)

    made = [(await asked(app, "/hello/ada")).headers["x-request-id"] for _ in range(2)]
    offered = [
        (await asked(app, "/hello/ada", **{"X-Request-ID": each})).headers["x-request-id"]
        for each in ("abc-12345", "!")
    ]

    assert len(set(made)) == 2
    assert offered[0] == "abc-12345"
    assert offered[1] != "!"


@pytest.mark.usefixtures("logging_as_before")
async def test_lines_of_log_are_json_and_name_the_request(capfd: pytest.CaptureFixture[str]) -> None:
    app = instrument(a_shop(), service="shop", environment={"LOG_FORMAT": "json"})
    await asked(app, "/hello/ada", **{"X-Request-ID": "abc-12345"})

    (line,) = [json.loads(each) for each in capfd.readouterr().err.splitlines() if "greeted" in each]
    assert (line["message"], line["http.request.id"], line["service.name"]) == ("greeted ada", "abc-12345", "shop")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"METRICS_PORT": "many"}, "METRICS_PORT: 'many' is not a port"),
        ({"METRICS_PORT": "70000"}, "METRICS_PORT: '70000' is not a port"),
        ({"METRICS_DIR": "/proc/none"}, "METRICS_DIR: /proc/none cannot be written"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT: 'xml' is not known"),
        ({"LOG_REQUESTS": "yes please"}, "LOG_REQUESTS: 'yes please' is not known"),
        ({"LOG_REQUESTS": "1", "LOG_SLOW_REQUESTS": "often"}, "LOG_SLOW_REQUESTS: 'often' is no span of time"),
        ({"LOG_REQUESTS": "1", "LOG_SLOW_REQUESTS": f"{10**14}s"}, "LOG_SLOW_REQUESTS: .* is no span of time"),
        ({"SENTRY_DSN": "nowhere"}, "SENTRY_DSN: it is none"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "nowhere"}, "OTEL_EXPORTER_OTLP_ENDPOINT: it is no address"),
    ],
)
def test_a_variable_that_cannot_be_is_refused_with_what_would_be_right(environment: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        instrument(a_shop(), service="shop", environment=environment)


@pytest.mark.network
async def test_a_port_of_its_own_is_there_while_the_service_lives(living: Living) -> None:
    held = ports.reserve()
    app = instrument(a_shop(), service="shop", environment={"METRICS_PORT": str(held.number)})

    async with living(app) as said, AsyncClient() as client:
        during = await client.get(f"http://127.0.0.1:{held.number}/metrics")
        assert said[0]["type"] == "lifespan.startup.complete"
    answers_after = ports.answers(held.number)
    held.release()

    assert "build_info" in during.text
    assert not answers_after


@pytest.mark.network
async def test_a_port_that_is_taken_keeps_the_service_from_starting_and_says_why(living: Living) -> None:
    stranger = await serve_metrics(Registry(), host="127.0.0.1", port=0)
    app = instrument(a_shop(), service="shop", environment={"METRICS_PORT": str(stranger.port)})

    async with living(app) as said:
        pass
    await stranger.close()

    assert [each["type"] for each in said] == ["lifespan.startup.failed"]
    assert said[0]["message"].startswith(f"METRICS_PORT: {stranger.port} on 127.0.0.1 cannot be listened on")


async def test_an_application_that_knows_nothing_of_lifespans_is_answered_for_all_the_same(living: Living) -> None:
    async def bare(scope: Any, _: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    app = instrument(bare, service="shop", environment=NOTHING)
    with pytest.raises(AssertionError):
        async with living(app):
            pass

    assert (await asked(app, "/x")).status_code == 204
    assert 'route="unmatched",status_code="204"} 1.0' in (await asked(app, "/metrics")).text


async def test_processes_that_share_a_folder_tell_what_all_did(tmp_path: Path) -> None:
    first, second = (instrument(a_shop(), service="shop", environment={"METRICS_DIR": str(tmp_path)}) for _ in range(2))
    await asked(first, "/hello/ada")
    await asked(second, "/hello/ada")

    text = (await asked(first, "/metrics")).text

    assert 'http_requests_total{method="GET",route="/hello/{name}",status_code="200"} 2.0' in text
    assert text.count("\nbuild_info{") == 1
    assert '"} 1.0' in text[text.index("\nbuild_info{") :].splitlines()[1]


async def test_a_latency_bucket_links_to_the_trace_of_a_request_that_is_kept() -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    app = instrument(a_shop(), service="shop", environment=NOTHING)
    traced = TracedApplication(app)
    with traces.listened(traces.Listener(1.0, lambda _: None)):
        await asked(traced, "/hello/ada", traceparent=f"00-{trace}-00f067aa0ba902b7-01")
        await asked(traced, "/hello/bob", traceparent=f"00-{trace[::-1]}-00f067aa0ba902b7-00")

    text = app.registry.exposition(Format.OPENMETRICS).decode()

    assert [line.split(' # {trace_id="')[1][:32] for line in text.splitlines() if "trace_id" in line] == [trace]
