"""Who may call: decided from the address listened on, from whether there are tokens, and from what was sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from natalis.api.access import (
    Allowed,
    LacksScope,
    NeedsToken,
    Presented,
    check_listening,
    decide,
    includes,
    is_cross_site,
    is_loopback,
    secret_in,
)
from natalis.errors import SettingsInvalid
from natalis.ports.store import Store
from natalis.ports.tokens import Scope, Token
from natalis.testing.http_api import ADA, Api, started_api


def a_token(scope: Scope) -> Token:
    return Token("ci", "0" * 64, scope, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "[::1]", "localhost", "LOCALHOST."])
def test_a_loopback_address_is_reached_from_this_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org", "", "127.0.0.1.example.org"])  # noqa: S104 - the rule is about it
def test_any_other_address_is_not(host: str) -> None:
    assert not is_loopback(host)


def test_beyond_loopback_the_server_refuses_to_listen_without_a_token() -> None:
    check_listening("127.0.0.1", has_tokens=False)
    check_listening("10.0.0.1", has_tokens=True)

    with pytest.raises(SettingsInvalid, match="natalis token create"):
        check_listening("10.0.0.1", has_tokens=False)


@pytest.mark.parametrize(
    ("listen", "has_tokens", "presented", "expected"),
    [
        ("127.0.0.1", False, Presented(host="localhost:3000"), Allowed),
        ("::1", False, Presented(host="[::1]:3000"), Allowed),
        ("127.0.0.1", False, Presented(host="evil.example"), NeedsToken),
        ("127.0.0.1", False, Presented(host=""), NeedsToken),
        ("127.0.0.1", True, Presented(host="localhost"), NeedsToken),
        ("10.0.0.1", True, Presented(host="localhost"), NeedsToken),
        ("10.0.0.1", False, Presented(host="10.0.0.1"), NeedsToken),
        ("127.0.0.1", False, Presented(sent=True, host="localhost"), NeedsToken),
        ("10.0.0.1", True, Presented(a_token(Scope.WRITE), sent=True), Allowed),
        ("10.0.0.1", True, Presented(a_token(Scope.ADMIN), sent=True), Allowed),
        ("10.0.0.1", True, Presented(a_token(Scope.READ), sent=True), LacksScope),
        ("127.0.0.1", False, Presented(a_token(Scope.READ), sent=True, host="localhost"), LacksScope),
    ],
)
def test_a_write_is_allowed_to_who_may_and_to_nobody_else(
    listen: str, has_tokens: bool, presented: Presented, expected: type
) -> None:
    assert isinstance(decide(listen, Scope.WRITE, presented, has_tokens=has_tokens), expected)


def test_admin_includes_write_and_write_includes_read() -> None:
    order = [Scope.READ, Scope.WRITE, Scope.ADMIN]

    assert [[includes(held, wanted) for wanted in order] for held in order] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


@pytest.mark.parametrize(
    ("header", "secret"),
    [("Bearer abc", "abc"), ("bearer  abc ", "abc"), ("Basic abc", None), ("Bearer", None), ("", None)],
)
def test_a_secret_follows_bearer(header: str, secret: str | None) -> None:
    assert secret_in(header) == secret


@pytest.mark.parametrize(
    ("method", "fetch_site", "origin", "crosses"),
    [
        ("POST", "cross-site", "", True),
        ("POST", "same-site", "", True),
        ("POST", "same-origin", "", False),
        ("POST", "none", "", False),
        ("POST", "", "http://evil.example", True),
        ("POST", "", "null", True),
        ("POST", "", "http://localhost:3000", False),
        ("POST", "", "", False),
        ("GET", "cross-site", "http://evil.example", False),
    ],
)
def test_a_change_asked_for_by_another_sites_page_is_told_apart(
    method: str, fetch_site: str, origin: str, crosses: bool
) -> None:
    assert is_cross_site(method, fetch_site=fetch_site, origin=origin, host="localhost:3000") is crosses


async def test_on_loopback_nobody_needs_a_token_until_the_first_is_made(api: Api) -> None:
    before = await api.client.get("/user")
    await api.bearer(Scope.READ)
    after = await api.client.get("/user")

    assert (before.status_code, after.status_code) == (200, 401)


async def test_without_a_token_another_name_for_this_machine_is_not_answered(api: Api) -> None:
    came = await api.client.get("/user", headers={"Host": "rebound.example"})

    assert came.status_code == 401
    assert "localhost" in came.json()["detail"]


async def test_beyond_loopback_a_token_is_needed_and_401_says_so(store: Store) -> None:
    async with started_api(store, listen="10.0.0.1") as api:
        came = await api.client.get("/user")

    assert came.status_code == 401
    assert came.headers["WWW-Authenticate"] == 'Bearer realm="natalis"'


async def test_a_token_that_is_not_known_is_refused_even_where_none_is_needed(api: Api) -> None:
    for header in ("Bearer nat_" + "x" * 43, "Bearer \x01", "Basic abc", "nonsense"):
        came = await api.client.get("/user", headers={"Authorization": header})
        assert came.status_code == 401
        assert 'error="invalid_token"' in came.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [(Scope.READ, (200, 403, 403)), (Scope.WRITE, (200, 201, 403)), (Scope.ADMIN, (200, 201, 200))],
)
async def test_a_token_opens_what_its_scope_includes(api: Api, scope: Scope, statuses: tuple[int, ...]) -> None:
    bearer = await api.bearer(scope)

    came = [
        await api.client.get("/user", headers=bearer),
        await api.client.post("/user", json=ADA, headers=bearer),
        await api.client.get("/suppressions", headers=bearer),
    ]

    assert tuple(each.status_code for each in came) == statuses
    for each in came:
        if each.status_code == 403:
            assert 'error="insufficient_scope"' in each.headers["WWW-Authenticate"]


async def test_erasing_takes_the_scope_admin(api: Api) -> None:
    user = await api.add()
    writer = await api.bearer(Scope.WRITE)

    came = await api.client.delete(f"/user/{user['id']}", params={"erase": True}, headers=writer)

    assert came.status_code == 403
    assert (await api.client.get(f"/user/{user['id']}", headers=writer)).status_code == 200


async def test_a_revoked_token_opens_nothing(api: Api) -> None:
    bearer = await api.bearer(Scope.READ)
    await api.bearer(Scope.WRITE)

    await api.services.tokens.revoke("read token")

    assert (await api.client.get("/user", headers=bearer)).status_code == 401


@pytest.mark.parametrize("path", ["/health", "/ready", "/openapi.json", "/docs", "/unsubscribe/x", "/feedback/x"])
async def test_what_tells_nothing_of_anybody_is_open_to_all(store: Store, path: str) -> None:
    async with started_api(store, listen="10.0.0.1") as api:
        assert (await api.client.get(path)).status_code == 200


async def test_a_page_of_another_site_cannot_change_anything(api: Api) -> None:
    came = await api.client.post("/user", json=ADA, headers={"Sec-Fetch-Site": "cross-site"})

    assert came.status_code == 403
    assert (await api.client.get("/user")).json()["items"] == []


async def test_the_body_of_a_stranger_is_not_read(store: Store) -> None:
    async with started_api(store, listen="10.0.0.1") as api:
        came = await api.client.post("/user", content=b"not json at all")

    assert came.status_code == 401


async def test_a_new_token_is_noticed_within_seconds(api: Api) -> None:
    assert (await api.client.get("/user")).status_code == 200
    await api.services.tokens.create("ci", Scope.READ)

    api.clock.advance(timedelta(seconds=2))

    assert (await api.client.get("/user")).status_code == 401
