"""Drivers on real servers as metrics: what they are asked is what is counted, and they answer as before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pika
import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis as BlockingRedis
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from natalis.testing.servers.postgres import PostgresDatabase
from natalis.testing.servers.rabbitmq import VirtualHost
from natalis.testing.servers.redis import RedisServer
from plimsoll.instrument.databases.metrics import DatabaseMetrics
from plimsoll.instrument.databases.postgres import query_hook, watch_pool
from plimsoll.instrument.queues.jobs import Jobs
from plimsoll.instrument.queues.metrics import QueueMetrics
from plimsoll.instrument.queues.rabbitmq import watch_channel, watched_consumer
from plimsoll.instrument.redis import RedisMetrics, watch_client
from plimsoll.instrument.registry import Registry

pytestmark = pytest.mark.network


def counts(registry: Registry, name: str) -> dict[tuple[str, ...], float]:
    """Return the samples of a name, by the values of their labels in the order of the labels' names."""
    families = text_string_to_metric_families(registry.exposition().decode())
    samples = [each for family in families for each in family.samples if each.name == name]
    return {tuple(value for _, value in sorted(each.labels.items())): each.value for each in samples}


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
async def pool(postgres: PostgresDatabase, registry: Registry) -> AsyncIterator[asyncpg.Pool]:
    """A pool of two connections, counted, on a database with a table of people."""
    metrics = DatabaseMetrics(registry)
    made = await asyncpg.create_pool(postgres.url, min_size=0, max_size=2, init=query_hook(metrics))
    watch_pool(made, metrics)
    await made.execute("CREATE TABLE people (name text)")
    yield made
    await made.close()


async def after_this_turn() -> None:
    """Let asyncpg tell: it does so one turn of the loop after the answer."""
    await asyncio.sleep(0)  # noqa: TID251 - a turn, not a wait


async def test_queries_of_asyncpg_are_counted_by_what_they_do(pool: asyncpg.Pool, registry: Registry) -> None:
    await pool.executemany("INSERT INTO people VALUES ($1)", [("Ada",), ("Grace",)])
    name = await pool.fetchval("SELECT name FROM people ORDER BY name")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("UPDATE people SET name = $1", "Joan")
    await after_this_turn()

    assert name == "Ada"
    found = counts(registry, "db_queries_total")
    assert {key: count for key, count in found.items() if key[1] == "people" and key[0] != "other"} == {
        ("insert", "people"): 1,
        ("select", "people"): 1,
        ("update", "people"): 1,
    }
    assert counts(registry, "db_query_duration_seconds_count") == found


async def test_a_query_that_fails_is_counted_and_fails(pool: asyncpg.Pool, registry: Registry) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await pool.fetch("SELECT 1 FROM nobody")
    await after_this_turn()

    assert counts(registry, "db_queries_total")["select", "nobody"] == 1


async def test_connections_that_are_lent_are_in_use(pool: asyncpg.Pool, registry: Registry) -> None:
    async with pool.acquire():
        assert counts(registry, "db_connections_active") == {("primary",): 1}
        assert counts(registry, "db_connection_pool_usage") == {("primary",): 0.5}

    assert counts(registry, "db_connections_active") == {("primary",): 0}


@pytest.fixture
async def client(redis: RedisServer, registry: Registry) -> AsyncIterator[Redis]:
    """A client whose commands are counted."""
    made = Redis.from_url(redis.url)
    yield watch_client(made, RedisMetrics(registry))
    await made.aclose()


async def test_commands_of_redis_are_counted_by_their_name(client: Redis, registry: Registry) -> None:
    await client.set("a", "1")
    value = await client.get("a")
    await client.get("b")

    assert value == b"1"
    assert counts(registry, "redis_operations_total") == {("get",): 2, ("set",): 1}
    assert counts(registry, "redis_operation_duration_seconds_count") == {("get",): 2, ("set",): 1}


async def test_a_pipeline_is_one_operation(client: Redis, registry: Registry) -> None:
    async with client.pipeline(transaction=False) as pipe:
        pipe.set("a", "1")
        pipe.get("a")
        answers = await pipe.execute()

    assert answers == [True, b"1"]
    assert counts(registry, "redis_operations_total") == {("pipeline",): 1}


async def test_a_command_that_fails_is_counted_and_fails(client: Redis, registry: Registry) -> None:
    await client.set("a", "no number")
    with pytest.raises(ResponseError):
        await client.incr("a")

    assert counts(registry, "redis_operations_total")[("incrby",)] == 1


def test_a_client_that_blocks_is_counted_as_well(redis: RedisServer, registry: Registry) -> None:
    with watch_client(BlockingRedis.from_url(redis.url), RedisMetrics(registry)) as client:
        client.set("a", "1")

    assert counts(registry, "redis_operations_total") == {("set",): 1}


def test_messages_through_rabbitmq_are_jobs(rabbitmq: VirtualHost, registry: Registry) -> None:
    queues, bodies = QueueMetrics(registry), []
    jobs = Jobs(queues, worker_id="w1", counts_handed=False)
    with pika.BlockingConnection(pika.URLParameters(rabbitmq.url)) as connection:
        channel = watch_channel(connection.channel(), queues)
        channel.queue_declare("mail")
        channel.basic_publish("", "mail", b"1", pika.BasicProperties(type="letter"))
        channel.basic_publish("", "mail", b"2")
        consumer = watched_consumer(lambda *message: bodies.append(message[3]), jobs, "mail")
        for method, properties, body in channel.consume("mail", auto_ack=True, inactivity_timeout=30):
            consumer(channel, method, properties, body)
            if len(bodies) == 2:
                break

    assert bodies == [b"1", b"2"]
    assert counts(registry, "queue_jobs_total") == {("letter", "mail"): 1, ("message", "mail"): 1}
    ended = {("letter", "mail", "completed"): 1, ("message", "mail", "completed"): 1}
    assert counts(registry, "queue_jobs_completed_total") == ended
