"""Users over HTTP."""

from __future__ import annotations

from natalis.testing.http_api import ADA, Api


async def test_a_user_that_was_added_can_be_read_where_location_says(api: Api) -> None:
    came = await api.client.post("/user", json=ADA)

    found = await api.client.get(came.headers["Location"])

    assert came.status_code == 201
    assert found.status_code == 200
    assert found.json() | came.json() == found.json()
    assert found.headers["ETag"] == came.headers["ETag"] == '"1"'
