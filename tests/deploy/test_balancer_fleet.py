"""The balancer in front of real APIs, one of which is killed, and of one that no longer answers."""

from __future__ import annotations

import collections
import csv
import io
import json
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from natalis.testing.balancer import OUTSIDE, Balancer, asked
from natalis.testing.machine import Machine, fetched, first_answer
from natalis.testing.servers import ports
from natalis.testing.servers.postgres import PostgresDatabase

pytestmark = pytest.mark.network
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Api:
    """A process that answers, with a database of its own: a SQLite file has one owner."""

    port: int
    process: subprocess.Popen[str]


@contextmanager
def running_apis(folder: Path, count: int) -> Iterator[Sequence[Api]]:
    """Start real APIs, all at once."""
    with ExitStack() as running:
        machines, claims = [Machine(folder / str(number)) for number in range(count)], []
        for machine in machines:
            claims.append(ports.reserve())
            running.callback(claims[-1].release)
            machine.folder.mkdir()
            machine.settings["NATALIS_PORT"] = str(claims[-1].number)
        processes = [running.enter_context(machine.running("up", "--json")) for machine in machines]
        for process in processes:
            first_answer(process)
        yield [Api(claim.number, process) for claim, process in zip(claims, processes, strict=True)]


@contextmanager
def fleet_of_apis(folder: Path, database: str) -> Iterator[Sequence[Api]]:
    """Start two APIs of one fleet: one database, and a broker that is away, which an API does without."""
    with ExitStack() as running:
        machine = Machine(folder)
        machine.settings |= {"DATABASE_URL": database, "QUEUE_URL": "amqp://127.0.0.1:1/"}
        machine.run("migrate", "--apply")
        processes = [running.enter_context(machine.running("api", "--json")) for _ in range(2)]
        urls = [first_answer(process)["api"] for process in processes]
        yield [Api(int(url.rpartition(":")[2]), process) for url, process in zip(urls, processes, strict=True)]


@pytest.fixture(scope="module")
def apis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[Api]]:
    """Return three real APIs, to be left alive."""
    with running_apis(tmp_path_factory.mktemp("apis"), 3) as apis:
        yield apis


def person(email: str) -> dict[str, str]:
    return {
        "firstName": "Zoë",
        "lastName": "Ångström",
        "email": email,
        "birthdayDate": "1990-12-24",
        "timezone": "Europe/Stockholm",
    }


def asked_by_port(balancer: Balancer) -> collections.Counter[str]:
    """Return how many requests each API answered, by its port."""
    return collections.Counter(line["nginx.upstream.address"].rpartition(":")[2] for line in balancer.logged())


def test_requests_go_to_all_apis(apis: Sequence[Api], balance: Callable[..., Balancer]) -> None:
    balancer = balance(*(api.port for api in apis))
    for _ in range(60):
        assert balancer.ask("GET", "/health").status == 200
    balancer.stop()  # it writes the last line when the answer is gone
    answered = asked_by_port(balancer)
    assert sorted(answered) == sorted(str(api.port) for api in apis)
    assert min(answered.values()) >= 10


def test_an_api_is_killed_while_requests_flow_and_none_that_reads_fails(
    tmp_path: Path, balance: Callable[..., Balancer]
) -> None:
    with running_apis(tmp_path, 2) as (doomed, well):
        statuses = read_while_killing(doomed, balance(doomed.port, well.port))
    assert statuses == {200: sum(statuses.values())}
    assert doomed.process.returncode == -signal.SIGKILL


def read_while_killing(doomed: Api, balancer: Balancer) -> collections.Counter[int]:
    """Return the statuses that readers saw, who had all begun when it was killed and had most before them."""
    clients, each = 4, 150
    begun = threading.Barrier(clients + 1)

    def read(client: int) -> collections.Counter[int]:
        found: collections.Counter[int] = collections.Counter()
        with closing(balancer.client(f"127.0.1.{client + 1}")) as connection:  # rates are counted by address
            for number in range(each):
                if number == each // 5:
                    begun.wait()
                found[asked(connection, "GET", "/user?limit=1").status] += 1
        return found

    with ThreadPoolExecutor(clients) as pool:
        reading = [pool.submit(read, client) for client in range(clients)]
        begun.wait()
        doomed.process.send_signal(signal.SIGKILL)
        return sum((each.result() for each in reading), collections.Counter[int]())


