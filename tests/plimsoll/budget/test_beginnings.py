"""A first budget file: what is learned from metrics, and that the file can be used as it is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from plimsoll.budget.alerts import alerts_of
from plimsoll.budget.beginnings import Seen, budget_file, flow, seen_in, with_gaps
from plimsoll.budget.dialects import DIALECTS
from plimsoll.budget.file.outputs import Kind, places_in
from plimsoll.budget.file.reading import read_text
from plimsoll.budget.rendering import render

URL = "http://127.0.0.1:8000"
METRICS = """
build_info{service="shop",version="1.0"} 1
http_requests_total{method="GET",route="/orders",status_code="200"} 3
http_requests_total{method="POST",route="/orders",status_code="201"} 1
http_requests_total{method="GET",route="/orders/{number}",status_code="200"} 1
http_requests_total{method="GET",route="/gone",status_code="404"} 1
http_requests_total{method="GET",route="unmatched",status_code="404"} 1
http_requests_total{method="GET",route="/metrics",status_code="200"} 9
"""
ENDPOINTS = (("GET", "/orders"), ("POST", "/orders"), ("GET", "/orders/{number}"))


def test_a_service_is_known_by_its_metrics() -> None:
    assert seen_in(METRICS) == Seen("shop", "plimsoll", ENDPOINTS)


@pytest.mark.parametrize(
    ("metrics", "dialect"),
    [
        ('http_requests_total{handler="/a",method="GET",status="2xx"} 1\n', "fastapi-instrumentator"),
        ('starlette_requests_total{path="/a",method="GET",status_code="200"} 1\n', "starlette-exporter"),
        ("process_cpu_seconds_total 1\n", None),
        ("", None),
    ],
)
def test_other_exporters_words_are_understood(metrics: str, dialect: str | None) -> None:
    assert seen_in(metrics).dialect == dialect


@pytest.mark.parametrize("dialect", [name for name, each in DIALECTS.items() if each.duration])
@pytest.mark.parametrize("service", ["shop", 'my "own" shop\'s', "shöp: #1"])
def test_the_file_can_be_read_and_rendered_in_every_dialect(service: str, dialect: str) -> None:
    file = read_text(budget_file(service, URL, Seen(service, dialect, ENDPOINTS)))

    assert file.service.name == service
    assert [endpoint.route for endpoint in file.service.endpoints] == [route for _, route in ENDPOINTS]
    assert {"HighLatency", "HighErrorRate", "ServiceDown", "ErrorBudgetBurn"} == {each.name for each in alerts_of(file)}
    assert render(file, places_in(Path()), set(Kind) - {Kind.DASHBOARDS}).artefacts


def test_without_metrics_there_are_budgets_for_load_tests_and_no_alerts() -> None:
    file = read_text(budget_file("shop", URL, Seen(None, None, ())))

    assert file.watch is None
    assert alerts_of(file) == ()
    assert [budget.name for budget in file.budgets] == ["latency", "errors"]


def test_the_flow_asks_for_every_page_and_for_the_root_where_nothing_is_known() -> None:
    seen = Seen("shop", "plimsoll", ENDPOINTS)
    several, none = flow("shop", seen), flow('"""', Seen(None, None, ()))

    assert '"/orders (GET)": "/orders"' in several
    assert '"/orders/{number}": "/orders/{number}"' in several
    assert "POST" not in several
    assert '"/": "/"' in none
    assert [len(ast.parse(text).body) for text in (several, none)] == [5, 5]


def test_what_has_to_be_filled_in_is_known() -> None:
    assert with_gaps(Seen("shop", "plimsoll", ENDPOINTS)) == ("/orders/{number}",)


def test_it_is_yaml_that_people_would_write() -> None:
    text = budget_file("shop", URL, seen_in(METRICS))

    assert yaml.safe_load(text)["watch"]["sources"]["http"] == 'job="shop"'
    assert """http: 'job="shop"'""" in text
