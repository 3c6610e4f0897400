"""What wrappers tell of a trace: each operation is a part of what is worked on, and a message carries it on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from plimsoll.instrument.calls import timed_calls
from plimsoll.instrument.databases.metrics import DatabaseMetrics
from plimsoll.instrument.databases.postgres import watch_connection
from plimsoll.instrument.databases.sqlite import timed_connection
from plimsoll.instrument.queues.jobs import Jobs
from plimsoll.instrument.queues.metrics import QueueMetrics
from plimsoll.instrument.queues.rabbitmq import watch_channel, watched_consumer
from plimsoll.instrument.redis import RedisMetrics, watch_client
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.traces import Listener, Span, SpanKind, begun, listened
from plimsoll.instrument.traces.w3c import extract


@pytest.fixture
def told() -> Iterator[list[Span]]:
    """What is told of traces while a test runs; all are kept."""
    spans: list[Span] = []
    with listened(Listener(1.0, spans.append)):
        yield spans


@pytest.fixture
def registry() -> Registry:
    return Registry()


@dataclass
class Properties:
    """What pika says of a message."""

    headers: dict[str, Any] | None = None
    type: str | None = None


@dataclass
class Wire:
    """A channel, a client and a connection that keep what they are given."""

    published: list[Any] = field(default_factory=list)
    told: Any = None

    def basic_publish(self, _exchange: str, _routing_key: str, _body: bytes, properties: Any = None) -> None:
        self.published.append(properties)

    async def execute_command(self, *args: Any, **_: Any) -> None:
        if args[0] == "BROKEN":
            raise ConnectionError("gone")

    def pipeline(self) -> None:
        """Send nothing together."""

    def add_query_logger(self, callback: Any) -> None:
        self.told = callback

    async def find(self) -> None:
        """Find nothing."""


@dataclass
class Logged:
    """What asyncpg tells of a query."""

    query: str = "SELECT 1 FROM people"
    elapsed: float = 0.25
    exception: BaseException | None = None


def test_a_query_is_a_part_of_what_is_worked_on(told: list[Span], registry: Registry) -> None:
    connection = sqlite3.connect(":memory:", factory=timed_connection(DatabaseMetrics(registry, "sqlite")))
    with begun("GET /", SpanKind.SERVER) as request:
        connection.execute("SELECT 1")
    connection.close()

    query, _ = told
    assert (query.name, query.parent, query.kind) == ("select none", request.context, SpanKind.CLIENT)
    assert query.attributes["db.system.name"] == "sqlite"


def test_a_query_that_asyncpg_tells_of_lasted_as_long_as_it_says(told: list[Span], registry: Registry) -> None:
    wire = Wire()
    watch_connection(wire, DatabaseMetrics(registry))
    with begun("GET /", SpanKind.SERVER):
        wire.told(Logged())
        wire.told(Logged(exception=ValueError("no such person")))

    well, failed, _ = told
    assert well.ended - well.began == 250_000_000
    assert (well.is_failed, failed.is_failed, failed.attributes["error.type"]) == (False, True, "ValueError")


async def test_a_command_of_redis_is_a_part_and_may_fail(told: list[Span], registry: Registry) -> None:
    client = watch_client(Wire(), RedisMetrics(registry))
    with begun("GET /", SpanKind.SERVER):
        await client.execute_command("GET", "a")
        with pytest.raises(ConnectionError):
            await client.execute_command("BROKEN")

    assert [(each.name, each.is_failed) for each in told] == [("get", False), ("broken", True), ("GET /", False)]


async def test_a_call_of_one_s_own_layer_is_a_part(told: list[Span], registry: Registry) -> None:
    people = timed_calls(Wire(), DatabaseMetrics(registry).of("people"))
    with begun("GET /", SpanKind.SERVER):
        await people.find()

    assert [each.name for each in told] == ["find people", "GET /"]


async def test_outside_of_a_trace_nothing_is_told(told: list[Span], registry: Registry) -> None:
    await watch_client(Wire(), RedisMetrics(registry)).execute_command("GET", "a")

    assert told == []


def test_a_trace_runs_from_who_publishes_to_who_consumes(told: list[Span], registry: Registry) -> None:
    queues, wire, given = QueueMetrics(registry), Wire(), Properties({"a": 1}, "letter")
    channel, jobs = watch_channel(wire, queues), Jobs(queues, worker_id="w1")
    with begun("POST /", SpanKind.SERVER) as request:
        channel.basic_publish("", "mail", b"", given)
    watched_consumer(lambda *_: None, jobs, "mail")(None, None, wire.published[0], b"")

    send, post, process = told
    assert (send.name, process.name) == ("send mail", "process mail")
    assert (send.parent, process.parent) == (request.context, send.context)
    assert post.context.trace_id == process.context.trace_id
    assert wire.published[0].headers["a"] == 1
    assert given.headers == {"a": 1}  # shared by many messages, so it stays as it is


def test_a_message_without_properties_carries_the_trace_as_well(told: list[Span], registry: Registry) -> None:
    wire = Wire()
    channel = watch_channel(wire, QueueMetrics(registry))
    with begun("POST /", SpanKind.SERVER):
        channel.basic_publish("", "mail", b"")
    channel.basic_publish("", "mail", b"")

    assert extract(wire.published[0].headers) == told[0].context
    assert wire.published[1] is None


def test_a_job_without_a_message_of_a_trace_begins_one(told: list[Span], registry: Registry) -> None:
    jobs = Jobs(QueueMetrics(registry), worker_id="w1")
    with pytest.raises(KeyError), jobs.working("mail", "letter"):
        raise KeyError

    (process,) = told
    assert (process.parent, process.kind, process.is_failed) == (None, SpanKind.CONSUMER, True)
