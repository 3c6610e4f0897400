"""Many users at once: good rows land, bad rows are told by line, and memory stays flat."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, BinaryIO

import pytest

from natalis.api.app import create_app
from natalis.api.options import ApiOptions
from natalis.ports.people_file import PeopleFile
from natalis.testing.http_api import ADA, Api, open_rows
from plimsoll.instrument.requests.asgi import Message

NDJSON = {"Content-Type": "application/x-ndjson"}
CSV = {"Content-Type": "text/csv"}
HEADER = "firstName,lastName,email,birthdayDate,timezone\n"


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def rows(*people: dict[str, str]) -> str:
    return "".join(json.dumps(ADA | person) + "\n" for person in people)


async def test_good_rows_land_and_each_bad_one_is_told_with_its_line_and_reason(api: Api) -> None:
    body = rows({}) + "not json\n" + rows({"email": "b@example.org"}, {"email": "c@example.org", "timezone": "Moon"})

    came = await api.client.post("/user/bulk", content=body, headers=NDJSON)
    *told, summary = lines_of(came.text)

    assert came.status_code == 200
    assert [(row["line"], row["outcome"]) for row in told] == [(1, "added"), (2, "bad"), (3, "added"), (4, "bad")]
    assert "timezone" in told[3]["reason"]
    assert (summary["rows"], summary["added"], summary["bad"]) == (4, 2, 2)
    assert (await api.client.get(f"/user/{told[0]['userId']}")).json()["email"] == "ada@example.org"


async def test_csv_lands_too(api: Api) -> None:
    body = HEADER + "Ada,Lovelace,ada@example.org,1985-12-10,Europe/London\nBob,,b@example.org,2000-02-30,Mars\n"

    came = await api.client.post("/user/bulk", content=body, headers=CSV)
    *told, _ = lines_of(came.text)

    assert [(row["line"], row["outcome"]) for row in told] == [(2, "added"), (3, "bad")]
    assert all(field in told[1]["reason"] for field in ("lastName", "birthdayDate", "timezone"))


async def test_who_asks_for_json_gets_the_summary_with_what_did_not_land(api: Api) -> None:
    body = rows({}, {"email": "nobody"})

    came = await api.client.post("/user/bulk", content=body, headers=NDJSON | {"Accept": "application/json"})

    assert came.headers["content-type"] == "application/json"
    assert (came.json()["added"], came.json()["bad"]) == (1, 1)
    assert [row["line"] for row in came.json()["notLanded"]] == [2]


async def test_the_same_body_again_adds_nobody_and_answers_for_every_row(api: Api) -> None:
    body = rows({}, {"email": "b@example.org"})

    for outcome in ("added", "unchanged"):
        *told, _ = lines_of((await api.client.post("/user/bulk", content=body, headers=NDJSON)).text)
        assert [row["outcome"] for row in told] == [outcome, outcome]


async def test_a_known_address_with_other_data_is_a_conflict_unless_the_row_is_to_win(api: Api) -> None:
    user = await api.add()
    body = rows({"timezone": "Asia/Tokyo"})

    *kept, _ = lines_of((await api.client.post("/user/bulk", content=body, headers=NDJSON)).text)
    *won, _ = lines_of((await api.client.post("/user/bulk?update=true", content=body, headers=NDJSON)).text)

    assert (kept[0]["outcome"], won[0]["outcome"]) == ("conflict", "updated")
    assert (await api.client.get(f"/user/{user['id']}")).json()["timezone"] == "Asia/Tokyo"


async def test_a_dry_run_writes_nothing(api: Api) -> None:
    came = await api.client.post("/user/bulk?dryRun=true", content=rows({}), headers=NDJSON)

    assert lines_of(came.text)[0]["outcome"] == "added"
    assert (await api.client.get("/user")).json()["items"] == []


async def test_rows_without_a_zone_take_the_one_that_is_given(api: Api) -> None:
    body = HEADER + "Ada,Lovelace,ada@example.org,1985-12-10,\n"

    came = await api.client.post("/user/bulk?timezone=Asia/Tokyo", content=body, headers=CSV)

    assert lines_of(came.text)[0]["outcome"] == "added"


@pytest.mark.parametrize(
    ("content", "headers", "query", "expected"),
    [
        ("a,b\n1,2\n", CSV, "", (422, "header")),
        ("", CSV, "", (422, "file")),
        (b"PK\x03\x04\x00", CSV, "", (422, "file")),
        ("[]", NDJSON, "", (422, "file")),
        ("{}", {"Content-Type": "application/json"}, "", (415, "Content-Type")),
        ("{}", NDJSON, "?timezone=Moon", (422, "timezone")),
        ("\u00e9", CSV | {"Content-Type": "text/csv; charset=klingon"}, "", (422, "encoding")),
        ("{}", NDJSON, "?updat=true", (422, "updat")),
        ("{}", NDJSON, "?update=perhaps", (422, "update")),
    ],
)
async def test_what_is_wrong_as_a_whole_is_a_problem_and_not_a_result(
    api: Api, content: str | bytes, headers: dict[str, str], query: str, expected: tuple[int, str]
) -> None:
    came = await api.client.post(f"/user/bulk{query}", content=content, headers=headers)

    assert (came.status_code, came.json()["errors"][0]["field"]) == expected


@pytest.mark.parametrize(
    "line",
    [
        b'{"firstName": "\xff\xfe"}',
        b"\x00\x00\x00",
        b"[" * 50_000,
        b'{"firstName": "' + b"x" * 2_000_000 + b'"}',
        b'{"firstName": "\\ud800"}',
        b"9" * 10_000,
        b"null",
    ],
)
async def test_a_hostile_line_costs_nobody_but_itself(api: Api, line: bytes) -> None:
    body = rows({}).encode() + line + b"\n" + rows({"email": "b@example.org"}).encode()

    came = await api.client.post("/user/bulk", content=body, headers=NDJSON)
    *told, _ = lines_of(came.text)

    assert [row["outcome"] for row in told] == ["added", "bad", "added"]


async def test_a_body_beyond_the_limit_is_413_and_nothing_of_it_lands(store_api_with_small_bulk: Api) -> None:
    api = store_api_with_small_bulk

    came = await api.client.post(
        "/user/bulk", content=rows(*({"email": f"{n}@example.org"} for n in range(99))), headers=NDJSON
    )

    assert came.status_code == 413
    assert (await api.client.get("/user")).json()["items"] == []


async def test_memory_does_not_grow_with_the_body(api: Api) -> None:
    async def body(count: int) -> AsyncIterator[bytes]:
        for number in range(count):
            yield json.dumps(ADA | {"email": f"p{number}@example.org", "firstName": "x" * 2_000}).encode() + b"\n"

    async def peak(count: int) -> int:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        headers = NDJSON | {"Accept": "application/json"}
        await api.client.post("/user/bulk?dryRun=true", content=body(count), headers=headers)
        return tracemalloc.get_traced_memory()[1] - before

    tracemalloc.start()
    try:
        await peak(10)
        small, large = await peak(2_000), await peak(10_000)
    finally:
        tracemalloc.stop()

    assert large < small + 10_000_000  # the larger body has 16 MB more


async def test_when_the_client_goes_away_the_import_ends_and_its_file_is_closed(api: Api) -> None:
    opened: list[BinaryIO] = []
    gone = asyncio.Event()
    body = [rows(*({"email": f"p{number}@example.org"} for number in range(5_000))).encode()]

    def open_and_keep(file: BinaryIO, name: str, encoding: str | None) -> PeopleFile:
        opened.append(file)
        return open_rows(file, name, encoding)

    async def receive() -> Message:
        if body:
            return {"type": "http.request", "body": body.pop()}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message.get("body"):
            gone.set()

    app = create_app(replace(api.services, open_people=open_and_keep), ApiOptions())
    headers = [(b"host", b"localhost"), (b"content-type", b"application/x-ndjson")]
    scope = {"method": "POST", "path": "/user/bulk", "query_string": b"", "headers": headers, "client": None}
    await app({"type": "http", **scope}, receive, send)

    assert opened[0].closed
    assert (await api.client.get("/user?email=p0@example.org")).json()["items"]
    assert not (await api.client.get("/user?email=p4999@example.org")).json()["items"]
