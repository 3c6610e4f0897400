"""Every alert that can be provoked within seconds is: on a running fleet, by the shipped rules, to who is told of it.

The rules are rendered from Natalis' own budgets and hurry: they look back on five seconds where they look back on five
minutes, and where they wait for ten minutes they wait for five seconds.
Alerts on the machine itself (processors, memory, disks), on what takes an hour (what was missed) and the slow burns
are tried by promtool instead, in tests/plimsoll/budget/rules.
"""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec
import pytest

from natalis.testing.servers import ports
from natalis.testing.servers.alertmanager import Alertmanager
from natalis.testing.servers.postgres import PostgresPair
from natalis.testing.servers.redis import RedisServer
from natalis.testing.servers.server import wait_until
from natalis.testing.watched import Visitors, WatchedFleet, add_somebody
from plimsoll.budget.alertmanager import configuration
from plimsoll.budget.file.amounts import Amount, Unit
from plimsoll.budget.file.model import Budget, BudgetFile, Watch
from plimsoll.budget.file.reading import read_file
from plimsoll.budget.file.routing import Receiver, Routing, Webhook
from plimsoll.budget.rules.rendered import rules

pytestmark = [pytest.mark.network, pytest.mark.slow]
ROOT: Final = Path(__file__).resolve().parents[3]
HURRY: Final = 120
RATE: Final = Amount(5, Unit.SECONDS, "5s")
PATIENCE: Final = timedelta(seconds=90)
OK, REFUSED, OUT_OF_ORDER = 200, 400, 503