def test_an_api_is_killed_while_users_are_made_and_each_with_a_key_is_made_once(
    tmp_path: Path, postgres: PostgresDatabase, balance: Callable[..., Balancer]
) -> None:
    clients, each = 4, 60
    begun = threading.Barrier(clients + 1)

    def make(client: int) -> collections.Counter[int]:
        found: collections.Counter[int] = collections.Counter()
        with closing(balancer.client(f"127.0.1.{client + 1}")) as connection:  # rates are counted by address
            for number in range(each):
                if number == each // 5:
                    begun.wait()
                key = f"person-{client}-{number}"
                body = json.dumps(person(f"{key}@example.org")).encode()
                found[
                    asked(connection, "POST", "/user", body=body, headers=JSON | {"Idempotency-Key": key}).status
                ] += 1
        return found

    with fleet_of_apis(tmp_path, postgres.url) as (doomed, well), ThreadPoolExecutor(clients) as pool:
        balancer = balance(doomed.port, well.port)
        making = [pool.submit(make, client) for client in range(clients)]
        begun.wait()
        doomed.process.send_signal(signal.SIGKILL)
        statuses = sum((each.result() for each in making), collections.Counter[int]())
        lists = balancer.ask("GET", "/user?email=person-0-0@example.org").json()
    assert statuses == {201: clients * each}
    assert len(lists["items"]) == 1
    assert int(postgres.sql("select count(*) from users")) == clients * each


@pytest.mark.slow
def test_an_api_that_stands_still_is_gone_past_after_ten_seconds(
    apis: Sequence[Api], balance: Callable[..., Balancer]
) -> None:
    still, well, _ = apis
    balancer = balance(still.port, well.port)
    still.process.send_signal(signal.SIGSTOP)
    try:
        assert [balancer.ask("GET", "/user?limit=1").status for _ in range(2)] == [200, 200]
    finally:
        still.process.send_signal(signal.SIGCONT)


def test_a_user_made_through_it_can_be_read_and_changed_by_tag(
    apis: Sequence[Api], balance: Callable[..., Balancer]
) -> None:
    balancer = balance(apis[0].port)
    body = json.dumps(person("zoe@example.org")).encode()
    made = balancer.ask("POST", "/user", body=body, headers={**JSON, "Idempotency-Key": "key-of-zoe"})
    again = balancer.ask("POST", "/user", body=body, headers={**JSON, "Idempotency-Key": "key-of-zoe"})
    assert (made.status, again.status, again.headers["idempotency-replayed"]) == (201, 201, "true")
    read = balancer.ask("GET", made.headers["location"], headers={"Accept-Encoding": "gzip"})
    changed = balancer.ask(
        "PATCH",
        made.headers["location"],
        body=b'{"firstName":"Zo"}',
        headers={**JSON, "If-Match": read.headers["etag"]},
    )
    assert (changed.status, changed.json()["firstName"]) == (200, "Zo")


def test_the_document_arrives_compressed(apis: Sequence[Api], balance: Callable[..., Balancer]) -> None:
    balancer = balance(apis[0].port)
    packed = balancer.ask("GET", "/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == fetched(f"http://127.0.0.1:{apis[0].port}/openapi.json")


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "//metrics", "/%6detrics"])
def test_no_way_of_writing_it_reaches_the_metrics_from_outside(
    path: str, apis: Sequence[Api], balance: Callable[..., Balancer]
) -> None:
    balancer = balance(apis[0].port)
    assert b"http_requests_total" in balancer.ask("GET", "/metrics").body
    assert b"http_requests_total" not in balancer.ask("GET", path, source=OUTSIDE).body


def test_thousands_of_people_pass_through_in_one_body(apis: Sequence[Api], balance: Callable[..., Balancer]) -> None:
    people = 20_000
    table = io.StringIO()
    rows = csv.DictWriter(table, list(person("")))
    rows.writeheader()
    rows.writerows(person(f"person-{number}@example.org") for number in range(people))
    body = table.getvalue().encode()
    assert len(body) > 1 << 20  # more than any other body may hold
    answer = balance(apis[0].port).ask("POST", "/user/bulk", body=body, headers={"Content-Type": "text/csv"})
    assert answer.status == 200
    assert json.loads(answer.body.splitlines()[-1])["added"] == people
