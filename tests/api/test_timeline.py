"""What will be sent, how much, and what happened and why, over HTTP."""

from __future__ import annotations

import pytest

from natalis.testing.http_api import Api


async def test_upcoming_lists_what_is_planned_and_what_is_not_yet(api: Api) -> None:
    user = await api.add(birthdayDate="1985-06-04")

    before = (await api.client.get("/upcoming?days=7")).json()["items"]
    none = (await api.client.get("/upcoming?days=1")).json()["items"]

    assert [(each["userId"], each["fireAt"], each["planned"]) for each in before] == [
        (user["id"], "2026-06-04T08:00:00Z", False)
    ]
    assert none == []


async def test_upcoming_can_be_of_one_zone(api: Api) -> None:
    await api.add(birthdayDate="1985-06-04")

    tokyo = (await api.client.get("/upcoming?timezone=Asia/Tokyo")).json()["items"]
    london = (await api.client.get("/upcoming?timezone=Europe/London")).json()["items"]

    assert (len(tokyo), len(london)) == (0, 1)


async def test_the_forecast_of_a_date_says_when_how_many_and_where_a_limit_is_exceeded(api: Api) -> None:
    for number in range(120):
        await api.add(email=f"p{number}@example.org")

    found = (await api.client.get("/forecast?date=2026-12-10&limit=1")).json()

    assert found["total"] == 120
    assert found["peak"] == {"at": "2026-12-10T09:00:00Z", "messages": 120}
    assert found["zones"] == [{"timezone": "Europe/London", "messages": 120}]
    assert found["backlogs"][0]["longestWaitSeconds"] == 120


async def test_the_forecast_of_an_empty_date_has_no_peak(api: Api) -> None:
    found = (await api.client.get("/forecast?date=2026-12-10")).json()

    assert (found["total"], found["peak"], found["limit"]) == (0, None, None)


async def test_the_ledger_says_what_happened_and_why(api: Api) -> None:
    user = await api.add()
    await api.plan()

    found = (await api.client.get(f"/user/{user['id']}/ledger?year=2026")).json()

    assert found["userId"] == user["id"]
    (told,) = found["answers"]
    assert (told["kind"], told["answer"], told["occasionDate"]) == ("birthday", "planned", "2026-12-10")
    assert told["deliveryId"] == f"{user['id']}:birthday:2026-12-10"
    assert told["rules"]


async def test_the_ledger_is_of_this_year_unless_told_otherwise_and_outlives_the_user(api: Api) -> None:
    user = await api.add()
    await api.plan()
    await api.client.delete(f"/user/{user['id']}")

    found = (await api.client.get(f"/user/{user['id']}/ledger")).json()

    assert found["year"] == 2026
    assert [each["answer"] for each in found["answers"]] == ["cancelled"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/upcoming?days=0", "days"),
        ("/upcoming?days=367", "days"),
        ("/upcoming?timezone=Europe/Pariss", "timezone"),
        ("/upcoming?timezone=", "timezone"),
        ("/forecast", "date"),
        ("/forecast?date=2026-02-29", "date"),
        ("/forecast?date=0001-01-01", "date"),
        ("/forecast?date=9999-12-31", "date"),
        ("/forecast?date=2026-12-10&limit=0", "limit"),
        ("/forecast?date=2026-12-10&limit=nan", "limit"),
        ("/forecast?date=2026-12-10&limit=1e999", "limit"),
        ("/user/x/ledger?year=0", "year"),
        ("/user/x/ledger?year=1", "year"),
        ("/user/x/ledger?year=9999", "year"),
        ("/user/x/ledger?year=99999999999999999999", "year"),
    ],
)
async def test_a_parameter_that_cannot_be_right_is_refused_by_name(api: Api, path: str, field: str) -> None:
    came = await api.client.get(path)

    assert came.status_code == 422, came.text
    assert came.json()["errors"][0]["field"] == field


async def test_the_ledger_of_nobody_is_404(api: Api) -> None:
    assert (await api.client.get("/user/nobody/ledger?year=2026")).status_code == 404
