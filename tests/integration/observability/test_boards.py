"""Every panel of every board shows something while a fleet is at work; what shows nothing is named."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from natalis.testing.servers import ports
from natalis.testing.servers.prometheus import Prometheus
from natalis.testing.servers.redis import RedisServer
from natalis.testing.servers.server import wait_until
from natalis.testing.stand_in import StandIn, answering
from natalis.testing.watched import Visitors, WatchedFleet
from plimsoll.budget.dashboards.artefacts import dashboards
from plimsoll.budget.dashboards.panel import RATE
from plimsoll.budget.file.model import BudgetFile
from plimsoll.budget.file.outputs import Kind
from plimsoll.budget.file.reading import read_text
from plimsoll.budget.rules.rendered import rules
from plimsoll.instrument.registry import Registry
from plimsoll.instrument.requests.web_vitals import NAMES, Beacon, WebVitals

pytestmark = [pytest.mark.network, pytest.mark.slow]
METRICS: Final = "text/plain; version=0.0.4"
PATIENCE: Final = timedelta(seconds=120)
GRAFANA: Final = {RATE: "10s", "$instance": ".*"}
"""What Grafana would put into queries; everything is scraped every second."""
TRACED: Final = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_TRACES_SAMPLER_ARG": "1"}
"""Every trace is kept, and goes to where nobody takes it."""
PAGES: Final = """
service: {name: pages}
watch: {sources: {vitals: 'job="pages"'}}
dashboards: [user-experience]
boards: {broken: {rows: [{title: A, panels: [{title: Typo, queries: {none: "rate(web_vitals_secnds_count[1m])"}}]}]}}
"""
"""Natalis tells no web vitals, so somebody else does; and of a typo it must be said that it finds nothing."""


@dataclass(frozen=True)
class Asked:
    """One query of a panel.

    Attributes:
        place: Board, panel and legend.
        expression: As Grafana sends it.
    """

    place: str
    expression: str


@pytest.fixture
def pages() -> Iterator[str]:
    """Serve the metrics of a service whose pages are looked at whenever it is scraped; return its address."""
    registry = Registry()
    vitals = WebVitals(registry, {"/"})

    def answer(request: BaseHTTPRequestHandler) -> None:
        vitals.observe(Beacon("/", dict.fromkeys(NAMES, 0.1)))
        answering(body=registry.exposition(), headers={"Content-Type": METRICS})(request)

    with StandIn(answer) as server:
        yield f"{ports.LOOPBACK}:{server.port}"


@pytest.fixture
def fleet(
    watched_fleet: Callable[..., WatchedFleet], redis: RedisServer, natalis: BudgetFile, pages: str
) -> Iterator[WatchedFleet]:
    """Start a fleet of Natalis that somebody uses, and Prometheus as it is shipped."""
    recorded = {"natalis.rules.yaml": every_second(rules(natalis))}
    redis.command("CONFIG", "SET", "maxmemory", "192mb")  # as Compose starts it
    with watched_fleet(beside={"pages": [pages]}, rules=recorded, settings=TRACED) as fleet, Visitors(fleet.api):
        yield fleet
    redis.command("CONFIG", "SET", "maxmemory", "0")


def test_every_panel_shows_something_and_one_that_does_not_is_named(fleet: WatchedFleet, natalis: BudgetFile) -> None:
    silent = [*asked_by(natalis), *asked_by(read_text(PAGES))]
    count = len(silent)

    wait_until(lambda: len(still_silent(fleet.prometheus, silent)) == 1, PATIENCE)

    assert "\n".join(f"{each.place}: {each.expression}" for each in silent) == (
        "broken / Typo / none: rate(web_vitals_secnds_count[1m])"
    )
    assert count > 150
    for histogram in ("http_request_duration_seconds_bucket", "db_query_duration_seconds_bucket"):
        assert all(len(each["trace_id"]) == 32 for each in exemplars(fleet.prometheus, histogram)), histogram
    assert {target["health"] for target in fleet.prometheus.targets()} == {"up"}


def exemplars(prometheus: Prometheus, histogram: str) -> list[Mapping[str, str]]:
    """Return the examples of traces beside a histogram, of which there have to be some."""
    assert wait_until(lambda: bool(prometheus.exemplars(histogram)), PATIENCE), histogram
    return prometheus.exemplars(histogram)


def asked_by(file: BudgetFile) -> Iterator[Asked]:
    """Yield every query of every board, as Grafana has them, and those that fill the choices above a board."""
    for artefact in dashboards(file, {Kind.DASHBOARDS: Path()}):
        board = json.loads(artefact.text)
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                place = f"{artefact.path.stem} / {panel['title']} / {target['legendFormat']}"
                yield Asked(place, as_grafana_asks(target["expr"]))
        for choice in board["templating"]["list"]:
            if choice["type"] == "query":
                selection = choice["query"]["query"].removeprefix("label_values(").rpartition(",")[0]
                yield Asked(f"{artefact.path.stem} / {choice['label']}", selection)


def still_silent(prometheus: Prometheus, silent: list[Asked]) -> list[Asked]:
    """Take those off the list that have found a number by now, and return the rest."""
    silent[:] = [each for each in silent if not shows(prometheus, each.expression)]
    return silent


def shows(prometheus: Prometheus, expression: str) -> bool:
    return any(not math.isnan(sample.value) for sample in prometheus.query(expression))


def as_grafana_asks(expression: str) -> str:
    for name, value in GRAFANA.items():
        expression = expression.replace(name, value)
    return expression


def every_second(text: str) -> str:
    """Return rules that are evaluated as often as everything is scraped here."""
    read: dict[str, Any] = yaml.safe_load(text)
    for group in read["groups"]:
        group["interval"] = "1s"
    return yaml.safe_dump(read)
