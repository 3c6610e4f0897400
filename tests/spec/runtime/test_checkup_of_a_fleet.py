"""What the check-up says of servers that no test can start: old versions, clocks that differ, crowded databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from natalis.caches.inspecting import RedisInspection
from natalis.errors import InvalidInput, StoreUnavailable, TransportUnavailable
from natalis.runtime.checkup import postgres, rabbitmq, redis
from natalis.runtime.checkup.finding import Finding, State, told
from natalis.stores.postgres.inspecting import Connections, Inspection, ReplicaInspection
from natalis.transports.rabbitmq.inspecting import NodeInspection, QueueFound

DATABASE = Inspection(
    place="db/natalis",
    number=150_004,
    version="15.4",
    is_replica=False,
    is_pooled=False,
    risks={},
    skew=timedelta(0),
    connections=Connections(most=400, free=400, instances={}),
    migrated_to=1,
    missing=(),
    fault="",
)
NODE = NodeInspection("mq:5672", "RabbitMQ", "4.1.0", QueueFound("q", exists=True), QueueFound("q.dead", exists=True))


def _of_database(**changes: object) -> dict[str, Finding]:
    return {finding.name: finding for finding in postgres.judge(replace(DATABASE, **changes))}  # type: ignore[arg-type] # checked at run time


def test_a_good_database_is_well() -> None:
    assert {finding.state for finding in _of_database().values()} == {State.WELL}


@pytest.mark.parametrize(("number", "state"), [(140_012, State.ILL), (150_000, State.WELL), (180_001, State.WELL)])
def test_postgresql_15_is_the_oldest(number: int, state: State) -> None:
    assert _of_database(number=number)["database"].state is state


@pytest.mark.parametrize("sign", [1, -1])
def test_clocks_that_differ_by_more_than_two_seconds_are_a_warning(sign: int) -> None:
    assert _of_database(skew=timedelta(milliseconds=1900) * sign)["clock"].state is State.WELL

    finding = _of_database(skew=timedelta(milliseconds=2100) * sign)["clock"]

    assert finding.state is State.WARNING
    assert "2.100 s" in finding.detail
    assert ("ahead of" if sign > 0 else "behind") in finding.detail


def test_before_anybody_runs_there_must_be_connections_for_one_process_of_each_role() -> None:
    enough = Connections(most=97, free=70, instances={})

    assert postgres.judge_connections(enough).state is State.WELL
    assert postgres.judge_connections(replace(enough, free=69)).state is State.WARNING


def test_what_running_processes_may_still_open_counts_and_one_more_api() -> None:
    instances = {"api-1": 10, "worker-1": 1}  # which may come to 40 and to 10
    owed = (40 - 10) + (10 - 1)

    just_enough = Connections(most=100, free=owed + 40, instances=instances)

    assert postgres.judge_connections(just_enough).state is State.WELL
    assert postgres.judge_connections(replace(just_enough, free=owed + 39)).state is State.WARNING


def test_a_replica_that_lags_is_a_warning_for_the_primary_is_read_meanwhile() -> None:
    lagging = ReplicaInspection("db2/natalis", is_replica=True, is_ours=True, is_paused=False, lag=None)

    assert postgres.judge_replica(lagging).state is State.WARNING
    assert postgres.judge_replica(replace(lagging, lag=timedelta(milliseconds=3))).state is State.WELL


def test_a_replica_of_another_server_would_tell_of_other_people() -> None:
    other = ReplicaInspection("db2/natalis", is_replica=True, is_ours=False, is_paused=False, lag=timedelta(0))

    assert postgres.judge_replica(other).state is State.ILL


@pytest.mark.parametrize(
    ("version", "state"), [("3.9.29", State.ILL), ("3.10.0", State.WELL), ("3.13.7", State.WELL), ("4.1.0", State.WELL)]
)
def test_rabbitmq_3_10_is_the_oldest(version: str, state: State) -> None:
    node, *_ = rabbitmq.judge([replace(NODE, version=version)])

    assert node.state is state


def test_a_node_that_is_away_matters_only_when_no_other_answers() -> None:
    away = TransportUnavailable("RabbitMQ at mq:5672: refused")

    assert [each.state for each in rabbitmq.judge([away, NODE])][:2] == [State.WARNING, State.WELL]
    assert [each.state for each in rabbitmq.judge([away, away])] == [State.ILL, State.ILL]


def test_a_slow_cache_is_a_warning() -> None:
    found = RedisInspection("7.2.0", "allkeys-lru", 1 << 30, timedelta(milliseconds=1))

    assert redis.judge(found, "r:6379").state is State.WELL
    assert redis.judge(replace(found, latency=timedelta(milliseconds=30)), "r:6379").state is State.WARNING


@pytest.mark.parametrize(
    ("error", "detail", "remedy"),
    [
        (StoreUnavailable("the database d does not answer (a: b): start it: now"), "answer (a: b)", "start it: now"),
        (StoreUnavailable("the database d is closed: open it again"), "the database d is closed", "open it again"),
        (InvalidInput("DATABASE_URL", "is wrong", "mend it"), "DATABASE_URL: is wrong", "mend it"),
        (TransportUnavailable("away"), "away", "natalis doctor"),
    ],
)
def test_an_error_is_told_as_problem_and_remedy(error: Exception, detail: str, remedy: str) -> None:
    finding = told("x", State.ILL, error)  # type: ignore[arg-type] # all of them are ours

    assert finding.detail.endswith(detail)
    assert remedy in finding.remedy
