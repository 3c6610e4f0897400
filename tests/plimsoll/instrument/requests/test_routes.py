"""Routes of the frameworks that people use, as templates and never as paths."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from httpx import ASGITransport, AsyncClient
from litestar import Litestar, get
from litestar.params import FromPath
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from plimsoll.instrument.registry import Registry
from plimsoll.instrument.requests.asgi import HttpMetrics, InstrumentedApplication


async def routes_of(app: Any, *paths: str, root_path: str = "") -> list[str]:
    """Ask for paths and return the routes that were counted, in the order in which they first were."""
    registry = Registry()
    instrumented: Any = InstrumentedApplication(app, HttpMetrics(registry))
    transport = ASGITransport(instrumented, raise_app_exceptions=False, root_path=root_path)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        for path in paths:
            await client.get(path)
    (requests,) = (
        family
        for family in text_string_to_metric_families(registry.exposition().decode())
        if family.name == "http_requests"
    )
    return [sample.labels["route"] for sample in requests.samples]


async def answer(request: Request) -> Response:
    return PlainTextResponse(request.url.path)


async def mounted(scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse("anything")(scope, receive, send)


def starlette() -> Starlette:
    users = Starlette(routes=[Route("/", answer), Route("/{user}", answer)])
    tenant = Starlette(routes=[Mount("/users", users), Route("/about/{page:path}", answer)])
    return Starlette(
        routes=[
            Route("/", answer),
            Route("/item/{item:int}", answer),
            Mount("/v1", routes=[Route("/item/{item}", answer)]),
            Mount("/tenant/{tenant}", tenant),
            Mount("/files", mounted),
        ],
        middleware=[Middleware(GZipMiddleware)],
    )


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/item/7", "/item/{item:int}"),
        ("/v1/item/7", "/v1/item/{item}"),
        ("/tenant/7/users/ada", "/tenant/{tenant}/users/{user}"),
        ("/tenant/users/users/users", "/tenant/{tenant}/users/{user}"),
        ("/tenant/7/users/", "/tenant/{tenant}/users/"),
        ("/tenant/7/about/a/b/c", "/tenant/{tenant}/about/{page:path}"),
        ("/files/a/b", "/files"),
        ("/nowhere", "unmatched"),
        ("/v1/nowhere", "unmatched"),
        ("/tenant/7/nowhere", "unmatched"),
    ],
)
async def test_starlette(path: str, route: str) -> None:
    assert await routes_of(starlette(), path) == [route]


def fastapi() -> FastAPI:
    app, inner = FastAPI(), FastAPI()
    orders, of_shop = APIRouter(prefix="/orders"), APIRouter()

    @inner.get("/deep/{number}")
    def deep(number: int) -> int:
        return number

    @orders.get("/{order}")
    def order(order: int) -> int:
        return order

    @of_shop.get("/stock/{article}")
    def stock(article: str) -> str:
        return article

    orders.include_router(of_shop, prefix="/shop/{shop}")
    app.include_router(orders, prefix="/v1")
    app.include_router(orders, prefix="/v2")
    app.mount("/sub/{tenant}", inner)
    return app


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/v1/orders/7", "/v1/orders/{order}"),
        ("/v2/orders/7", "/v2/orders/{order}"),
        ("/v2/orders/shop/3/stock/x", "/v2/orders/shop/{shop}/stock/{article}"),
        ("/sub/7/deep/7", "/sub/{tenant}/deep/{number}"),
        ("/sub/7/nowhere", "unmatched"),
        ("/nowhere", "unmatched"),
        ("/docs", "/docs"),
    ],
)
async def test_fastapi_with_the_prefixes_of_its_routers(path: str, route: str) -> None:
    assert await routes_of(fastapi(), path) == [route]


async def test_what_a_proxy_puts_before_paths_is_no_part_of_a_route() -> None:
    assert await routes_of(fastapi(), "/proxy/sub/7/deep/7", root_path="/proxy") == ["/sub/{tenant}/deep/{number}"]


def litestar() -> Litestar:
    @get("/item/{item:int}")
    async def show(item: FromPath[int]) -> int:
        return item

    @get("/")
    async def first() -> str:
        return ""

    return Litestar([show, first])


@pytest.mark.parametrize(
    ("path", "route"), [("/item/7", "/item/{item}"), ("/", "/"), ("/nowhere", "unmatched"), ("/item/x", "unmatched")]
)
async def test_litestar(path: str, route: str) -> None:
    assert await routes_of(litestar(), path) == [route]


async def test_an_application_without_routes_is_one_series_whatever_is_asked() -> None:
    assert await routes_of(mounted, *(f"/{number}" for number in range(50))) == ["unmatched"]


async def test_a_mount_that_is_called_by_many_names_is_one_series() -> None:
    paths = [f"/tenant/{number}/users/{number}" for number in range(1200)]

    assert await routes_of(starlette(), *paths) == ["/tenant/{tenant}/users/{user}"]


async def test_a_route_that_stands_at_the_top_and_in_a_mount_is_two_series() -> None:
    shared = [Route("/users/{user}", endpoint=answer)]
    app = Starlette(routes=[*shared, Mount("/v1", routes=shared)])
    asked = ("/users/7", "/v1/users/7", "/users/8", "/v1/users/8")

    assert await routes_of(app, *asked) == ["/users/{user}", "/v1/users/{user}"]
