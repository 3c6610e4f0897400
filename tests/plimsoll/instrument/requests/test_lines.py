"""Lines of answered requests: who has one, at what level, what it says and what it must not say."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from natalis.testing.servers.collector import Collector
from plimsoll.instrument import Instrumented, instrument
from plimsoll.instrument.requests.lines import LOGGER, LONGEST, LineOptions, LoggedApplication, RequestLines

pytestmark = pytest.mark.usefixtures("logging_as_before")
Living: TypeAlias = Callable[[Instrumented], AbstractAsyncContextManager[list[dict[str, Any]]]]
ON = {"LOG_FORMAT": "json", "LOG_REQUESTS": "1"}


async def answer(request: Request) -> PlainTextResponse:
    if request.path_params.get("status") == "breaks":
        raise LookupError
    return PlainTextResponse("", int(request.path_params.get("status", 200)))


def a_shop() -> Starlette:
    priced = Mount("/v1", routes=[Route("/price/{article}", answer)])
    links = Route("/leave/{token}", answer)
    return Starlette(routes=[priced, links, Route("/health", answer), Route("/as/{status}/ready", answer)])


async def ask(path: str, environment: dict[str, str], **headers: str) -> None:
    """Ask a shop with this environment for a path."""
    app = instrument(a_shop(), service="shop", environment=environment)
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        await client.get(path, headers=headers)


@pytest.fixture
def lines(capfd: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """Return what gives the lines of requests that were written."""

    def read() -> list[dict[str, Any]]:
        written = [json.loads(each) for each in capfd.readouterr().err.splitlines()]
        return [each for each in written if each["log.logger"] == LOGGER]

    return read


Lines: TypeAlias = Callable[[], list[dict[str, Any]]]


async def test_an_answered_request_has_one_line_by_the_names_of_ecs(lines: Lines) -> None:
    await ask("/v1/price/tea", ON, **{"X-Request-ID": "abc-12345", "User-Agent": "curl/8.5.0"})

    (line,) = lines()
    assert line.pop("event.duration") > 0
    del line["@timestamp"], line["ecs.version"]
    assert line == {
        "log.level": "info",
        "message": "GET /v1/price/{article} 200",
        "log.logger": LOGGER,
        "service.name": "shop",
        "http.request.id": "abc-12345",
        "http.request.method": "GET",
        "url.path": "/v1/price/tea",
        "http.route": "/v1/price/{article}",
        "http.response.status_code": 200,
        "event.outcome": "success",
        "client.address": "127.0.0.1",
        "user_agent.original": "curl/8.5.0",
    }


@pytest.mark.parametrize("environment", [{}, {"LOG_FORMAT": "json"}, ON | {"LOG_REQUESTS": "0"}])
async def test_no_request_has_one_unless_it_is_asked_for(environment: dict[str, str], lines: Lines) -> None:
    await ask("/v1/price/tea", environment)

    assert lines() == []


@pytest.mark.network
async def test_it_names_the_trace_that_its_request_is_a_part_of(living: Living, lines: Lines) -> None:
    with Collector() as collector:
        app = instrument(
            a_shop(),
            service="shop",
            environment=ON | {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}"},
        )
        async with living(app), AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
            await client.get("/v1/price/tea")
        (span,) = collector.spans()

    (line,) = lines()
    assert (line["trace.id"], line["span.id"]) == (span.trace_id, span.span_id)


async def test_a_query_and_what_its_route_calls_a_token_are_not_told(lines: Lines) -> None:
    await ask("/leave/c2lnbmVk?to=ada@example.org&why=hunter2", ON)

    (line,) = lines()
    assert line["url.path"] == "/leave/[redacted]"
    assert not any(telling in json.dumps(line) for telling in ("c2lnbmVk", "ada", "hunter2"))


async def test_what_looks_like_an_address_is_not_told_wherever_it_stands(lines: Lines) -> None:
    await ask("/nowhere/ada@example.org", ON, **{"User-Agent": "bot (ada@example.org)"})

    (line,) = lines()
    assert "ada" not in json.dumps(line)
    assert line["user_agent.original"] == "bot ([redacted])"
    assert "http.route" not in line


async def test_the_path_that_no_route_matches_is_left_out_where_it_may_hold_a_token(lines: Lines) -> None:
    instrument(a_shop(), service="shop", environment=ON)
    careful = LoggedApplication(a_shop(), RequestLines(LineOptions(), tells_unmatched=False))
    async with AsyncClient(transport=ASGITransport(careful), base_url="http://test") as client:
        await client.get("/leave/c2lnbmVk/now")

    (line,) = lines()
    assert "url.path" not in line
    assert line["message"] == "GET unmatched 404"


async def test_what_a_client_may_make_as_long_as_it_likes_is_cut(lines: Lines) -> None:
    await ask("/" + "x" * 10_000, ON, **{"User-Agent": "x" * 10_000})

    (line,) = lines()
    assert len(line["url.path"]) == len(line["user_agent.original"]) == LONGEST


@pytest.mark.parametrize(
    ("path", "level", "outcome"),
    [
        ("/as/200/ready?", "debug", "success"),
        ("/health", "debug", "success"),
        ("/v1/price/health", "info", "success"),
        ("/nowhere/health", "info", "success"),
        ("/as/404/ready", "info", "success"),
        ("/as/503/ready", "error", "failure"),
        ("/as/breaks/ready", "error", "failure"),
    ],
)
async def test_its_level_says_how_it_went(path: str, level: str, outcome: str, lines: Lines) -> None:
    await ask(path, ON | {"LOG_REQUESTS": "debug"})

    (line,) = lines()
    assert (line["log.level"], line["event.outcome"]) == (level, outcome)


async def test_a_slow_one_is_a_warning(lines: Lines) -> None:
    await ask("/v1/price/tea", ON | {"LOG_SLOW_REQUESTS": "0ms"})
    await ask("/v1/price/tea", ON | {"LOG_SLOW_REQUESTS": "1000s"})

    assert [line["log.level"] for line in lines()] == ["warning", "info"]


@pytest.mark.parametrize(
    ("asked", "levels"),
    [
        ("debug", ["debug", "info", "error"]),
        ("1", ["info", "error"]),
        ("info", ["info", "error"]),
        ("warning", ["error"]),
        ("error", ["error"]),
    ],
)
async def test_the_least_level_is_chosen(asked: str, levels: list[str], lines: Lines) -> None:
    for path in ("/health", "/v1/price/tea", "/as/500/ready"):
        await ask(path, ON | {"LOG_REQUESTS": asked})

    assert [line["log.level"] for line in lines()] == levels


async def test_an_exception_is_named_and_its_status_is_what_the_server_answers(lines: Lines) -> None:
    await ask("/as/breaks/ready", ON)

    (line,) = lines()
    assert (line["error.type"], line["http.response.status_code"]) == ("LookupError", 500)


async def test_what_a_load_test_asks_is_marked(lines: Lines) -> None:
    await ask("/v1/price/tea", ON, **{"X-Synthetic": "true"})
    await ask("/v1/price/tea", ON)

    assert [line.get("labels.synthetic") for line in lines()] == ["true", None]


async def test_a_scrape_has_none(lines: Lines) -> None:
    await ask("/metrics", ON | {"LOG_REQUESTS": "debug"})

    assert lines() == []


@pytest.mark.parametrize("server", ["uvicorn.access", "granian.access", "hypercorn.access"])
async def test_the_servers_own_lines_of_requests_are_silent_then(server: str) -> None:
    instrument(a_shop(), service="shop", environment={"LOG_FORMAT": "json"})
    before = logging.getLogger(server).isEnabledFor(logging.INFO)
    instrument(a_shop(), service="shop", environment=ON)
    after = logging.getLogger(server).isEnabledFor(logging.INFO)

    assert (before, after) == (True, False)


async def test_without_json_they_are_lines_for_people(capfd: pytest.CaptureFixture[str]) -> None:
    await ask("/leave/c2lnbmVk", {"LOG_REQUESTS": "1"})

    (line,) = capfd.readouterr().err.splitlines()
    assert "INFO    GET /leave/{token} 200  method=GET  path=/leave/[redacted]  " in line


async def test_what_is_not_http_passes_through() -> None:
    asked: list[Any] = []

    async def app(scope: Any, _: Any, __: Any) -> None:
        asked.append(scope["type"])

    await LoggedApplication(app, RequestLines(LineOptions()))({"type": "websocket"}, None, None)  # type: ignore[arg-type]  # it is not asked for

    assert asked == ["websocket"]
