"""With a million people known to PostgreSQL: how long until each role is ready, and how much does it hold at work?

Every role runs as in production, a process of its own, with PostgreSQL and RabbitMQ beside it. The provider takes two
seconds for each call, so the worker has hundreds of them under way.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import aiohttp

from natalis.clocks.system import SystemClock
from natalis.testing.servers.postgres import Postgres, PostgresDatabase
from natalis.testing.servers.rabbitmq import RabbitMQ
from perf.figures import Figure
from perf.peers.meters import cpu_seconds
from perf.service import Running, natalis
from perf.settling import settle
from perf.targets import at_least, at_most

ROLES = ("api", "planner", "dispatcher", "worker")
CONCURRENCY = 500
CALL = timedelta(seconds=2)
PATIENCE = timedelta(minutes=3)
_POSTGRES = {"shared_buffers": "1GB", "maintenance_work_mem": "512MB", "max_wal_size": "8GB"}
_AHEAD = timedelta(days=40)  # nobody is due before they are made so
_SECOND = timedelta(seconds=1)
_MAKE_DUE = """
    UPDATE occasions SET fire_at = now() + interval '5 s', expires_at = now() + interval '1 day'
    WHERE fire_at = timestamptz '{fire_at}'
"""


def run(*, quick: bool) -> list[Figure]:
    """Start every role a few times; then let them work."""
    count, due, starts = (20_000, 1_000, 1) if quick else (1_000_000, 5_000, 5)
    first = SystemClock().now().date() + _AHEAD
    with ExitStack() as stack:
        server = stack.enter_context(Postgres(durable=True, settings=_POSTGRES))
        vhost = stack.enter_context(RabbitMQ()).create_vhost()
        database = server.create_database()
        settle(database, count, due=due, herd=due, first=first)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="natalis-perf-")))
        told = {"DATABASE_URL": database.url, "QUEUE_URL": vhost.url, "WORKER_CONCURRENCY": str(CONCURRENCY)}
        ready = [figure for role in ROLES for figure in _ready(role, starts, folder, told)]
        return [Figure("users", count, ""), *ready, *_at_work(database, first, due, folder, told)]


def _ready(role: str, starts: int, folder: Path, told: Mapping[str, str]) -> list[Figure]:
    took, held, busy = list[float](), list[float](), list[float]()
    for _ in range(starts):
        with natalis(role, *_options(role), folder=folder, environment=told) as running:
            took.append(running.seconds_to_ready)
            held.append(running.memory())
            busy.append(cpu_seconds([running.pid]))
    return [
        Figure(f"{role}: cold start to ready", median(took), "s", at_most(1.5, stretch=0.7)),
        Figure(f"{role}: processor time until ready", median(busy), "s"),
        Figure(f"{role}: resident memory, ready", median(held), "MiB", at_most(128, stretch=90)),
    ]


def _options(role: str) -> list[str]:
    return ["--metrics-port", "0", *(["--port", "0"] if role == "api" else [])]


def _at_work(database: PostgresDatabase, first: date, due: int, folder: Path, told: Mapping[str, str]) -> list[Figure]:
    latency = f"{CALL // _SECOND}s"
    knobs = ("--flawless", "--latency-min", latency, "--latency-max", latency, "--port", "0")
    with ExitStack() as stack:
        provider = stack.enter_context(natalis("mock-provider", *knobs, folder=folder)).said["url"]
        environment = {**told, "NATALIS_PROVIDER_URL": provider}
        running = {
            role: stack.enter_context(natalis(role, *_options(role), folder=folder, environment=environment))
            for role in ROLES
        }
        database.sql(_MAKE_DUE.format(fire_at=f"{first} 09:00+00"))
        rate = asyncio.run(_until_sent(running["api"].said["api"], provider, due, _some_ids(database)))
        return [
            Figure("worker: calls under way at once, of 2 s each", rate * CALL / _SECOND, "", at_least(200)),
            *(_peak(role, each) for role, each in running.items()),
        ]


def _peak(role: str, running: Running) -> Figure:
    return Figure(f"{role}: resident memory, peak at work", running.memory(peak=True), "MiB", at_most(128, stretch=90))


def _some_ids(database: PostgresDatabase) -> list[str]:
    return database.sql("SELECT id FROM users ORDER BY id LIMIT 20000").splitlines()


async def _until_sent(api: str, provider: str, due: int, ids: list[str]) -> float:
    """Ask the API for users while the worker sends; return the calls a second of the middle half."""
    clock, at = SystemClock(), dict[float, float]()
    give_up = clock.now() + PATIENCE
    async with aiohttp.ClientSession() as session:
        asking = asyncio.ensure_future(_ask(session, api, ids))
        done = 0
        while done < due and clock.now() < give_up:
            async with session.get(f"{provider}/stats") as response:
                done = int((await response.json())["accepted"])
            for share in (0.25, 0.75):
                if done >= share * due:
                    at.setdefault(share, time.perf_counter())
            await clock.sleep(_SECOND / 20)
        asking.cancel()
    if done < due:
        raise SystemExit(f"of {due} messages {done} were accepted within {PATIENCE}")
    return 0.5 * due / (at[0.75] - at[0.25])


async def _ask(session: aiohttp.ClientSession, api: str, ids: list[str]) -> None:
    dice = random.Random(1)  # noqa: S311 - a sample, not a secret
    while True:
        async with session.get(f"{api}/user/{dice.choice(ids)}") as response:
            await response.read()
