"""What the page on watching dependencies shows does what it says, on real servers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pika
import pytest

from natalis.testing.pages import blocks_of
from natalis.testing.servers.postgres import PostgresDatabase
from natalis.testing.servers.rabbitmq import VirtualHost
from natalis.testing.servers.redis import RedisServer
from plimsoll.instrument import Registry
from plimsoll.instrument.databases.metrics import DatabaseMetrics
from plimsoll.instrument.queues.jobs import Jobs
from plimsoll.instrument.queues.metrics import QueueMetrics

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plimsoll" / "watch-dependencies.md"
pytestmark = pytest.mark.network


@pytest.fixture
def shown() -> dict[str, Any]:
    """Everything that the page's programs define."""
    names: dict[str, Any] = {}
    for block in blocks_of(PAGE):
        if block.language == "python":
            exec(compile(block.text, block.title, "exec"), names)  # noqa: S102 - our own page, as a reader would run it
    return names


@pytest.fixture
def registry() -> Registry:
    return Registry()


def tells(registry: Registry, line: str) -> bool:
    return f"{line} 1" in registry.exposition().decode()


async def test_a_pool_of_postgresql(shown: dict[str, Any], registry: Registry, postgres: PostgresDatabase) -> None:
    async with await shown["open_pool"](postgres.url, registry) as pool:
        await pool.fetch("SELECT relname FROM pg_class")
        await asyncio.sleep(0)  # noqa: TID251 - asyncpg tells of it one turn later

    assert tells(registry, 'db_queries_total{operation="select",table="pg_class"}')


def test_a_file_of_sqlite(shown: dict[str, Any], registry: Registry, tmp_path: Path) -> None:
    file = shown["open_file"](str(tmp_path / "people.db"), registry)
    file.execute("SELECT name FROM sqlite_schema")
    file.close()

    assert tells(registry, 'db_queries_total{operation="select",table="sqlite_schema"}')


async def test_a_layer_of_one_s_own(shown: dict[str, Any], registry: Registry) -> None:
    class People:
        async def find(self) -> None: ...

    await shown["watched"](People(), DatabaseMetrics(registry)).find()

    assert tells(registry, 'db_queries_total{operation="find",table="people"}')


async def test_a_client_of_redis(shown: dict[str, Any], registry: Registry, redis: RedisServer) -> None:
    client = shown["open_client"](redis.url, registry)
    await client.get("a")
    await client.aclose()

    assert tells(registry, 'redis_operations_total{operation="get"}')


def test_a_message_through_rabbitmq(shown: dict[str, Any], registry: Registry, rabbitmq: VirtualHost) -> None:
    queues, came = QueueMetrics(registry), threading.Event()
    with pika.BlockingConnection(pika.URLParameters(rabbitmq.url)) as connection:
        connection.channel().queue_declare("mail")
        shown["send"](connection, queues, b"hello")
        shown["consume"](connection, queues, lambda *_: came.set(), "w1")
        while not came.is_set():
            connection.process_data_events(time_limit=1)

    assert tells(registry, 'queue_jobs_total{queue_name="mail",job_type="letter"}')
    assert tells(registry, 'queue_jobs_completed_total{queue_name="mail",job_type="letter",status="completed"}')


async def test_a_worker_s_loop(shown: dict[str, Any], registry: Registry) -> None:
    queue, delivered = asyncio.Queue[str](), asyncio.Event()

    async def deliver(_: str) -> bool:
        delivered.set()
        return False

    queue.put_nowait("hello")
    working = asyncio.ensure_future(shown["work"](queue, Jobs(QueueMetrics(registry), worker_id="w1"), deliver))
    await delivered.wait()
    working.cancel()
    await asyncio.wait({working})

    assert tells(registry, 'queue_jobs_completed_total{queue_name="mail",job_type="letter",status="skipped"}')


async def test_a_site_s_vitals(shown: dict[str, Any], registry: Registry) -> None:
    transport = httpx.ASGITransport(shown["site"](registry))
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        script = await client.get("/vitals")
        beacon = await client.post("/vitals", json={"page": "/user/{id}", "vitals": {"LCP": 1.0}})

    assert (script.status_code, beacon.status_code) == (200, 204)
    assert tells(registry, 'web_vitals_seconds_count{name="LCP",page="/user/{id}"}')


@pytest.mark.parametrize(("text", "told"), [("", False), ("instance_hour=0.1", True)])
def test_costs(shown: dict[str, Any], registry: Registry, text: str, told: bool) -> None:
    count_costs: Callable[[Registry, str], None] = shown["count_costs"]
    count_costs(registry, text)

    assert ("service_cost_dollars_total" in registry.exposition().decode()) is told
