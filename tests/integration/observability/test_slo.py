"""`plimsoll slo` on a real Prometheus with the rendered rules: what is kept, what is broken, what cannot be said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from natalis.testing.servers.prometheus import Prometheus
from natalis.testing.servers.server import wait_until
from natalis.testing.stand_in import StandIn, answering, cutting
from plimsoll.budget import series
from plimsoll.budget.file.reading import read_text
from plimsoll.budget.rules.rendered import rules
from plimsoll.cli.app import run
from plimsoll.cli.exit_codes import ExitCode

pytestmark = pytest.mark.network
PATIENCE = timedelta(seconds=60)
METRICS = "text/plain; version=0.0.4"
FILE = """
service: {name: shop}
watch: {sources: {http: 'job="shop"', database: 'job="shop"', cache: 'job="shop"', business: 'job="shop"'}}
budgets:
  - {name: availability, indicator: availability, target: 99 %, window: 30d}
  - {name: errors, indicator: errors, target: 2 %, alert: {name: HighErrorRate, for: 2m}}
  - {name: pool, indicator: pool use, target: 80 %, action: alert}
  - {name: hits, indicator: cache hits, target: 80 %, action: alert}
"""
UP_FILE = """
service: {name: shop}
watch: {sources: {http: 'job="shop"'}}
budgets:
  - {name: up, indicator: instances up, target: "1", action: alert}
