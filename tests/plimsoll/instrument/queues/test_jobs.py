"""Worker loops and queues as metrics: what is handed over, worked on, and what came of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from plimsoll.instrument.queues.jobs import Jobs
from plimsoll.instrument.queues.metrics import QueueMetrics
from plimsoll.instrument.queues.rabbitmq import watch_channel, watched_consumer
from plimsoll.instrument.registry import Registry

OF = 'queue_name="mail",job_type="letter"'


def samples(text: str) -> list[Sample]:
    return [each for family in text_string_to_metric_families(text) for each in family.samples]


class Shown:
    """Queue metrics, and their lines."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.queues = QueueMetrics(self.registry)
        self.jobs = Jobs(self.queues, worker_id="w1")

    def __call__(self, line: str) -> float | None:
        """Return the value of a series; None when it is not there."""
        (wanted,) = samples(f"{line} 0")
        found = samples(self.registry.exposition().decode())
        return next((each.value for each in found if each[:2] == wanted[:2]), None)


@pytest.fixture
def shown() -> Shown:
    return Shown()


async def test_a_job_counts_as_active_while_it_is_worked_on(shown: Shown) -> None:
    async with shown.jobs.working("mail", "letter"):
        assert shown('worker_active_jobs{worker_id="w1"}') == 1
        assert shown('queue_active_jobs{queue_name="mail"}') == 1

    assert shown('worker_active_jobs{worker_id="w1"}') == 0
    assert shown('queue_active_jobs{queue_name="mail"}') == 0
    assert shown(f"queue_jobs_total{{{OF}}}") == 1


async def test_a_job_that_ends_is_completed(shown: Shown) -> None:
    async with shown.jobs.working("mail", "letter"):
        pass

    assert shown(f'queue_jobs_completed_total{{{OF},status="completed"}}') == 1
    assert shown(f'queue_job_duration_seconds_count{{{OF},status="completed"}}') == 1


def test_a_job_that_raises_has_failed_and_raises(shown: Shown) -> None:
    with pytest.raises(ZeroDivisionError), shown.jobs.working("mail", "letter"):
        raise ZeroDivisionError

    assert shown(f'queue_jobs_completed_total{{{OF},status="failed"}}') == 1
    assert shown('worker_active_jobs{worker_id="w1"}') == 0


async def test_a_job_that_is_cancelled_has_not_failed(shown: Shown) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        async with shown.jobs.working("mail", "letter"):
            begun.set()
            await asyncio.Event().wait()

    working = asyncio.ensure_future(work())
    await begun.wait()
    working.cancel()
    await asyncio.wait({working})

    assert shown(f'queue_jobs_completed_total{{{OF},status="cancelled"}}') == 1


def test_a_job_may_say_itself_how_it_ended(shown: Shown) -> None:
    with shown.jobs.working("mail", "letter") as job:
        job.status = "skipped"

    assert shown(f'queue_jobs_completed_total{{{OF},status="skipped"}}') == 1


def test_a_job_that_was_counted_when_it_was_handed_over_is_not_counted_again(shown: Shown) -> None:
    jobs = Jobs(shown.queues, worker_id="w2", counts_handed=False)
    shown.queues.handed("mail", "letter")
    with jobs.working("mail", "letter"):
        pass

    assert shown(f"queue_jobs_total{{{OF}}}") == 1


def test_a_queue_with_partitions_tells_of_each() -> None:
    registry = Registry()
    QueueMetrics(registry, partitioned=True).depth.at("mail", "7").set(3)

    assert 'partition="7"' in registry.exposition().decode()


@dataclass
class Properties:
    """What pika says of a message."""

    type: str | None = None


class Channel:
    """A channel that keeps what it is given."""

    def __init__(self) -> None:
        self.published: list[tuple[Any, ...]] = []

    def basic_publish(
        self, exchange: str, routing_key: str, body: bytes, properties: Any = None, mandatory: bool = False
    ) -> None:
        if routing_key == "refused":
            raise ConnectionError
        self.published.append((exchange, routing_key, body, properties, mandatory))


def test_what_a_channel_publishes_is_counted_by_queue_and_type(shown: Shown) -> None:
    channel = watch_channel(Channel(), shown.queues)

    channel.basic_publish("", "mail", b"1", Properties("letter"), mandatory=True)
    channel.basic_publish(exchange="", routing_key="mail", body=b"2")

    assert [each[2] for each in channel.published] == [b"1", b"2"]
    assert channel.published[0][4] is True
    assert shown(f"queue_jobs_total{{{OF}}}") == 1
    assert shown('queue_jobs_total{queue_name="mail",job_type="message"}') == 1


def test_what_a_channel_refuses_is_not_counted(shown: Shown) -> None:
    channel = watch_channel(Channel(), shown.queues)
    with pytest.raises(ConnectionError):
        channel.basic_publish("", "refused", b"")

    assert shown('queue_jobs_total{queue_name="refused",job_type="message"}') is None


def test_what_a_consumer_is_called_with_is_a_job(shown: Shown) -> None:
    seen: list[bytes] = []
    consumer = watched_consumer(lambda *message: seen.append(message[3]), shown.jobs, "mail")

    consumer(None, None, Properties("letter"), b"body")

    assert seen == [b"body"]
    assert shown(f'queue_jobs_completed_total{{{OF},status="completed"}}') == 1
