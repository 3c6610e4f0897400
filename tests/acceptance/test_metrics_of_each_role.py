"""Promise: every role shows its metrics by the names, types, labels and buckets that dashboards and alerts go by."""

from __future__ import annotations

import urllib.request
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from natalis.testing.machine import Machine, fetched, first_answer
from natalis.testing.servers import ports
from natalis.testing.servers.postgres import PostgresDatabase, PostgresPair
from natalis.testing.servers.rabbitmq import VirtualHost
from natalis.testing.servers.redis import RedisServer
from natalis.testing.servers.server import wait_until

pytestmark = [pytest.mark.network, pytest.mark.slow]
PATIENCE = timedelta(seconds=60)
EVERY = frozenset({"api", "planner", "dispatcher", "worker"})
OF_REQUESTS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.3, 0.5, 1.0, 2.0, 5.0)
OF_QUERIES = (0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0)


@dataclass(frozen=True)
class Row:
    """A line of the table: what is to be there, and in which roles."""

    name: str
    kind: str
    labels: str
    roles: Collection[str]
    buckets: tuple[float, ...] = ()
    occurs: bool = True


TABLE = (
    Row("http_requests_total", "counter", "method route status_code", {"api"}),
    Row("http_request_duration_seconds", "histogram", "method route status_code", {"api"}, OF_REQUESTS),
    Row("http_request_errors_total", "counter", "method route error_type", {"api"}, occurs=False),
    Row("http_requests_in_flight", "gauge", "method", {"api"}),
    Row("db_queries_total", "counter", "operation table", EVERY),
    Row("db_query_duration_seconds", "histogram", "operation table", EVERY, OF_QUERIES),
    Row("db_connections_active", "gauge", "pool", EVERY),
    Row("db_connection_pool_usage", "gauge", "pool", EVERY),
    Row("redis_operations_total", "counter", "operation", {"api"}),
    Row("redis_operation_duration_seconds", "histogram", "operation", {"api"}),
    Row("cache_hits_total", "counter", "cache", {"api"}),
    Row("cache_misses_total", "counter", "cache", {"api"}),
    Row("active_connections", "gauge", "type", EVERY),
    Row("queue_depth", "gauge", "queue_name", EVERY),
    Row("queue_waiting_jobs", "gauge", "queue_name", EVERY),
    Row("queue_active_jobs", "gauge", "queue_name", EVERY),
    Row("queue_jobs_total", "counter", "queue_name job_type", {"dispatcher"}),
    Row("queue_jobs_completed_total", "counter", "queue_name job_type status", {"worker"}),
    Row("queue_job_duration_seconds", "histogram", "queue_name job_type status", {"worker"}),
    Row("messages_processed_total", "counter", "status", {"worker"}),
    Row("message_processing_duration_seconds", "histogram", "status", {"worker"}),
    Row("message_lateness_seconds", "histogram", "kind", {"worker"}),
    Row("worker_active_jobs", "gauge", "worker_id", {"worker"}),
    Row("email_send_total", "counter", "status", {"worker"}),
    Row("email_send_duration_seconds", "histogram", "status", {"worker"}),
    Row("birthday_messages_total", "counter", "timezone status", {"worker"}),
    Row("active_users_total", "gauge", "", {"planner"}),
    Row("user_satisfaction_score", "gauge", "", {"planner"}),
    Row("task_completion_ratio", "gauge", "", {"planner"}),
    Row("data_accuracy_ratio", "gauge", "", {"worker"}),
    Row("db_replica_lag_seconds", "gauge", "pool", EVERY),
    Row("service_cost_dollars_total", "counter", "resource", EVERY),
    Row("process_cpu_seconds_total", "counter", "", EVERY),
    Row("process_resident_memory_bytes", "gauge", "", EVERY),
    Row("python_gc_collections_total", "counter", "generation", EVERY),
    Row("event_loop_lag_seconds", "histogram", "", EVERY),
    Row("build_info", "gauge", "service version python", EVERY),
)
"""Of the specification's table all but `web_vitals_seconds`, which comes with the console."""
OF_A_FLEET = ("redis_", "db_replica_")
PRICES = "cpu_second=0.0000112, gb_hour=0.0045, instance_hour=0.1"


@pytest.fixture
def metrics_of_roles(
    machine: Machine, postgres_pair: PostgresPair, rabbitmq: VirtualHost, redis: RedisServer
) -> Iterator[Mapping[str, str]]:
    """Start a fleet with one process of each role; return where each shows its metrics, after a message was sent."""
    primary, replica = postgres_pair.primary.url, postgres_pair.replica.url
    machine.settings |= {"DATABASE_URL": primary, "DATABASE_REPLICA_URL": replica, "NATALIS_PRICES": PRICES}
    machine.settings |= {"QUEUE_URL": rabbitmq.url, "REDIS_URL": redis.url}
    with ExitStack() as running:
        where: dict[str, str] = {}
        for role in sorted(EVERY):
            port = ports.reserve()
            process = running.enter_context(machine.running(role, "--json", "--metrics-port", str(port.number)))
            answer = first_answer(process)
            where[role] = answer["metrics"]
            port.release()
            if role == "api":
                greet_somebody(machine, answer["api"])
        yield where


