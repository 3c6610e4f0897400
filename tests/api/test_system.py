"""Health, readiness, metrics and the document over HTTP."""

from __future__ import annotations

import re
from typing import Any

import pytest

from natalis.api.app import create_app
from natalis.api.options import ApiOptions
from natalis.errors import StoreUnavailable
from natalis.ports.store import Store
from natalis.testing.http_api import Api, started_api


async def test_health_touches_no_dependency(api: Api) -> None:
    await api.store.connection.close()

    assert (await api.client.get("/health")).json() == {"status": "ok"}


async def test_ready_names_each_dependency_with_its_latency(api: Api) -> None:
    came = await api.client.get("/ready")

    assert came.status_code == 200
    assert came.json()["dependencies"] == [{"name": "store", "state": "ready", "latencyMs": 0.0, "detail": ""}]


async def test_a_store_that_fails_makes_it_not_ready_and_says_which(store: Store) -> None:
    async with started_api(store) as api:
        await api.store.connection.close()
        came = await api.client.get("/ready")

    assert came.status_code == 503
    assert (came.json()["ready"], came.json()["dependencies"][0]["state"]) == (False, "failing")


async def test_metrics_count_requests_by_the_template_of_their_route(api: Api) -> None:
    user = await api.add()
    await api.client.get(f"/user/{user['id']}")
    await api.client.get(f"/nowhere/{user['id']}")

    text = (await api.client.get("/metrics")).text

    assert 'http_requests_total{method="GET",route="/user/{user_id}",status_code="200"} 1.0' in text
    assert 'http_requests_total{method="GET",route="unmatched",status_code="404"} 1.0' in text
    assert user["id"] not in text


async def test_metrics_are_text_as_prometheus_reads_it(api: Api) -> None:
    came = await api.client.get("/metrics")

    assert came.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


async def test_a_store_that_is_away_is_503_with_when_to_come_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_: str) -> None:
        raise StoreUnavailable("/var/lib/natalis.db: disk I/O error")

    monkeypatch.setattr(api.services.users, "read", away)

    came = await api.client.get("/user/1")

    assert came.status_code == 503
    assert came.headers["Retry-After"]
    assert "/var" not in came.text


class TestDocument:
    """The OpenAPI document: complete, by rule."""

    @pytest.fixture
    async def document(self, api: Api) -> dict[str, Any]:
        found: dict[str, Any] = (await api.client.get("/openapi.json")).json()
        return found

    async def test_every_route_is_in_it_and_nothing_else(self, api: Api, document: dict[str, Any]) -> None:
        app = create_app(api.services, ApiOptions())
        routes = {(each.operation.method.lower(), each.operation.path) for each in app.answering}

        assert {(method, path) for path, item in document["paths"].items() for method in item} == routes

    async def test_every_operation_has_an_id_of_its_own_a_tag_and_words(self, document: dict[str, Any]) -> None:
        operations = [operation for item in document["paths"].values() for operation in item.values()]
        ids = [operation["operationId"] for operation in operations]

        assert len(ids) == len(set(ids))
        for operation in operations:
            assert operation["summary"]
            assert operation["description"]
            assert operation["tags"][0] in {tag["name"] for tag in document["tags"]}

    async def test_every_field_of_every_struct_is_described_with_an_example(self, document: dict[str, Any]) -> None:
        lacking = [
            f"{name}.{field}"
            for name, schema in document["components"]["schemas"].items()
            for field, found in schema.get("properties", {}).items()
            if not found.get("description") or not (found.get("examples") or _refers(found))
        ]

        assert lacking == []

    async def test_every_parameter_is_described_with_an_example(self, document: dict[str, Any]) -> None:
        lacking = [
            f"{path} {parameter['name']}"
            for path, item in document["paths"].items()
            for operation in item.values()
            for parameter in operation["parameters"]
            if not parameter["description"] or not ("example" in parameter or parameter["schema"].get("examples"))
        ]

        assert lacking == []

    async def test_every_operation_names_the_problems_that_any_request_can_meet(self, document: dict[str, Any]) -> None:
        for path, item in document["paths"].items():
            for method, operation in item.items():
                expected = {"400", "422", "429", "500"}
                if operation["security"]:
                    expected |= {"401", "403", "503"}
                if "requestBody" in operation:
                    expected |= {"413", "415"}
                assert expected <= set(operation["responses"]), f"{method} {path}"

    async def test_every_reference_resolves(self, document: dict[str, Any]) -> None:
        for reference in set(_references(document)):
            found: Any = document
            for part in reference.removeprefix("#/").split("/"):
                found = found[part]

    async def test_a_new_user_takes_either_name_of_a_field(self, document: dict[str, Any]) -> None:
        schema = document["components"]["schemas"]["NewUser"]

        assert {"birthdayDate", "birthday", "timezone", "location"} <= set(schema["properties"])
        assert schema["additionalProperties"] is False


async def test_the_reference_page_needs_neither_script_nor_network(api: Api) -> None:
    came = await api.client.get("/docs")

    assert came.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in came.text
    assert not re.search(r"""(?:src|href)=["'](?!#|/openapi\.json)""", came.text)
    assert "default-src 'none'" in came.headers["Content-Security-Policy"]


async def test_the_reference_page_shows_every_operation(api: Api) -> None:
    page = (await api.client.get("/docs")).text
    document = (await api.client.get("/openapi.json")).json()

    for item in document["paths"].values():
        for operation in item.values():
            assert f'<details id="{operation["operationId"]}">' in page


async def test_every_anchor_of_the_page_is_there(api: Api) -> None:
    page = (await api.client.get("/docs")).text

    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))


async def test_the_document_carries_the_version(store: Store) -> None:
    async with started_api(store, version="1.2.3") as api:
        assert (await api.client.get("/openapi.json")).json()["info"]["version"] == "1.2.3"


def _refers(schema: dict[str, Any]) -> bool:
    parts = [schema, schema.get("items", {}), *schema.get("anyOf", [])]
    return any("$ref" in part for part in parts)


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    if isinstance(node, list):
        return [found for value in node for found in _references(value)]
    return []