"""
CONFIGURATION = """
global: {{scrape_interval: 200ms, evaluation_interval: 200ms}}
rule_files: [rules.yaml]
scrape_configs: [{{job_name: shop, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}]
"""


class Shop:
    """A service whose metrics grow with each scrape."""

    def __init__(self) -> None:
        self.is_open = True
        self.bad, self._good, self._failed = 0, 0, 0

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        text = self.metrics().encode()
        behave = answering(body=text, headers={"Content-Type": METRICS}) if self.is_open else cutting
        behave(request)

    def metrics(self) -> str:
        """Serve a hundred requests, of which some fail."""
        self._good += 100 - self.bad
        self._failed += self.bad
        return (
            f'http_requests_total{{method="GET",route="/",status_code="200"}} {self._good}\n'
            f'http_requests_total{{method="GET",route="/",status_code="500"}} {self._failed}\n'
        )


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def door(shop: Shop) -> Iterator[StandIn]:
    """Where the shop is scraped."""
    with StandIn(shop) as server:
        yield server


@pytest.fixture
def budget_file(tmp_path: Path) -> Path:
    path = tmp_path / "plimsoll.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.fixture
def watched(prometheus: Callable[..., Prometheus], door: StandIn) -> Callable[[], Prometheus]:
    """Start Prometheus on the shop, with the rules of its file evaluated as often as a test likes."""

    def start() -> Prometheus:
        configuration = CONFIGURATION.format(port=door.port)
        return prometheus(configuration, {"rules.yaml": rules(read_text(FILE), every=0.2)})

    return start


def asked(capfd: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    capfd.readouterr()
    code = run(["slo", *map(str, words)])
    said = capfd.readouterr()
    return code, said.out, said.err


def has(server: Prometheus, name: str, budget: str) -> bool:
    return bool(server.query(f'{name}{{budget="{budget}"}}'))


def is_judged(server: Prometheus) -> bool:
    budget = (series.REMAINING, series.bad_share(3600))
    return all(has(server, name, "availability") for name in budget) and has(server, series.VALUE, "errors")


def test_a_service_that_keeps_its_promises_has_its_whole_error_budget(
    watched: Callable[[], Prometheus], budget_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    server = watched()
    assert wait_until(lambda: is_judged(server), PATIENCE)

    code, out, _ = asked(capfd, budget_file, "--prometheus", server.url)

    assert code == ExitCode.PASS, out
    assert "2 of 4 promises kept, 0 broken, 2 no data." in out
    assert "100 % ██████████" in out
    assert "availability: 30 d, of which " in out
    assert (
        "no data: pool, hits - nothing is recorded: its source is not scraped, or it has not happened even once." in out
    )


def test_a_spent_error_budget_and_a_crossed_bound_end_with_99_and_say_which(
    watched: Callable[[], Prometheus], shop: Shop, budget_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shop.bad = 10
    server = watched()
    assert wait_until(lambda: is_judged(server), PATIENCE)

    code, out, _ = asked(capfd, budget_file, "--prometheus", server.url)
    _, text, _ = asked(capfd, budget_file, "--prometheus", server.url, "--json")

    assert code == ExitCode.FAIL
    assert "availability is exhausted" in out
    assert "errors is crossed - plimsoll slo explain HighErrorRate" in out
    found: dict[str, Any] = {each["budget"]: each for each in json.loads(text)["promises"]}
    assert found["availability"]["good"] == pytest.approx(0.9, abs=0.001)
    assert found["availability"]["remaining"] == pytest.approx(-9, abs=0.1)
    assert found["availability"]["burn"]["1h"] == pytest.approx(10, abs=0.1)
    assert found["errors"]["value"] == pytest.approx(0.1, abs=0.001)
    assert found["pool"]["standing"] == "no data"


def test_rules_without_any_data_are_undecided(
    watched: Callable[[], Prometheus], shop: Shop, budget_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shop.is_open = False
    server = watched()
    assert wait_until(lambda: has(server, series.BOUND, "pool"), PATIENCE)

    code, out, _ = asked(capfd, budget_file, "--prometheus", server.url)

    assert code == ExitCode.UNDECIDED
    assert "0 of 4 promises kept, 0 broken, 4 no data." in out


def test_a_prometheus_without_the_rules_is_told_apart_from_one_that_is_away(
    prometheus: Callable[..., Prometheus], budget_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    server = prometheus("global: {}")

    without = asked(capfd, budget_file, "--prometheus", server.url)
    away = asked(capfd, budget_file, "--prometheus", "http://127.0.0.1:9")
    wrong = asked(capfd, budget_file, "--prometheus", f"{server.url}/graph")

    assert without[0] == away[0] == wrong[0] == ExitCode.TARGET_FAILED
    assert "has no rules of shop: render them" in without[2]
    assert "no Prometheus answers at http://127.0.0.1:9" in away[2]
    assert wrong[2].startswith(("status_404", "not_prometheus"))


def test_other_bounds_than_the_files_are_said(
    watched: Callable[[], Prometheus], budget_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    server = watched()
    assert wait_until(lambda: has(server, series.VALUE, "errors"), PATIENCE)
    budget_file.write_text(FILE.replace("target: 2 %", "target: 3 %"), encoding="utf-8")

    _, out, _ = asked(capfd, budget_file, "--prometheus", server.url)

    assert "other bounds than the file; render its rules again and reload: errors." in out


@pytest.fixture
def up_file(tmp_path: Path) -> Path:
    path = tmp_path / "up.yaml"
    path.write_text(UP_FILE, encoding="utf-8")
    return path


def up_recorded(server: Prometheus) -> list[float]:
    return [each.value for each in server.query(f'{series.VALUE}{{budget="up"}}')]


@pytest.fixture
def begun(prometheus: Callable[..., Prometheus]) -> Prometheus:
    """Prometheus whose rules were evaluated, and which has scraped nothing yet."""
    server = prometheus("rule_files: [rules.yaml]", {"rules.yaml": rules(read_text(UP_FILE), every=0.2)})
    assert wait_until(lambda: up_recorded(server) == [0], PATIENCE)
    return server


def test_a_service_is_not_called_down_before_the_first_scrape(
    begun: Prometheus, up_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = asked(capfd, up_file, "--prometheus", begun.url)

    assert code == ExitCode.UNDECIDED, out
    assert "no data: up - its instances are not scraped yet: ask again in a minute." in out


@pytest.mark.parametrize(("is_open", "ends_with"), [(True, ExitCode.UNDECIDED), (False, ExitCode.FAIL)])
def test_the_first_scrape_tells_what_the_rules_do_not_know_yet(
    begun: Prometheus,
    door: StandIn,
    shop: Shop,
    up_file: Path,
    capfd: pytest.CaptureFixture[str],
    *,
    is_open: bool,
    ends_with: ExitCode,
) -> None:
    shop.is_open = is_open
    much_later = rules(read_text(UP_FILE), every=36_000)
    begun.configure(CONFIGURATION.format(port=door.port), {"rules.yaml": much_later})
    begun.reload()
    assert wait_until(lambda: [each.value for each in begun.query("up")] == [is_open], PATIENCE)

    code, out, _ = asked(capfd, up_file, "--prometheus", begun.url)

    assert up_recorded(begun) == [0]
    assert code == ends_with, out