def test_each_role_shows_what_the_table_says(metrics_of_roles: Mapping[str, str]) -> None:
    faults = {
        role: faults_in_the_end(url, [row for row in TABLE if role in row.roles])
        for role, url in metrics_of_roles.items()
    }

    assert faults == {role: [] for role in EVERY}


def test_no_role_shows_a_number_that_only_another_knows(metrics_of_roles: Mapping[str, str]) -> None:
    bare = {row.name: row.roles for row in TABLE if not row.labels}

    shown = {(role, name) for role, url in metrics_of_roles.items() for name in bare.keys() & scraped(url).keys()}

    assert {(role, name) for role, name in shown if role not in bare[name]} == set()


def test_one_process_shows_all_of_it(machine: Machine) -> None:
    port = ports.reserve()
    machine.settings["NATALIS_PRICES"] = PRICES
    with machine.running("up", "--json", "--metrics-port", str(port.number)) as process:
        answer = first_answer(process)
        greet_somebody(machine, answer["api"])
        faults = faults_in_the_end(answer["metrics"], [row for row in TABLE if not row.name.startswith(OF_A_FLEET)])
    port.release()

    assert faults == []


def test_processes_that_share_a_folder_are_scraped_as_one_and_no_count_falls_when_one_is_killed(
    machine: Machine, migrated: PostgresDatabase, rabbitmq: VirtualHost, tmp_path: Path
) -> None:
    machine.settings |= {"DATABASE_URL": migrated.url, "QUEUE_URL": rabbitmq.url}
    machine.settings |= {"METRICS_DIR": str(tmp_path / "metrics")}
    port = ports.reserve()
    with ExitStack() as running:
        options = ("--json", "--metrics-port", str(port.number))
        url = first_answer(running.enter_context(machine.running("worker", *options)))["metrics"]
        api = running.enter_context(machine.running("api", *options))
        door = first_answer(api)["api"]
        fetched(f"{door}/user")
        wait_until(lambda: count_of_lists(url) == 1, PATIENCE)
        api.kill()
        api.wait()

        after = count_of_lists(url)
        told = scraped(url)
    port.release()

    assert after == 1
    assert {"worker_active_jobs", "http_requests_total"} <= {name for name, each in told.items() if each.samples}


def count_of_lists(url: str) -> float:
    requests = scraped(url).get("http_requests_total")
    found = [] if requests is None else requests.samples
    return sum(sample.value for sample in found if sample.labels["route"] == "/user")


def greet_somebody(machine: Machine, api: str) -> None:
    """Add somebody who is to be greeted at once, and look at them."""
    now = datetime.now(UTC)  # noqa: TID251 - the processes under test run on the real clock
    east = 12 - now.hour  # where it is about noon: today's time has passed, and the day is not over
    zone = f"Etc/GMT{'-' if east >= 0 else '+'}{abs(east)}" if east else "Etc/GMT"
    name = ("--first-name", "Ada", "--last-name", "B", "--email", "a@example.org")
    machine.run("user", "add", *name, "--birthday", f"1992-{now:%m-%d}", "--timezone", zone)
    ada = fetched(f"{api}/user")["items"][0]["id"]
    for _ in range(2):
        fetched(f"{api}/user/{ada}")


def faults_in_the_end(url: str, rows: Collection[Row]) -> list[str]:
    """Return what is not as the table says, once it stays so."""
    wait_until(lambda: not faults_of(scraped(url), rows), PATIENCE)
    return faults_of(scraped(url), rows)


def faults_of(families: Mapping[str, Metric], rows: Collection[Row]) -> list[str]:
    return [f"{row.name}: {fault}" for row in rows if (fault := fault_of(families.get(row.name), row))]


def fault_of(family: Metric | None, row: Row) -> str:
    """Return what is wrong with a family; empty when nothing is."""
    if family is None:
        return "is not there"
    if family.type != row.kind:
        return f"is a {family.type}"
    if row.occurs and not family.samples:
        return "has no sample"
    wanted = set(row.labels.split())
    if wrong := [sample.labels for sample in family.samples if sample.labels.keys() - {"le"} != wanted]:
        return f"has the labels {wrong[0]}"
    bounds = {float(sample.labels["le"]) for sample in family.samples if "le" in sample.labels}
    return f"has the buckets {sorted(bounds)}" if row.buckets and bounds != {*row.buckets, float("inf")} else ""


def scraped(url: str) -> Mapping[str, Metric]:
    """Return the families that are shown, by the names that queries use."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {f"{each.name}_total" if each.type == "counter" else each.name: each for each in families}
