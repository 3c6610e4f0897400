"""What the gate says of budgets and regression together, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from plimsoll.compare.account import markdown, plain, text
from plimsoll.compare.figures import Figure
from plimsoll.compare.gate import GateVerdict, gate
from plimsoll.compare.paired import Comparison, Design, Ruling, decide
from plimsoll.measure.run import Judged, Run

CROSSED = Judged("http_req_duration", "p(95)<500", holds=False, actual=612.5)
KEPT = Judged("checks", "rate>0.9", holds=True, actual=1.0)
P50 = Figure("http_req_latency", "p50")


def ruled(ruling: Ruling) -> Comparison:
    return Comparison(ruling, (), reasons=(f"it is {ruling}",))


@pytest.mark.parametrize(
    ("thresholds", "ruling", "verdict"),
    [
        ((KEPT,), None, GateVerdict.PASS),
        ((KEPT,), Ruling.NOT_REGRESSED, GateVerdict.PASS),
        ((CROSSED,), Ruling.NOT_REGRESSED, GateVerdict.FAIL),
        ((CROSSED,), Ruling.REGRESSED, GateVerdict.REGRESSED),
        ((KEPT,), Ruling.UNDECIDED, GateVerdict.UNDECIDED),
        ((CROSSED,), Ruling.UNDECIDED, GateVerdict.FAIL),
        ((CROSSED,), Ruling.INVALID, GateVerdict.INVALID),
    ],
)
def test_the_gravest_holds(
    thresholds: tuple[Judged, ...], ruling: Ruling | None, verdict: GateVerdict, a_run: Callable[..., Run]
) -> None:
    comparison = None if ruling is None else ruled(ruling)

    assert gate(a_run(thresholds=thresholds), comparison).verdict is verdict


def test_an_invalid_run_is_neither_green_nor_red(a_run: Callable[..., Run]) -> None:
    assert gate(a_run(thresholds=(CROSSED,), reasons=("starts were late",)), None).verdict is GateVerdict.INVALID


def test_the_comment_says_why_and_by_how_much(a_run: Callable[..., Run]) -> None:
    ratios = [0.1 + 0.001 * number for number in range(12)]
    comparison = decide({P50: ratios}, Design(figures=(P50,)), noise={P50: [0.001, -0.001] * 4})

    text = markdown(gate(a_run(thresholds=(CROSSED, KEPT)), comparison))

    assert text.startswith("### ❌ Performance gate: REGRESSED\n")
    assert "| `http_req_duration: p(95)<500` | **no** | 612.5 |" in text
    assert "| `http_req_latency p50` | +11.1% |" in text


def test_no_name_breaks_the_table(a_run: Callable[..., Run]) -> None:
    hostile = Judged("http_req_duration{name:a|b`<b>\n}", "p(95)<500", holds=False, actual=1.0)

    text = markdown(gate(a_run(thresholds=(hostile,)), None))

    assert "- http_req_duration{name:a\\|b`&lt;b> }" in text
    assert "| `http_req_duration{name:a\\|b'<b> }: p(95)<500` | **no** | 1 |" in text


def test_programs_read_the_same(a_run: Callable[..., Run]) -> None:
    comparison = decide({P50: [0.1] * 3}, Design(figures=(P50,)))

    said = json.loads(json.dumps(plain(gate(a_run(), comparison)), allow_nan=False))

    assert said["verdict"] == "UNDECIDED"
    assert said["ratios"][0]["high"] is None


def test_a_budget_without_data_is_said(a_run: Callable[..., Run]) -> None:
    unjudged = Judged("http_req_duration{name:typo}", "p(95)<500", holds=None, actual=None)

    gated = gate(a_run(10, thresholds=(unjudged,)), None)

    assert gated.verdict is GateVerdict.PASS
    assert "nothing was recorded to judge it by" in gated.reasons[0]


def test_the_terminal_shows_budgets_ratios_reasons_and_the_verdict_last(a_run: Callable[..., Run]) -> None:
    comparison = decide({P50: [0.3] * 10}, Design(figures=(P50,)))

    said = text(gate(a_run(10, thresholds=(CROSSED, KEPT)), comparison)).splitlines()

    assert said[0] == "  ✗ http_req_duration: p(95)<500  612.5"
    assert said[1] == "  ✓ checks: rate>0.9  1"
    assert said[2].startswith("  http_req_latency p50  worse by  +35.0%")
    assert said[-1] == "  REGRESSED"


def test_too_few_pairs_are_said_as_such_and_not_as_infinity() -> None:
    gated = gate(None, decide({P50: [0.3] * 3}, Design(figures=(P50,))))

    assert gated.verdict is GateVerdict.UNDECIDED
    assert "too few" in gated.reasons[0]
    assert "too few pairs" in text(gated)
    assert "inf" not in text(gated) + markdown(gated)
