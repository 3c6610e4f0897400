"""`plimsoll slo explain`: an alert in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plimsoll.cli.exit_codes import ExitCode

SHOP = Path(__file__).parents[1] / "budget/golden/shop/plimsoll.yaml"


def test_it_says_what_it_means_when_it_is_raised_and_what_to_do_first(typed: Any) -> None:
    done = typed("slo", "explain", "HighLatency", SHOP)

    assert done.code == 0, done.err
    assert done.out.startswith("HighLatency of shop: warning\n")
    assert "More than 5 % of customers wait for longer than 500 ms." in done.out
    assert "warning: latency p95 is above 500 ms for 5 min" in done.out
    assert "1. See which route it is." in done.out


def test_each_size_of_outage_has_its_time_and_its_cost(typed: Any) -> None:
    out = typed("slo", "explain", "ErrorBudgetBurn", SHOP).out

    rows = {line.split("%")[0].strip(): line.split() for line in out.splitlines() if line.count("%") or "never" in line}
    assert " ".join(rows["100"]) == "100 % 45 min 42 s 3 h 38 min 2.12 % 1 d 12 h"
    assert " ".join(rows["0.1"]) == "0.1 % never never - never"


def test_what_counts_no_events_is_told_by_the_time_it_takes(typed: Any) -> None:
    out = " ".join(typed("slo", "explain", "HighCPU", SHOP).out.split())

    assert "it is raised 15 min after the bound is crossed, at the latest" in out


def test_the_query_is_shown_when_asked_for(typed: Any) -> None:
    assert (
        'plimsoll:value{service="shop",budget="cpu"} > 0.85' in typed("slo", "explain", "HighCPU", SHOP, "--query").out
    )


def test_an_alert_that_is_not_known_is_refused_with_the_nearest(typed: Any) -> None:
    done = typed("slo", "explain", "HighLatancy", SHOP)

    assert done.code == ExitCode.INVALID_INPUT
    assert "did you mean 'HighLatency'?" in done.err


def test_without_a_word_the_state_is_meant_and_needs_to_know_where_prometheus_is(typed: Any, monkeypatch: Any) -> None:
    monkeypatch.delenv("PROMETHEUS_URL", raising=False)

    done = typed("slo", SHOP)

    assert done.code == ExitCode.USAGE
    assert "--prometheus" in done.err
