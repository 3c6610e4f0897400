"""Deliveries over HTTP."""

from __future__ import annotations

import pytest

from natalis.domain.delivery import DeliveryKey
from natalis.domain.trace import trace_of
from natalis.testing.http_api import Api


async def test_a_planned_delivery_is_listed_and_shown_with_its_attempts(api: Api) -> None:
    user = await api.add()
    await api.plan()

    (listed,) = (await api.client.get("/deliveries", params={"userId": user["id"]})).json()["items"]
    shown = await api.client.get(f"/deliveries/{listed['id']}")

    assert listed["id"] == f"{user['id']}:birthday:2026-12-10"
    assert (listed["status"], listed["fireAt"]) == ("scheduled", "2026-12-10T09:00:00Z")
    assert shown.json() == listed | {"history": [], "traceId": trace_of(DeliveryKey.parse(listed["id"])).written}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=scheduled", 1),
        ("status=sent", 0),
        ("kind=birthday", 1),
        ("kind=anniversary", 0),
        ("from=2026-12-10T09:00:00Z", 1),
        ("from=2026-12-10T10:00:00%2B01:00", 1),
        ("from=2026-12-10T09:00:01Z", 0),
        ("to=2026-12-10T09:00:00Z", 0),
        ("from=2026-12-10&to=2026-12-11", 1),
    ],
)
async def test_every_parameter_narrows(api: Api, query: str, found: int) -> None:
    await api.add()
    await api.plan()

    assert len((await api.client.get(f"/deliveries?{query}")).json()["items"]) == found


async def test_a_list_is_read_on_with_its_cursor(api: Api) -> None:
    for number in range(3):
        await api.add(email=f"p{number}@example.org")
    await api.plan()

    first = (await api.client.get("/deliveries?limit=2")).json()
    second = (await api.client.get("/deliveries", params={"limit": 2, "cursor": first["cursor"]})).json()

    assert len({each["id"] for each in first["items"] + second["items"]}) == 3
    assert second["cursor"] is None


async def test_a_pending_delivery_is_cancelled_once(api: Api) -> None:
    user = await api.add()
    await api.plan()
    path = f"/deliveries/{user['id']}:birthday:2026-12-10"

    first = await api.client.post(f"{path}/cancel")
    again = await api.client.post(f"{path}/cancel")

    assert (first.status_code, first.json()["status"]) == (202, "cancelled")
    assert again.status_code == 409
    assert again.json()["errors"][0]["field"] == "status"


async def test_a_missed_delivery_is_retried_and_a_scheduled_one_is_not(api: Api) -> None:
    user = await api.add()
    await api.plan()
    path = f"/deliveries/{user['id']}:birthday:2026-12-10"

    early = await api.client.post(f"{path}/retry")
    await api.miss()
    came = await api.client.post(f"{path}/retry")

    assert early.status_code == 409
    assert (came.status_code, came.json()["status"]) == (202, "scheduled")


async def test_missed_deliveries_are_replayed_by_filter(api: Api) -> None:
    for number in range(3):
        await api.add(email=f"p{number}@example.org")
    await api.plan()
    await api.miss()

    none = await api.client.post("/deliveries/replay?status=failed")
    some = await api.client.post("/deliveries/replay?status=missed&limit=2")
    rest = await api.client.post("/deliveries/replay")

    assert [each.json()["replayed"] for each in (none, some, rest)] == [0, 2, 1]
    assert {each.status_code for each in (none, some, rest)} == {202}


@pytest.mark.parametrize(
    ("query", "field", "remedy"),
    [
        ("status=snet", "status", "use one of scheduled, queued, sending, sent"),
        ("from=yesterday", "from", "write 2026-12-10T09:00:00Z"),
        ("from=2026-12-10T09:00:00", "from", "write 2026-12-10T09:00:00Z"),
        ("to=0001-01-01T00:00:00%2B14:00", "to", "write 2026-12-10T09:00:00Z"),
        ("limit=0", "limit", "use a number from 1 to 500"),
        ("limit=501", "limit", "use a number from 1 to 500"),
        ("cursor=nonsense", "cursor", ""),
        ("userid=x", "userid", "did you mean userId?"),
    ],
)
async def test_a_parameter_that_cannot_be_right_is_refused_by_name(
    api: Api, query: str, field: str, remedy: str
) -> None:
    came = await api.client.get(f"/deliveries?{query}")

    assert came.status_code == 422
    assert came.json()["errors"][0]["field"] == field
    assert came.json()["errors"][0]["remedy"].startswith(remedy)


@pytest.mark.parametrize("path", ["", "/retry", "/cancel"])
async def test_what_is_no_delivery_is_422_and_an_unknown_one_404(api: Api, path: str) -> None:
    method = "POST" if path else "GET"

    nonsense = await api.client.request(method, f"/deliveries/nonsense{path}")
    unknown = await api.client.request(method, f"/deliveries/u:birthday:2026-12-10{path}")

    assert (nonsense.status_code, unknown.status_code) == (422, 404)
