"""Lines of log for requests of the API: the kit's, with the request's id and without recipients' links."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from natalis.ports.store import Store
from natalis.testing.http_api import ADA, Api, started_api
from plimsoll.instrument.logs import JsonLines
from plimsoll.instrument.redaction import Redaction
from plimsoll.instrument.requests.lines import LOGGER, LineOptions

LINK = "0190c3f2.birthday.20261210.c2lnbmF0dXJlLW9mLW91cnM"


class Written(io.StringIO):
    """What was logged."""

    def lines(self) -> list[dict[str, Any]]:
        """Return it as it was meant."""
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def written() -> Iterator[Written]:
    """Lines of requests that are written while a test runs."""
    stream, logger = Written(), logging.getLogger(LOGGER)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines("natalis", Redaction()))
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


@pytest.fixture
async def logged_api(store: Store) -> AsyncIterator[Api]:
    """The application whose requests have lines."""
    async with started_api(store, lines=LineOptions(logging.INFO)) as started:
        yield started


async def test_every_request_has_a_line_with_the_id_that_its_answer_has(logged_api: Api, written: Written) -> None:
    added = await logged_api.client.post("/user", json=ADA)
    found = await logged_api.client.head(f"/user/{added.json()['id']}")
    nowhere = await logged_api.client.get("/nowhere", headers={"X-Request-Id": "looked-for"})

    told = [(line["message"], line["http.request.id"]) for line in written.lines()]
    assert told == [
        ("POST /user 201", added.headers["X-Request-Id"]),
        ("HEAD /user/{user_id} 200", found.headers["X-Request-Id"]),
        ("GET unmatched 404", "looked-for"),
    ]
    assert [len(each.headers.get_list("X-Request-Id")) for each in (added, found, nowhere)] == [1, 1, 1]


@pytest.mark.parametrize("path", [f"/unsubscribe/{LINK}", f"/feedback/{LINK}/", f"/unsubscribe/{LINK}/x", f"//{LINK}"])
async def test_a_recipients_link_is_never_told(logged_api: Api, written: Written, path: str) -> None:
    await logged_api.client.get(path)

    assert len(written.lines()) == 1
    assert LINK not in written.getvalue()


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
async def test_probes_that_go_well_have_none(logged_api: Api, written: Written, path: str) -> None:
    assert (await logged_api.client.get(path)).status_code == 200

    assert written.lines() == []


async def test_nothing_has_one_unless_it_is_asked_for(api: Api, written: Written) -> None:
    await api.client.get("/user")

    assert written.lines() == []
