"""Promise: a fleet goes on serving without its broker, its cache or its replica, and makes good what waited."""

from __future__ import annotations

import itertools
import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from natalis.testing.chaos.schedule import Weather
from natalis.testing.chaos.site import Servers
from natalis.testing.chaos.storm import Plan, Storm
from natalis.testing.machine import Machine, first_answer
from natalis.testing.servers.server import wait_until

pytestmark = [pytest.mark.network, pytest.mark.slow]
PEOPLE = 1_500
ROUNDS = 15
PATIENCE = timedelta(seconds=30)
_numbers = itertools.count(1)


@pytest.mark.timeout(400)
async def test_broker_gone_for_60_s_the_api_still_accepts_and_everything_is_delivered_when_it_returns(
    servers: Servers, tmp_path: Path, say: Callable[[str], None]
) -> None:
    storm = Storm(Plan(PEOPLE, Weather(0), seed=0, outage=timedelta(seconds=60)), say)

    outcome = await storm.rage(servers, tmp_path)

    (away,) = outcome.recoveries
    assert away.mended - away.struck >= timedelta(seconds=60)
    assert (away.refused, outcome.faults) == (0, [])
    assert away.asked > PEOPLE / 2  # people came all the while
    assert outcome.reckoning.people >= PEOPLE


@pytest.mark.parametrize("mishap", ["kill", "pause"])
def test_redis_gone_no_request_fails(mishap: str, servers: Servers, tmp_path: Path) -> None:
    assert servers.cache is not None
    with an_api(servers, tmp_path) as url:
        before = answers(url)
        getattr(servers.cache, mishap)()
        meanwhile = answers(url)
        servers.cache.revive()
        afterwards = answers(url)
    assert before == meanwhile == afterwards == dict.fromkeys(EXPECTED, ROUNDS)


@pytest.mark.parametrize("mishap", ["kill", "pause", "pause_replay"])
def test_replica_gone_no_request_fails(mishap: str, servers: Servers, tmp_path: Path) -> None:
    with an_api(servers, tmp_path) as url:
        before = answers(url)
        assert wait_until(lambda: bool(answers(url)) and was_read(servers), PATIENCE)
        getattr(servers.replica, mishap)()
        meanwhile = answers(url)
        servers.replica.revive()
        afterwards = answers(url)
    assert before == meanwhile == afterwards == dict.fromkeys(EXPECTED, ROUNDS)


@contextmanager
def an_api(servers: Servers, folder: Path) -> Iterator[str]:
    """Start an API with everything a fleet has, and return where it is."""
    machine = Machine(folder)
    name = servers.database.name
    machine.settings |= {"DATABASE_URL": servers.database.url, "DATABASE_REPLICA_URL": servers.replica.url(name)}
    machine.settings |= {"QUEUE_URL": ",".join(servers.broker.urls), "NATALIS_API_RATE": "0"}
    machine.settings |= {} if servers.cache is None else {"REDIS_URL": servers.cache.url}
    with machine.running("api", "--json") as api:
        yield first_answer(api)["api"]


EXPECTED = {
    ("POST", "/user", 201),
    ("GET", "/user/{id}", 200),
    ("GET", "/user?email={email}", 200),
    ("PATCH", "/user/{id}", 200),
    ("GET", "/deliveries?userId={id}", 200),
    ("GET", "/upcoming?days=7", 200),
    ("GET", "/user/{id}/ledger", 200),
    ("GET", "/forecast?date=2030-01-01", 200),
    ("POST", "/user/bulk", 200),
    ("GET", "/ready", 200),
    ("DELETE", "/user/{id}", 204),
}
"""Every call of a round, and how it is answered when all is well."""
_ORDER = sorted(EXPECTED, key=lambda call: (call[1] != "/user", call[0] == "DELETE"))


def answers(url: str) -> dict[tuple[str, str, int], int]:
    """Make every call again and again, for people who are new each time; count the answers."""
    found: Counter[tuple[str, str, int]] = Counter()
    for _ in range(ROUNDS):
        email = f"p{next(_numbers)}@example.org"
        person = a_person(email)
        words = {"id": "", "email": email}
        for method, path, _ in _ORDER:
            body = {"POST": person, "PATCH": {"firstName": "Grace"}}.get(method)
            body = a_person(f"bulk-{email}") if path.endswith("bulk") else body
            status, answer = asked(method, f"{url}{path.format(**words)}", body)
            words["id"] = answer["id"] if status == 201 else words["id"]
            found[method, path, status] += 1
    return dict(found)


def a_person(email: str) -> dict[str, str]:
    words = {"firstName": "Ada", "lastName": "Byron", "email": email}
    return words | {"birthdayDate": "1990-06-01", "timezone": "Europe/London"}


def asked(method: str, url: str, body: dict[str, str] | None) -> tuple[int, dict[str, Any]]:
    """Return the status and, where there is one, the JSON object of an answer."""
    kind = "application/x-ndjson" if url.endswith("bulk") else "application/json"
    data = None if body is None else f"{json.dumps(body)}\n".encode()
    request = urllib.request.Request(url, data, {"Content-Type": kind, "Accept": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE.total_seconds()) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if answer.status == 201 else {}
    except urllib.error.HTTPError as error:
        return error.code, {}


def was_read(servers: Servers) -> bool:
    """Whether the API has read anything on the replica."""
    reads = "select count(*) from pg_stat_statements where query like '%FROM deliveries%ORDER BY fire_at%'"
    return int(servers.replica.sql(reads, database=servers.database.name)) > 0
