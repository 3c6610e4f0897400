"""What may be typed behind `plimsoll slo`: a file, an address, both or neither; and what programs get of an alert."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plimsoll.cli.exit_codes import ExitCode

SHOP = Path(__file__).parents[1] / "budget/golden/shop/plimsoll.yaml"
NOWHERE = "http://127.0.0.1:9"
ELSEWHERE = "http://127.0.0.1:10"


@pytest.fixture(autouse=True)
def _no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_URL", raising=False)


@pytest.mark.network
@pytest.mark.parametrize("words", [(NOWHERE, SHOP), (SHOP, NOWHERE), (SHOP, "--prometheus", NOWHERE)])
def test_an_address_is_taken_for_one_wherever_it_stands(typed: Any, words: tuple[object, ...]) -> None:
    done = typed("slo", *words)

    assert done.code == ExitCode.TARGET_FAILED, done.err
    assert f"no Prometheus answers at {NOWHERE}" in done.err


def test_an_address_alone_means_the_file_of_this_folder(
    typed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    done = typed("slo", NOWHERE)

    assert done.code == ExitCode.INVALID_INPUT
    assert done.err.startswith("plimsoll.yaml: it cannot be read")


@pytest.mark.network
def test_an_address_that_is_typed_goes_before_that_of_the_environment(
    typed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_URL", ELSEWHERE)

    assert f"answers at {NOWHERE}" in typed("slo", SHOP, NOWHERE).err
    assert f"answers at {ELSEWHERE}" in typed("slo", SHOP).err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((SHOP,), "plimsoll slo http://127.0.0.1:9090, --prometheus URL, or $PROMETHEUS_URL"),
        ((NOWHERE, "--prometheus", ELSEWHERE), "one Prometheus is asked"),
        ((NOWHERE, "a.yaml", "b.yaml"), "one budget file is read, and these are several: a.yaml, b.yaml"),
    ],
)
def test_no_address_and_several_of_a_kind_are_refused_with_what_is_right(
    typed: Any, words: tuple[object, ...], said: str
) -> None:
    done = typed("slo", *words)

    assert done.code == ExitCode.USAGE
    assert said in done.err


def test_programs_get_an_alert_in_plain_values(typed: Any) -> None:
    found = json.loads(typed("slo", "explain", "ErrorBudgetBurn", SHOP, "--json").out)

    assert (found["alert"], found["service"], found["severities"]) == (
        "ErrorBudgetBurn",
        "shop",
        ["critical", "warning"],
    )
    case = found["budgets"][0]
    assert all({"severity", "query"} == each.keys() for each in case["queries"])
    assert [each["bad"] for each in case["outages"]] == [0.001, 0.01, 0.1, 1.0]
    assert case["outages"][0]["critical_after"] is None
    assert case["outages"][-1]["critical_after"] == pytest.approx(45 * 60 + 42, abs=1)
