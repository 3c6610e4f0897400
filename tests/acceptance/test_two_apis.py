"""Promise: two APIs are one - in what a client may do, in what was changed - and Redis may die at any moment."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import pytest

from natalis.testing.machine import Machine, first_answer
from natalis.testing.servers import ports
from natalis.testing.servers.postgres import PostgresDatabase
from natalis.testing.servers.redis import RedisServer
from natalis.testing.servers.server import wait_until

pytestmark = pytest.mark.network
PATIENCE = timedelta(seconds=30)
ADA = {
    "firstName": "Ada",
    "lastName": "B",
    "email": "a@example.org",
    "birthdayDate": "1990-01-01",
    "timezone": "Etc/UTC",
}
TWO_A_MINUTE = str(2 / 60)
ONE_TOKEN = 30
"""Seconds that a token takes to come at that rate, of which a full bucket holds one."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    wait: int
    body: Any


class Api:
    """A running API, asked over one connection."""

    def __init__(self, found: dict[str, Any], secret: str) -> None:
        self._port = urlsplit(found["api"]).port
        self._metrics = found["metrics"].replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - where it listens
        self._secret = secret
        self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)

    def close(self) -> None:
        self._connection.close()

    def ask(self, path: str, body: Any = None, *, method: str = "GET") -> Answer:
        headers = {"Authorization": f"Bearer {self._secret}", "Content-Type": "application/json"}
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        came = self._connection.getresponse()
        text = came.read()
        return Answer(came.status, int(came.headers.get("Retry-After", 0)), json.loads(text) if text else None)

    def counted(self, name: str) -> float:
        """Return the sum of a metric over all its labels, of which some may be given: `name{operation="spend"`."""
        with urllib.request.urlopen(self._metrics, timeout=30) as answer:
            text = answer.read().decode()
        return sum(map(float, re.findall(rf"^{re.escape(name)}[^ ]* (\S+)$", text, re.MULTILINE)))


Started: TypeAlias = Callable[..., Sequence[Api]]


@pytest.fixture
def started(machine: Machine, migrated: PostgresDatabase) -> Iterator[Started]:
    """Return what starts two APIs that others than this machine can call, with these settings besides."""
    machine.settings |= {"DATABASE_URL": migrated.url, "QUEUE_URL": "amqp://127.0.0.1:1/x", "NATALIS_HOST": "0.0.0.0"}  # noqa: S104 - only there is a rate
    secret = json.loads(machine.run("token", "create", "tester", "--scope", "write", "--json"))["secret"]
    with ExitStack() as running:

        def started(**settings: str) -> Sequence[Api]:
            machine.settings |= settings
            apis: list[Api] = []
            for _ in range(2):
                port = ports.reserve()
                process = running.enter_context(machine.running("api", "--json", "--metrics-port", str(port.number)))
                apis.append(Api(first_answer(process), secret))
                running.callback(apis[-1].close)
                port.release()
            return apis

        yield started


def soon(holds: Callable[[], bool]) -> None:
    assert wait_until(holds, PATIENCE)


def settled(api: Api) -> None:
    """Wait until what was asked of an API is known to the other."""
    soon(lambda: api.counted('redis_operations_total{operation="spend"') > 0)


def test_what_a_client_does_at_one_api_it_waits_for_at_the_other(started: Started, redis: RedisServer) -> None:
    one, other = started(REDIS_URL=redis.url, NATALIS_API_RATE=TWO_A_MINUTE)
    assert one.ask("/upcoming").status == 200
    settled(one)
    assert other.ask("/upcoming").status == 200
    settled(other)

    refused = other.ask("/upcoming")

    assert refused.status == 429
    assert refused.wait > ONE_TOKEN, "it pays for what was asked of both"


def test_while_redis_is_away_each_api_goes_by_its_own_rate(started: Started, redis: RedisServer) -> None:
    one, other = started(REDIS_URL=redis.url, NATALIS_API_RATE=TWO_A_MINUTE)
    redis.kill()

    answers = [(api.ask("/upcoming").status, api.ask("/upcoming")) for api in (one, other)]

    assert [(first, second.status) for first, second in answers] == [(200, 429), (200, 429)]
    assert all(second.wait <= ONE_TOKEN for _, second in answers)


@pytest.mark.parametrize("shares", [True, False], ids=["with Redis", "without Redis"])
def test_what_one_api_changed_the_other_shows(started: Started, redis: RedisServer, *, shares: bool) -> None:
    one, other = started(NATALIS_API_RATE="0", **({"REDIS_URL": redis.url} if shares else {}))
    ada = one.ask("/user", ADA, method="POST").body["id"]
    assert other.ask(f"/user/{ada}").body["lastName"] == "B"

    one.ask(f"/user/{ada}", {"lastName": "Byron"}, method="PATCH")

    if shares:
        assert other.ask(f"/user/{ada}").body["lastName"] == "Byron"
    else:
        soon(lambda: other.ask(f"/user/{ada}").body["lastName"] == "Byron")


@pytest.mark.parametrize("shares", [True, False], ids=["with Redis", "without Redis"])
def test_no_api_of_a_fleet_forgets_everything_whenever_somebody_writes(
    started: Started, redis: RedisServer, *, shares: bool
) -> None:
    api, _ = started(**({"REDIS_URL": redis.url} if shares else {}))

    services = {each["name"] for each in api.ask("/ready").body["dependencies"]}

    assert services == {"store", "gauges", *(["shared-rate"] if shares else [])}


@pytest.mark.slow
async def test_no_request_fails_while_redis_dies_or_hangs_and_comes_back(
    started: Started, redis: RedisServer, machine: Machine
) -> None:
    apis = started(REDIS_URL=redis.url, NATALIS_API_RATE="100000")
    ada = apis[0].ask("/user", ADA, method="POST").body["id"]
    stop = asyncio.Event()
    load = [asyncio.create_task(asyncio.to_thread(_asked, api, ada, stop)) for api in apis]
    for times, mishap in enumerate((redis.kill, redis.pause), 1):
        await asyncio.to_thread(mishap)
        await asyncio.to_thread(_said, machine, "the shared cache is away", 2 * times)
        await asyncio.to_thread(redis.revive)
        await asyncio.to_thread(_said, machine, "the shared cache is back", 2 * times)
    stop.set()

    answers = sum(await asyncio.gather(*load), Counter[int]())

    assert set(answers) == {200}, answers
    print(f"\n{answers.total()} requests, none failed")  # noqa: T201 - a figure of the run


def _said(machine: Machine, line: str, times: int) -> None:
    """Wait until both have logged a line."""
    log = machine.folder / "up.log"
    soon(lambda: log.read_text().count(line) >= times)


def _asked(api: Api, user: str, stop: asyncio.Event) -> Counter[int]:
    """Read and write without end."""
    statuses: Counter[int] = Counter()
    while not stop.is_set():
        statuses[api.ask(f"/user/{user}").status] += 1
        statuses[api.ask(f"/user/{user}", {"lastName": f"B{statuses.total() % 7}"}, method="PATCH").status] += 1
    return statuses
