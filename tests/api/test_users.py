"""Users over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from natalis.testing.http_api import ADA, Api


async def test_a_user_that_was_added_can_be_read_where_location_says(api: Api) -> None:
    came = await api.client.post("/user", json=ADA)

    found = await api.client.get(came.headers["Location"])

    assert came.status_code == 201
    assert found.status_code == 200
    assert found.json() | came.json() == found.json()
    assert found.headers["ETag"] == came.headers["ETag"] == '"1"'


async def test_birthday_and_location_are_other_names_of_the_same_fields(api: Api) -> None:
    fields = {key: value for key, value in ADA.items() if key not in {"birthdayDate", "timezone"}}

    came = await api.client.post("/user", json=fields | {"birthday": "--02-29", "location": "Europe/Kiev"})

    assert came.status_code == 201
    assert (came.json()["birthdayDate"], came.json()["timezone"]) == ("--02-29", "Europe/Kiev")


async def test_a_fault_is_called_by_the_name_the_caller_used(api: Api) -> None:
    fields = {key: value for key, value in ADA.items() if key not in {"birthdayDate", "timezone"}}

    came = await api.client.post("/user", json=fields | {"birthday": "2023-02-29", "location": "Europe/Pariss"})

    faults = {fault["field"]: fault["remedy"] for fault in came.json()["errors"]}
    assert faults == {"birthday": "use a date that exists", "location": faults["location"]}
    assert "Europe/Paris" in faults["location"]


async def test_both_names_of_a_field_at_once_are_refused(api: Api) -> None:
    came = await api.client.post("/user", json=ADA | {"birthday": "1985-12-10"})

    assert came.status_code == 422
    assert came.json()["errors"][0]["field"] == "birthday"


async def test_an_unknown_field_is_refused_with_the_nearest_known_one(api: Api) -> None:
    came = await api.client.post("/user", json=ADA | {"fristName": "Ada"})

    assert came.status_code == 422
    assert came.json()["errors"] == [
        {"field": "fristName", "problem": "is not known here", "remedy": "did you mean firstName?"}
    ]


async def test_an_empty_user_is_told_every_field_that_is_missing(api: Api) -> None:
    came = await api.client.post("/user", json={})

    assert [fault["field"] for fault in came.json()["errors"]] == list(ADA)


async def test_an_address_that_is_taken_is_a_conflict_whatever_its_case(api: Api) -> None:
    await api.add()

    came = await api.client.post("/user", json=ADA | {"email": "ADA@Example.org"})

    assert came.status_code == 409
    assert came.json()["errors"][0]["field"] == "email"


async def test_a_request_that_is_repeated_with_its_key_creates_one_user_and_answers_the_same(api: Api) -> None:
    key = {"Idempotency-Key": "8e03978e"}
    first = await api.client.post("/user", json=ADA, headers=key)

    # the same fields in another order and by their other names are the same request
    again = await api.client.post(
        "/user",
        json={
            "location": ADA["timezone"],
            "birthday": ADA["birthdayDate"],
            "email": ADA["email"],
            "lastName": ADA["lastName"],
            "firstName": ADA["firstName"],
        },
        headers=key,
    )

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers


async def test_a_key_that_comes_back_with_another_body_is_refused(api: Api) -> None:
    key = {"Idempotency-Key": "8e03978e"}
    await api.client.post("/user", json=ADA, headers=key)

    came = await api.client.post("/user", json=ADA | {"firstName": "Bob"}, headers=key)

    assert came.status_code == 422
    assert came.json()["type"] == "/docs#problem-request-key-reused"


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "caf\xe9"])
async def test_a_key_that_cannot_be_used_is_refused_by_name(api: Api, key: str) -> None:
    came = await api.client.post("/user", json=ADA, headers={b"Idempotency-Key": key.encode("latin-1")})

    assert came.status_code == 422
    assert came.json()["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_any_subset_of_the_fields_can_be_changed(api: Api, method: str) -> None:
    user = await api.add()

    came = await api.client.request(method, f"/user/{user['id']}", json={"location": "Asia/Tokyo"})

    assert came.status_code == 200
    assert came.headers["ETag"] == '"2"'
    assert came.json()["timezone"] == "Asia/Tokyo"
    assert came.json()["firstName"] == "Ada"
    assert came.json()["occasions"][0]["upcoming"]["fireAt"] == "2026-12-10T00:00:00Z"


async def test_null_takes_an_optional_field_away_and_is_refused_for_a_needed_one(api: Api) -> None:
    user = await api.add(locale="en-GB", leapDay="forward")

    gone = await api.client.patch(f"/user/{user['id']}", json={"locale": None, "leapDay": None})
    kept = await api.client.patch(f"/user/{user['id']}", json={"firstName": None})

    assert (gone.json()["locale"], gone.json()["leapDay"]) == (None, None)
    assert kept.status_code == 422
    assert kept.json()["errors"][0]["field"] == "firstName"


@pytest.mark.parametrize(
    ("if_match", "status"),
    [('"1"', 200), ("*", 200), ('"7", "1"', 200), ('"2"', 412), ('W/"1"', 412), ('"abc"', 412), ("nonsense", 422)],
)
async def test_a_change_is_made_only_to_the_version_that_if_match_names(api: Api, if_match: str, status: int) -> None:
    user = await api.add()

    came = await api.client.patch(f"/user/{user['id']}", json={"firstName": "B"}, headers={"If-Match": if_match})

    assert came.status_code == status
    if status != 200:
        assert came.json()["errors"][0]["field"] == "If-Match"


@pytest.mark.parametrize(
    ("if_match", "status"), [('"2"', 204), ('"7", "2"', 204), ("*", 204), ('"1"', 412), ("x", 422)]
)
@pytest.mark.parametrize("path", ["/user/{id}", "/user/{id}/occasions/anniversary"])
async def test_what_is_taken_away_is_taken_away_only_from_the_version_that_if_match_names(
    api: Api, path: str, if_match: str, status: int
) -> None:
    user = await api.add()
    await api.client.put(f"/user/{user['id']}/occasions/anniversary", json={"date": "2015-06-20"})

    came = await api.client.delete(path.format(**user), headers={"If-Match": if_match})

    assert came.status_code == status
    left = (await api.client.get(f"/user/{user['id']}")).json()
    assert len(left.get("occasions", ())) == (2 if status != 204 else 0 if path == "/user/{id}" else 1)


async def test_a_yearly_date_is_set_only_on_the_version_that_if_match_names(api: Api) -> None:
    user = await api.add()
    path, date = f"/user/{user['id']}/occasions/anniversary", {"date": "2015-06-20"}

    stale = await api.client.put(path, json=date, headers={"If-Match": '"2"'})
    fresh = await api.client.put(path, json=date, headers={"If-Match": '"1"'})

    assert (stale.status_code, fresh.status_code) == (412, 200)


@pytest.mark.parametrize(("if_none_match", "status"), [('"1"', 304), ('W/"1"', 304), ("*", 304), ('"2"', 200)])
async def test_who_knows_the_version_is_told_so_without_a_body(api: Api, if_none_match: str, status: int) -> None:
    user = await api.add()

    came = await api.client.get(f"/user/{user['id']}", headers={"If-None-Match": if_none_match})

    assert came.status_code == status
    assert came.headers["ETag"] == '"1"'
    assert bool(came.content) is (status == 200)


async def test_a_deleted_user_is_gone_and_the_second_delete_says_so(api: Api) -> None:
    user = await api.add()
    path = f"/user/{user['id']}"

    statuses = [(await api.client.request(method, path)).status_code for method in ("DELETE", "GET", "DELETE")]

    assert statuses == [204, 404, 404]


async def test_the_address_of_a_deleted_user_is_free(api: Api) -> None:
    user = await api.add()
    await api.client.delete(f"/user/{user['id']}")

    assert (await api.add())["id"] != user["id"]


async def test_a_misspelt_parameter_does_not_quietly_do_something_else(api: Api) -> None:
    user = await api.add()

    came = await api.client.delete(f"/user/{user['id']}?erased=true")

    assert came.status_code == 422
    assert came.json()["errors"][0]["remedy"] == "did you mean erase?"
    assert (await api.client.get(f"/user/{user['id']}")).status_code == 200


async def test_reading_on_with_the_cursor_shows_every_user_once(api: Api) -> None:
    made = [(await api.add(email=f"p{number}@example.org"))["id"] for number in range(7)]
    found, query = [], dict[str, Any](limit=3)
    while True:
        page = (await api.client.get("/user", params=query)).json()
        found += [user["id"] for user in page["items"]]
        if page["cursor"] is None:
            break
        query["cursor"] = page["cursor"]

    assert found == sorted(made)


async def test_a_user_is_found_by_address(api: Api) -> None:
    user = await api.add()
    await api.add(email="other@example.org")

    page = (await api.client.get("/user", params={"email": "ADA@example.org"})).json()

    assert [each["id"] for each in page["items"]] == [user["id"]]


async def test_a_further_yearly_date_is_set_shown_and_taken_away(api: Api) -> None:
    path = f"/user/{(await api.add())['id']}"

    put = await api.client.put(f"{path}/occasions/anniversary", json={"date": "2011-06-04", "leapDay": "omit"})
    gone = await api.client.delete(f"{path}/occasions/anniversary")
    again = await api.client.delete(f"{path}/occasions/anniversary")

    assert put.status_code == 200
    assert put.headers["ETag"] == '"2"'
    assert [each["kind"] for each in put.json()["occasions"]] == ["anniversary", "birthday"]
    assert (gone.status_code, again.status_code) == (204, 404)


@pytest.mark.parametrize("kind", ["birthday", "nameday", "Anniversary", "a" * 100, "%00"])
async def test_a_kind_that_cannot_be_set_is_refused_by_name(api: Api, kind: str) -> None:
    user = await api.add()

    came = await api.client.put(f"/user/{user['id']}/occasions/{kind}", json={"date": "2011-06-04"})

    assert came.status_code == 422
    assert came.json()["errors"][0]["field"] == "kind"