class Provider:
    """Stands in for the provider: answers every call with one status."""

    def __init__(self) -> None:
        self.status = OK
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(provider.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer((ports.LOOPBACK, 0), Handler)
        self.url = f"http://{ports.LOOPBACK}:{self.server.server_port}"


class Inbox:
    """Who is told: keeps each alert with its receiver."""

    def __init__(self) -> None:
        self._told: list[tuple[str, Any]] = []
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                inbox._told.append((self.path.strip("/"), body))
                self.send_response(OK)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer((ports.LOOPBACK, 0), Handler)
        self.url = f"http://{ports.LOOPBACK}:{self.server.server_port}"

    def alerts(self) -> list[tuple[str, Any]]:
        """Return every alert that fired, with the name of who was told."""
        told = list(self._told)
        return [(who, each) for who, body in told for each in body["alerts"] if each["status"] == "firing"]

    def names(self, who: str) -> set[str]:
        """Return the names of the alerts that somebody was told of."""
        return {each["labels"]["alertname"] for told, each in self.alerts() if told == who}


@pytest.fixture
def serving() -> Iterator[Callable[[ThreadingHTTPServer], None]]:
    """Has servers answer until the test ends."""
    with ExitStack() as ending:

        def serve(server: ThreadingHTTPServer) -> None:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            ending.callback(thread.join)
            ending.callback(server.server_close)
            ending.callback(server.shutdown)

        yield serve


@pytest.fixture
def provider(serving: Callable[[ThreadingHTTPServer], None]) -> Provider:
    found = Provider()
    serving(found.server)
    return found


@pytest.fixture
def inbox(serving: Callable[[ThreadingHTTPServer], None]) -> Inbox:
    found = Inbox()
    serving(found.server)
    return found


@pytest.fixture
def budgets(inbox: Inbox) -> BudgetFile:
    """Natalis' budgets, in a hurry, with a receiver of each severity that we look into."""
    file = read_file(ROOT / "perf/plimsoll.yaml")
    watch = msgspec.structs.replace(file.watch or Watch(), rate=RATE)
    critical, warning = (Receiver(webhook=Webhook(f"{inbox.url}/{name}")) for name in ("critical", "warning"))
    one = Amount(1, Unit.SECONDS, "1s")
    return msgspec.structs.replace(
        file,
        watch=watch,
        budgets=tuple(map(hurried, file.budgets)),
        routing=Routing(critical, warning, wait=one, interval=one),
    )


def hurried(budget: Budget) -> Budget:
    if budget.alert is None:
        return budget
    waits = Amount(max(1.0, budget.alert.lasts.value / HURRY), Unit.SECONDS, "hurried")
    return msgspec.structs.replace(budget, alert=msgspec.structs.replace(budget.alert, lasts=waits))


@pytest.fixture
def fleet(
    postgres_pair: PostgresPair,
    redis: RedisServer,
    budgets: BudgetFile,
    provider: Provider,
    alertmanager: Callable[..., Alertmanager],
) -> Iterator[WatchedFleet]:
    """Start a fleet that calls our provider, and who watches it."""
    manager = alertmanager(configuration(budgets))
    fleet = WatchedFleet(
        ROOT / "deploy/observability",
        postgres_pair,
        redis,
        rules={"natalis.rules.yaml": rules(budgets, every=1)},
        settings={"NATALIS_PROVIDER_URL": provider.url, "NATALIS_PROVIDER_TIMEOUT": "2s"},
        alertmanager=f"{ports.LOOPBACK}:{manager.port}",
    )
    with fleet:
        yield fleet
    redis.command("CONFIG", "SET", "maxmemory", "0")


async def test_what_goes_wrong_is_told_to_whom_it_concerns(
    fleet: WatchedFleet, postgres_pair: PostgresPair, redis: RedisServer, provider: Provider, inbox: Inbox
) -> None:
    database = postgres_pair.primary
    with Visitors(fleet.api):
        redis.command("CONFIG", "SET", "maxmemory", "1000000")
        postgres_pair.replica_server.pause_replay()
        provider.status = REFUSED
        await_told(inbox, warning={"DeadLetters"})

        provider.status = OUT_OF_ORDER
        with ThreadPoolExecutor(8) as crowd:
            list(crowd.map(lambda number: add_somebody(fleet.api, number), range(10_000, 11_100)))
        async with crowded(database.url):
            await_told(inbox, critical={"QueueProcessingStalled"}, warning={"BreakerOpen", "HighQueueDepth"})
            await_told(inbox, warning={"HighDatabaseConnections", "RedisMemoryHigh", "ReplicaLag"})
        postgres_pair.replica_server.resume_replay()

        database.server.pause()
        await_told(inbox, warning={"HighErrorRate", "HighLatency", "SlowQueries"})
        database.server.kill()
        await_told(inbox, critical={"ErrorBudgetBurn"})

    fleet.process("api").kill()
    await_told(inbox, critical={"APIDown"})
    assert faults_of(inbox) == []


@asynccontextmanager
async def crowded(url: str) -> AsyncIterator[None]:
    """Hold nine of ten connections that the database allows."""
    async with AsyncExitStack() as held:
        first = await asyncpg.connect(url)
        held.push_async_callback(first.close)
        most = int(await first.fetchval("show max_connections"))
        there = await first.fetchval("select count(*) from pg_stat_activity")
        for _ in range(most * 9 // 10 - there):
            held.push_async_callback((await asyncpg.connect(url)).close)
        yield


def await_told(inbox: Inbox, critical: set[str] | None = None, warning: set[str] | None = None) -> None:
    """Wait until whom it concerns was told of all of these."""
    wanted = {"critical": critical or set(), "warning": warning or set()}
    wait_until(lambda: all(names <= inbox.names(who) for who, names in wanted.items()), PATIENCE)

    assert {who: names - inbox.names(who) for who, names in wanted.items()} == {"critical": set(), "warning": set()}


def faults_of(inbox: Inbox) -> list[str]:
    """Return what alerts lack: the receiver of their severity, their labels, their texts, and a page that is there."""
    found = []
    for who, alert in inbox.alerts():
        labels, texts = alert["labels"], alert["annotations"]
        page = ROOT / "docs/runbooks/alerts" / f"{labels['alertname']}.md"
        right = {
            "receiver": labels["severity"] == who,
            "labels": {"service", "budget", "cluster"} <= labels.keys() and labels["service"] == "natalis",
            "texts": texts["summary"].startswith("natalis: ") and len(texts["description"]) > len("It is wrong."),
            "page": texts["runbook_url"].endswith(f"/alerts/{page.stem}.html") and page.is_file(),
        }
        found += [f"{labels['alertname']}: {what}" for what, is_so in right.items() if not is_so]
    return found
