"""Every panel of every board shows something while a fleet is at work; what shows nothing is named."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from natalis.testing.servers.postgres import PostgresPair
from natalis.testing.servers.prometheus import Prometheus
from natalis.testing.servers.redis import RedisServer
from natalis.testing.servers.server import wait_until
from natalis.testing.watched import Visitors, WatchedFleet
from plimsoll.budget.dashboards.catalogue import boards_of
from plimsoll.budget.dashboards.panel import RATE, Board
from plimsoll.budget.reading import read_file
from plimsoll.budget.rules.rendered import rules

pytestmark = [pytest.mark.network, pytest.mark.slow]
ROOT: Final = Path(__file__).resolve().parents[3]
OBSERVABILITY: Final = ROOT / "deploy" / "observability"
BUDGETS: Final = ROOT / "perf" / "plimsoll.yaml"
PATIENCE: Final = timedelta(seconds=30)
GRAFANA: Final = {RATE: "5s", "$instance": ".*"}
"""What Grafana would put into queries; everything is scraped every second."""


@pytest.fixture
def fleet(postgres_pair: PostgresPair, redis: RedisServer) -> Iterator[WatchedFleet]:
    """Start a fleet of Natalis that somebody uses, and Prometheus as it is shipped."""
    redis.command("CONFIG", "SET", "maxmemory", "192mb")  # as Compose starts it
    recorded = {"natalis.rules.yaml": every_second(rules(read_file(BUDGETS)))}
    with WatchedFleet(OBSERVABILITY, postgres_pair, redis, rules=recorded) as fleet, Visitors(fleet.api):
        yield fleet


def test_every_panel_of_natalis_shows_something(fleet: WatchedFleet) -> None:
    boards = list(boards_of(read_file(BUDGETS)))

    wait_until(lambda: not silent(fleet.prometheus, boards), PATIENCE)

    assert "\n".join(silent(fleet.prometheus, boards)) == ""
    assert {target["health"] for target in fleet.prometheus.targets()} == {"up"}


def silent(prometheus: Prometheus, boards: list[Board]) -> list[str]:
    """Return the queries without a number, by board, panel and legend."""
    return [
        f"{board.name} / {panel.title} / {query.legend}: {query.expression}"
        for board in boards
        for row in board.rows
        for panel in row.panels
        for query in panel.queries
        if not shows(prometheus, as_grafana_asks(query.expression, GRAFANA))
    ]


def every_second(text: str) -> str:
    """Return rules that are evaluated as often as everything is scraped here."""
    read: dict[str, Any] = yaml.safe_load(text)
    for group in read["groups"]:
        group["interval"] = "1s"
    return yaml.safe_dump(read)


def shows(prometheus: Prometheus, expression: str) -> bool:
    """Say whether a query finds a number."""
    return any(not math.isnan(sample.value) for sample in prometheus.query(expression))


def as_grafana_asks(expression: str, variables: Mapping[str, str]) -> str:
    for name, value in variables.items():
        expression = expression.replace(name, value)
    return expression
