"""What `plimsoll slo` says of promises: how many are kept, and of each that cannot be judged, why."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from plimsoll.budget.asking.prometheus import Sample
from plimsoll.budget.asking.standing import states_of
from plimsoll.budget.file.reading import read_text
from plimsoll.cli.slo_tables import plain, shown

FILE: Final = read_text("""
service: {name: shop}
watch: {sources: {http: 'job="shop"', node: 'job="node"'}}
budgets:
  - {name: availability, indicator: availability, target: 99.9 %, window: 30d}
  - {name: errors, indicator: errors, target: 1 %}
  - {name: server errors, indicator: errors 5xx, target: 1 %, traffic: 1/s}
  - {name: cpu, indicator: cpu, target: 80 %}
  - {name: memory, indicator: memory, target: 80 %}
  - {name: disk, indicator: disk free, target: 10 %}
""")
QUIET: Final = [
    ("plimsoll:bound", "availability", 0.999),
    ("plimsoll:total:rate5m", "availability", 0.0),
    ("plimsoll:bound", "errors", 0.01),
    ("plimsoll:total:rate5m", "errors", 0.0),
    ("plimsoll:bound", "server errors", 0.01),
    ("plimsoll:total:rate5m", "server errors", 0.9),
    ("plimsoll:bound", "cpu", 0.8),
    ("plimsoll:value", "cpu", 0.1),
    ("plimsoll:bound", "memory", 0.8),
]
STATES: Final = states_of(FILE, [Sample({"__name__": name, "budget": budget}, value) for name, budget, value in QUIET])

YOUNG: Final = states_of(
    FILE,
    [
        Sample({"__name__": name, "budget": "availability"}, value)
        for name, value in (("plimsoll:bound", 0.999), ("plimsoll:remaining", 1.0))
    ],
)[0]


def test_the_sum_of_a_quiet_service_leaves_no_promise_out() -> None:
    assert "1 of 6 promises kept, 0 broken, 3 idle, 1 no data, 1 no rule.\n" in shown("shop", STATES)


def test_each_that_cannot_be_judged_is_named_with_the_reason() -> None:
    _, _, said = shown("shop", STATES).partition("no rule.\n")

    assert said.splitlines() == [
        "idle: availability - no traffic: nothing happened in 30 d.",
        "idle: errors - too little traffic: fewer than 1 a minute in 5 min, of which a share says nothing.",
        "idle: server errors - too little traffic: fewer than 1 a second in 5 min, of which a share says nothing.",
        "no data: memory - nothing is recorded: its source is not scraped, or it has not happened even once.",
        "no rule: disk - Prometheus has no rule of it: render the rules again, and have it reload them.",
    ]


def test_each_broken_promise_leads_to_the_words_of_the_alert_on_what_is_broken() -> None:
    file = read_text("""
service: {name: shop}
watch: {sources: {http: 'job="shop"'}}
budgets:
  - {name: availability, indicator: availability, target: 99.9 %, window: 30d}
  - {name: slow, indicator: latency p95, target: 1 s, window: 30d, alert: {name: HighLatency, for: 5m}}
  - {name: errors, indicator: errors, target: 1 %, alert: {name: HighErrorRate, for: 2m}}
  - {name: refusals, indicator: errors 4xx, target: 1 %}
""")
    recorded = [
        *(("plimsoll:bound", name, 1.0) for name in ("availability", "slow", "errors", "refusals")),
        *(("plimsoll:remaining", name, -1.0) for name in ("availability", "slow")),
        *(("plimsoll:value", name, 0.5) for name in ("errors", "refusals")),
    ]

    said = shown("shop", states_of(file, [Sample({"__name__": n, "budget": b}, value) for n, b, value in recorded]))

    assert [line for line in said.splitlines() if line.startswith("✗")] == [
        "✗ availability is exhausted - plimsoll slo explain ErrorBudgetBurn",
        "✗ slow is exhausted - plimsoll slo explain ErrorBudgetBurn",
        "✗ errors is crossed - plimsoll slo explain HighErrorRate",
        "✗ refusals is crossed",
    ]


def test_where_all_are_judged_nothing_is_added() -> None:
    assert shown("shop", [each for each in STATES if each.value is not None]).endswith(
        "1 of 1 promises kept, 0 broken."
    )


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (0, "30 d, of which a minute at most is known"),
        (7200, "30 d, of which 2 h are known"),
        (29 * 86_400, "30 d, of which 29 d are known"),
    ],
)
def test_an_error_budget_says_of_how_much_of_its_window_it_knows(known: float, said: str) -> None:
    found = shown("shop", [replace(YOUNG, known=known)])

    assert found.splitlines()[-1] == f"availability: {said}; an error budget begins when Prometheus has its rules."
    assert plain("shop", [replace(YOUNG, known=known)])["promises"][0]["known"] == known


@pytest.mark.parametrize("known", [None, 30 * 86_400 - 600])
def test_a_window_that_is_known_is_not_mentioned(known: float | None) -> None:
    assert shown("shop", [replace(YOUNG, known=known)]).endswith("1 of 1 promises kept, 0 broken.")


def test_programs_get_the_same_sums() -> None:
    found = plain("shop", STATES)

    assert (found["kept"], found["broken"], found["unjudged"]) == (1, 0, 5)
