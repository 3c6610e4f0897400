"""HTTP's own rules: methods, media types, sizes, ids and headers, on every operation there is."""

from __future__ import annotations

import re

import pytest

from natalis.testing.http_api import ADA, Api

GETS = ["/user", "/deliveries", "/upcoming", "/health", "/ready", "/metrics", "/openapi.json", "/docs"]
BODIES = [
    ("POST", "/user"),
    ("PUT", "/user/x"),
    ("PATCH", "/user/x"),
    ("PUT", "/user/x/occasions/anniversary"),
    ("PUT", "/suppressions"),
    ("POST", "/feedback/x"),
]


@pytest.mark.parametrize("path", GETS)
async def test_head_answers_as_get_does_without_the_body(api: Api, path: str) -> None:
    got = await api.client.get(path)
    came = await api.client.head(path)

    assert came.status_code == got.status_code == 200
    assert came.content == b""
    assert came.headers["content-type"] == got.headers["content-type"]
    if path != "/metrics":  # it has counted a request more by then
        assert came.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/user", "GET, HEAD, OPTIONS, POST"),
        ("/user/bulk", "OPTIONS, POST"),
        ("/user/x", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
        ("/deliveries/x", "GET, HEAD, OPTIONS"),
    ],
)
async def test_options_names_what_is_allowed(api: Api, path: str, allowed: str) -> None:
    came = await api.client.options(path)

    assert (came.status_code, came.headers["Allow"]) == (204, allowed)


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "TRACE", "CONNECT", "BREW", "X" * 200])
async def test_any_other_method_is_405_with_those_that_are_allowed(api: Api, method: str) -> None:
    came = await api.client.request(method, "/user")

    assert came.status_code == 405
    assert came.headers["content-type"] == "application/problem+json"
    assert {each.strip() for each in came.headers["Allow"].split(",")} == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize("path", ["/user/", "/user//", "/health/"])
async def test_a_slash_at_the_end_does_not_count(api: Api, path: str) -> None:
    assert (await api.client.get(path)).status_code == 200


NOWHERE = ["/", "//", "/users", "/user/x/y", "/user/x/y/", "/user//occasions/x", "/x/user"]


@pytest.mark.parametrize("path", [*NOWHERE, "/../etc/passwd", "/%2e%2e/", "/%00", "/é"])
async def test_a_path_that_leads_nowhere_is_a_404_problem(api: Api, path: str) -> None:
    came = await api.client.get(path)

    assert came.status_code == 404
    assert came.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path"), BODIES)
async def test_a_body_of_another_type_is_415(api: Api, method: str, path: str) -> None:
    for media_type in ("", "text/plain", "application/xml", "multipart/form-data; boundary=x", "é"):
        headers = {b"content-type": media_type.encode()} if media_type else {}
        came = await api.client.request(method, path, content=b"{}", headers=headers)
        assert came.status_code == 415
        assert came.json()["errors"][0]["field"] == "Content-Type"


async def test_a_media_type_may_say_its_charset_and_come_in_any_case(api: Api) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}

    came = await api.client.post("/user", content=b'{"firstName": 1}', headers=headers)

    assert came.status_code == 422


@pytest.mark.parametrize(("method", "path"), BODIES)
async def test_a_body_of_10_megabytes_is_413(api: Api, method: str, path: str) -> None:
    body = b'{"firstName": "' + b"x" * 10_000_000 + b'"}'

    came = await api.client.request(method, path, content=body, headers={"Content-Type": "application/json"})

    assert came.status_code == 413
    assert came.json()["errors"][0]["field"] == "body"


@pytest.mark.parametrize("path", [*GETS, "/nowhere"])
async def test_every_answer_carries_its_id_and_what_keeps_browsers_careful(api: Api, path: str) -> None:
    headers = (await api.client.get(path)).headers

    assert re.fullmatch(r"[0-9a-f]{32}", headers["X-Request-Id"])
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Cache-Control" in headers


@pytest.mark.parametrize(
    ("offered", "kept"), [("req-12345678", True), ("short", False), ("x" * 65, False), ('a"b<c>defgh', False)]
)
async def test_a_callers_own_id_is_kept_when_a_log_can_bear_it(api: Api, offered: str, kept: bool) -> None:
    came = await api.client.get("/nowhere", headers={"X-Request-Id": offered})

    assert (came.headers["X-Request-Id"] == offered) is kept
    assert came.json()["requestId"] == came.headers["X-Request-Id"]


async def test_a_refused_request_changes_nothing(api: Api) -> None:
    await api.client.post("/user", json=ADA | {"timezone": "Moon"})

    assert (await api.client.get("/user")).json()["items"] == []


@pytest.mark.parametrize("host", ["a b", "", "x" * 300, "localhost\x00", "<script>", "user@localhost"])
async def test_a_host_that_is_none_is_refused(api: Api, host: str) -> None:
    came = await api.client.get("/user", headers={"Host": host})

    assert came.status_code in {400, 401}
    assert came.headers["content-type"] == "application/problem+json"
