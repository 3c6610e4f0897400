"""k6's summaries: each form read for what it means, with all its inversions.

The shapes are those of files that k6 0.49 to 1.6 wrote; the figures are made up.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from plimsoll.errors import InvalidInput
from plimsoll.measure.run import Run, Verdict
from plimsoll.measure.thresholds import thresholds_of
from plimsoll.report.files import Format, render
from plimsoll.report.findings import Findings
from plimsoll.report.k6_reading import read_k6
from plimsoll.report.reading import findings_of

TIMES = {"avg": 180.5, "min": 20.25, "med": 84.5, "max": 3000.5, "p(90)": 466.25, "p(95)": 693.5}
NOTHING = dict.fromkeys(TIMES, 0)


def check(name: str, path: str, passes: int, fails: int) -> dict[str, Any]:
    return {"name": name, "path": f"{path}::{name}", "id": "0", "passes": passes, "fails": fails}


EXPORT: dict[str, Any] = {  # --summary-export: flat, groups by name, thresholds true where crossed
    "root_group": {
        "name": "",
        "path": "",
        "id": "d41d8cd98f00b204e9800998ecf8427e",
        "groups": {
            "Claim": {
                "name": "Claim",
                "path": "::Claim",
                "id": "1",
                "groups": {},
                "checks": {"claimed": check("claimed", "::Claim", 90, 10)},
            }
        },
        "checks": {"up": check("up", "", 100, 0)},
    },
    "metrics": {
        "http_req_duration": TIMES | {"thresholds": {"p(95)<500": True, "avg<1000": False}},
        "http_req_duration{name:typo}": NOTHING | {"thresholds": {"p(95)<500": False}},
        "http_req_failed": {"passes": 40, "fails": 160, "value": 0.2, "thresholds": {"rate<0.05": True}},
        "http_req_failed{name:typo}": {"passes": 0, "fails": 0, "value": 0, "thresholds": {"rate<0.05": False}},
        "http_reqs": {"count": 200, "rate": 20, "thresholds": {"count>100": False}},
        "iterations": {"count": 100, "rate": 10},
        "checks": {"passes": 190, "fails": 10, "value": 0.95},
        "vus": {"value": 3, "min": 1, "max": 9},
        "vus_max": {"value": 9, "min": 9, "max": 9},
        "data_sent": {"count": 5000, "rate": 500},
        "basket": {"avg": 2, "min": 1, "med": 2, "max": 3, "p(90)": 3, "p(95)": 3, "count": 50},
    },
}
HANDLED: dict[str, Any] = {  # the data of handleSummary: values apart, groups in lists, thresholds ok where held
    "root_group": {
        "name": "",
        "path": "",
        "id": "d41d8cd98f00b204e9800998ecf8427e",
        "groups": [
            {
                "name": "Claim",
                "path": "::Claim",
                "id": "1",
                "groups": [],
                "checks": [check("claimed", "::Claim", 90, 10)],
            }
        ],
        "checks": [check("up", "", 100, 0)],
    },
    "options": {"summaryTrendStats": list(TIMES), "summaryTimeUnit": "", "noColor": False},
    "state": {"isStdOutTTY": False, "isStdErrTTY": False, "testRunDurationMs": 10000},
    "metrics": {
        "http_req_duration": {
            "type": "trend",
            "contains": "time",
            "values": TIMES,
            "thresholds": {"p(95)<500": {"ok": False}, "avg<1000": {"ok": True}},
        },
        "http_req_duration{name:typo}": {
            "type": "trend",
            "contains": "time",
            "values": NOTHING,
            "thresholds": {"p(95)<500": {"ok": True}},
        },
        "http_req_failed": {
            "type": "rate",
            "contains": "default",
            "values": {"rate": 0.2, "passes": 40, "fails": 160},
            "thresholds": {"rate<0.05": {"ok": False}},
        },
        "http_req_failed{name:typo}": {
            "type": "rate",
            "contains": "default",
            "values": {"rate": 0, "passes": 0, "fails": 0},
            "thresholds": {"rate<0.05": {"ok": True}},
        },
        "http_reqs": {
            "type": "counter",
            "contains": "default",
            "values": {"count": 200, "rate": 20},
            "thresholds": {"count>100": {"ok": True}},
        },
        "iterations": {"type": "counter", "contains": "default", "values": {"count": 100, "rate": 10}},
        "checks": {"type": "rate", "contains": "default", "values": {"rate": 0.95, "passes": 190, "fails": 10}},
        "vus": {"type": "gauge", "contains": "default", "values": {"value": 3, "min": 1, "max": 9}},
        "vus_max": {"type": "gauge", "contains": "default", "values": {"value": 9, "min": 9, "max": 9}},
        "data_sent": {"type": "counter", "contains": "data", "values": {"count": 5000, "rate": 500}},
        "basket": {
            "type": "trend",
            "contains": "default",
            "values": {"avg": 2, "min": 1, "med": 2, "max": 3, "p(90)": 3, "p(95)": 3, "count": 50},
        },
    },
}


def metric(name: str, kind: str, values: dict[str, float], contains: str = "default") -> dict[str, Any]:
    return {"name": name, "type": kind, "contains": contains, "values": values}


MACHINE: dict[str, Any] = {  # k6 1.5, --new-machine-readable-summary: no thresholds, no groups, matches of total
    "version": "1.0.0",
    "metadata": {"generatedAt": "2026-03-14T09:00:10.5Z", "k6Version": "1.5.0"},
    "config": {"execution": "local", "script": "load.js", "duration": 10},
    "results": {
        "metrics": [
            metric("http_req_duration", "trend", TIMES, "time"),
            metric("http_req_failed", "rate", {"rate": 0.2, "matches": 40, "total": 200}),
            metric("http_reqs", "counter", {"count": 200}),
            metric("vus", "gauge", {"value": 3, "min": 1, "max": 9}),
        ],
        "checks": {"metrics": [], "results": [{"name": "up", "passes": 100, "fails": 0}]},
    },
}


@pytest.fixture(params=["export", "handled"])
def found(request: pytest.FixtureRequest) -> Findings:
    return read_k6(json.dumps(EXPORT if request.param == "export" else HANDLED))


def test_both_forms_say_the_same() -> None:
    assert read_k6(json.dumps(EXPORT)) == read_k6(json.dumps(HANDLED).encode())


def test_a_threshold_is_crossed_where_k6_says_so(found: Findings) -> None:
    assert [(each.metric, each.condition, each.holds, each.actual) for each in found.thresholds] == [
        ("http_req_duration", "p(95)<500", False, 693.5),
        ("http_req_duration", "avg<1000", True, 180.5),
        ("http_req_duration{name:typo}", "p(95)<500", None, None),
        ("http_req_failed", "rate<0.05", False, 0.2),
        ("http_req_failed{name:typo}", "rate<0.05", None, None),
        ("http_reqs", "count>100", True, 200),
    ]
    assert found.verdict is Verdict.FAIL


def test_the_passes_of_failed_requests_are_failures(found: Findings) -> None:
    (failure,) = found.failures

    assert (failure.count, failure.share) == (40, 0.2)
    assert found.burn is not None
    assert found.burn.speed == pytest.approx(200)


def test_checks_are_found_in_their_groups(found: Findings) -> None:
    assert [(each.group, each.name, each.held, each.broken) for each in found.checks] == [
        ("", "up", 100, 0),
        ("::Claim", "claimed", 90, 10),
    ]


def test_the_length_of_the_run_is_said_or_follows_from_a_counter(found: Findings) -> None:
    assert found.lasted == timedelta(seconds=10)


def test_kinds_and_units_are_known_or_follow_from_the_figures(found: Findings) -> None:
    kinds = {each.selector: (each.metric.kind, each.metric.contains) for each in found.metrics}

    assert kinds["basket"] == ("trend", "default")
    assert kinds["http_req_duration"] == ("trend", "time")
    assert kinds["data_sent"] == ("counter", "data")
    assert kinds["checks"] == ("rate", "default")
    assert kinds["vus_max"] == ("gauge", "default")


def test_a_reader_is_told_what_k6_does_not_measure(found: Findings) -> None:
    assert any("not from when it was due" in each for each in found.warnings)


@pytest.mark.parametrize("form", list(Format))
def test_every_report_is_made_from_a_summary_of_k6(found: Findings, form: Format) -> None:
    text = render(found, form)

    assert "693.5" in text or form is Format.CSV


def test_the_machine_readable_form_is_read_and_says_that_it_holds_no_verdict() -> None:
    read = read_k6(json.dumps(MACHINE))

    assert read.figures("http_reqs") == {"count": 200, "rate": 20}
    assert read.figures("http_req_failed") == {"rate": 0.2, "passes": 40, "fails": 160}
    assert read.checks[0].held == 100
    assert read.environment == {"k6": "1.5.0", "script": "load.js"}
    assert read.started_at is not None
    assert read.started_at.isoformat() == "2026-03-14T09:00:00.500000+00:00"
    assert any("says nothing of thresholds" in each for each in read.warnings)


def test_thresholds_given_again_are_judged_by_the_figures_of_the_summary() -> None:
    wanted = thresholds_of({"http_req_duration": ["p(95)<500", "p(99)<900"], "http_req_failed": "rate<0.5"})
    read = read_k6(json.dumps(MACHINE), thresholds=wanted)

    assert [(each.holds, each.actual) for each in read.thresholds] == [(False, 693.5), (None, None), (True, 0.2)]
    assert read.verdict is Verdict.FAIL
    assert not any("says nothing of thresholds" in each for each in read.warnings)


def test_endpoints_are_those_that_thresholds_asked_for() -> None:
    part = "{name:create,method:POST}"
    plain = HANDLED | {
        "metrics": {
            f"http_req_duration{part}": metric("", "trend", TIMES | {"p(99)": 900}, "time"),
            f"http_req_failed{part}": metric("", "rate", {"rate": 0.1, "passes": 5, "fails": 45}),
            f"http_reqs{part}": metric("", "counter", {"count": 50, "rate": 5}),
        }
    }
    (endpoint,) = read_k6(json.dumps(plain)).endpoints

    assert (endpoint.method, endpoint.name, endpoint.requests, endpoint.rate, endpoint.failed) == (
        "POST",
        "create",
        50,
        5,
        5,
    )
    assert endpoint.service == (84.5, 693.5, 900)


def test_a_rate_without_its_counts_still_counts() -> None:
    plain = {"metrics": {"http_reqs": {"count": 200, "rate": 20}, "http_req_failed": {"value": 0.2}}}
    read = read_k6(json.dumps(plain))

    assert (read.failures[0].count, read.lasted) == (40, timedelta(seconds=10))


def test_what_plimsoll_writes_as_k6_it_reads_as_it_was(frozen: Run, invalid: Run) -> None:
    for run in (frozen, invalid):
        ours = findings_of(run)
        read = read_k6(render(ours, Format.SUMMARY), name=ours.name)

        assert (read.verdict, read.reasons, read.partial) == (ours.verdict, ours.reasons, ours.partial)
        assert read.metrics == tuple(sorted(ours.metrics, key=lambda each: each.selector))
        assert [(each.group, each.name, each.held) for each in read.checks] == [
            (each.group, each.name, each.held) for each in ours.checks
        ]
        assert {(each.condition, each.holds) for each in ours.thresholds if each.holds is not None} == {
            (each.condition, each.holds) for each in read.thresholds
        }


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", "null", '{"metrics": 5}', '{"metrics": {"m": 5}}', '{"metrics": {"m": {"values": 5}}}',
        '{"metrics": {"m": {"type": "heap", "values": {}}}}', '{"metrics": {"m{": {"count": 1, "rate": 1}}}',
        '{"metrics": {"m": {"avg": 1, "thresholds": {"avg<5": 1}}}}',
        '{"metrics": {"m": {"avg": 1, "thresholds": {"nonsense": true}}}}',
        '{"metrics": {}, "root_group": {"checks": [{}]}}', '{"version": "1.0.0", "results": {}}', "\x00",
    ],
)  # fmt: skip
def test_what_is_no_summary_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^(old\.json|thresholds\.m\{|m): "):
        read_k6(text, name="old.json")
