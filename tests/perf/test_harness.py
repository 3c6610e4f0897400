"""The harness tells an honest contender from one that loses, lies, forgets, doubles or hurries."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from perf.peers.contenders import Contender
from perf.peers.harness import Ending, Patience, Result, perform
from perf.peers.stage import MockProvider, Stage

from natalis.testing.servers.postgres import Postgres
from natalis.testing.servers.rabbitmq import RabbitMQ

pytestmark = pytest.mark.network

COUNT = 20
PLAYERS = Path(__file__).with_name("players.py")
SHORT = Patience(timedelta(seconds=20), standstill=timedelta(seconds=1))


@pytest.fixture(scope="module")
def provider() -> Iterator[MockProvider]:
    with MockProvider() as running:
        yield running


@pytest.fixture
def run(postgres_server: Postgres, rabbitmq_server: RabbitMQ, provider: MockProvider) -> Callable[[str], Result]:
    postgres_server.revive()
    rabbitmq_server.revive()
    stage = Stage(postgres_server, rabbitmq_server, provider)

    def play(part: str) -> Result:
        player = Contender(part, "", (sys.executable, str(PLAYERS), part), slowest_start=timedelta(seconds=3))
        return perform(player, stage, count=COUNT, patience=SHORT, turn=1)

    return play


def test_an_honest_contender_is_found_faultless_and_measured(run: Callable[[str], Result]) -> None:
    result = run("honest")

    assert result.faults == ()
    assert result.ending == Ending.FINISHED
    assert result.figures["messages"] == COUNT
    assert result.figures["perSecond"] == pytest.approx(COUNT / result.figures["seconds"])
    assert 0 < result.figures["lateness.p50"] <= result.figures["lateness.max"] <= result.figures["seconds"]
    assert result.figures["wal"] > 0
    assert 0 < result.figures["memory.largest"] < result.figures["memory.total"]


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ("losing", "19 of 20 are marked sent"),
        ("lying", "1 marked sent, never posted, such as 0"),
        ("forgetting", "1 posted, never marked sent, such as 0"),
        ("doubling", "1 posted more than once, such as 0"),
        ("hasty", "20 posted before they were due"),
    ],
)
def test_a_dishonest_contender_is_found_out(run: Callable[[str], Result], part: str, fault: str) -> None:
    result = run(part)

    assert fault in result.faults
    assert not result.counts


def test_a_contender_that_ends_by_itself_is_found_out(run: Callable[[str], Result]) -> None:
    result = run("deserting")

    assert any("ended by itself" in fault for fault in result.faults)
    assert not result.counts
