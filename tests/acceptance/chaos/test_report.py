"""What is reported of a storm."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from natalis.testing.chaos.reckoning import Reckoning
from natalis.testing.chaos.report import figures, lines, node_stall, record
from natalis.testing.chaos.schedule import Blow, Kind, Strike, Weather
from natalis.testing.chaos.storm import Outcome, Plan, Recovery

WORKER_KILLED = Strike(Kind.KILLED, "worker", timedelta(0))
LEADER_KILLED = Strike(Kind.NODE_KILLED, "leader", timedelta(0))
FOLLOWER_KILLED = Strike(Kind.NODE_KILLED, "follower", timedelta(0))
NOTHING_WRONG = Reckoning(
    people=10, lost=0, doubled=0, strangers=0, unsent={}, unaccounted=0, miscounted=0, attempts=12, samples=10
)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def recovery(*strikes: Strike, flow: float = 1, stall: float = 1, refused: int = 0) -> Recovery:
    blow = Blow(strikes, timedelta(0))
    return Recovery(blow, seconds(0), seconds(1), seconds(flow), seconds(2 * flow), seconds(stall), 20, refused)


def outcome(*recoveries: Recovery, reckoning: Reckoning = NOTHING_WRONG) -> Outcome:
    return Outcome(Plan(10, Weather(3), 1), recoveries, reckoning, seconds(60), 0)


def test_recovery_is_told_for_each_kind_of_fault() -> None:
    found = figures([recovery(WORKER_KILLED, flow=flow) for flow in (1, 2, 9)] + [recovery(LEADER_KILLED)])
    assert [(each.fault, each.count, each.flow_median, each.flow_max) for each in found] == [
        ("broker node killed", 1, 1, 1),
        ("worker killed", 3, 2, 9),
    ]


def test_two_faults_at_once_blur_the_figures_of_neither() -> None:
    found = figures([recovery(WORKER_KILLED), recovery(WORKER_KILLED, LEADER_KILLED, flow=9)])
    assert [(each.fault, each.flow_max) for each in found] == [("several at once", 9), ("worker killed", 1)]


def test_the_stall_of_a_killed_node_is_the_longest_of_whichever_node() -> None:
    storms = [recovery(LEADER_KILLED, stall=3), recovery(FOLLOWER_KILLED, stall=5), recovery(WORKER_KILLED, stall=8)]
    assert node_stall(storms) == seconds(5)


@pytest.mark.parametrize("kind", [Kind.BROKER_AWAY, Kind.NODE_KILLED, Kind.REPLICA_STOPPED, Kind.CACHE_KILLED])
def test_the_api_must_serve_everybody_while_broker_replica_or_cache_are_away(kind: Kind) -> None:
    away = recovery(Strike(kind, "", seconds(60)), refused=1)
    assert len(outcome(away).faults) == 1


def test_an_outage_of_a_minute_and_its_stall_blur_the_figures_of_no_short_one() -> None:
    minute, moment = (Strike(kind, "", seconds(1)) for kind in (Kind.BROKER_AWAY, Kind.BROKER_KILLED))
    found = figures([recovery(minute, stall=70), recovery(moment, stall=8)])
    assert [(each.fault, each.stall_max) for each in found] == [("broker away", 70), ("broker killed", 8)]


def test_the_api_may_refuse_while_the_database_is_away() -> None:
    away = recovery(Strike(Kind.DATABASE_KILLED, "", seconds(1)), refused=1)
    assert outcome(away).faults == []


def test_what_is_lost_is_said() -> None:
    reckoning = Reckoning(
        people=10, lost=1, doubled=0, strangers=0, unsent={"queued": 1}, unaccounted=0, miscounted=2, attempts=9,
        samples=10,
    )  # fmt: skip
    told = outcome(recovery(WORKER_KILLED), reckoning=reckoning)
    assert len(told.faults) == 3
    assert sum("NOT AS IT SHOULD BE" in line for line in lines(told)) == 3


def test_it_is_json() -> None:
    told = record(outcome(recovery(WORKER_KILLED), recovery(WORKER_KILLED, LEADER_KILLED)), {"cores": 2}, "abc")
    assert json.loads(json.dumps(told))["faults"] == 3
