"""Each form of report: what it holds, that its readers can read it, and that no name breaks out of it."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from prometheus_client.parser import text_string_to_metric_families

from plimsoll.errors import InvalidInput
from plimsoll.measure import names
from plimsoll.measure.recording import Recording, tags
from plimsoll.measure.run import Run
from plimsoll.measure.tallies import Counter, Rate, Trend
from plimsoll.report.exposition import SERIES, exposition
from plimsoll.report.files import Format, render, write_reports
from plimsoll.report.reading import findings_of
from plimsoll.report.terminal import end_summary


def test_the_summary_is_what_k6_gives_to_handle_summary(frozen: Run) -> None:
    plain = json.loads(render(findings_of(frozen), Format.SUMMARY))

    assert plain["metrics"]["http_req_duration"]["type"] == "trend"
    assert plain["metrics"]["http_req_duration"]["contains"] == "time"
    assert {"avg", "min", "med", "max", "p(90)", "p(95)"} <= plain["metrics"]["http_req_duration"]["values"].keys()
    held = plain["metrics"]["http_req_duration"]["thresholds"]
    assert held == {
        "p(95)<500": {"ok": True},
        "p(99)<1000": {"ok": True},
    }
    assert plain["metrics"]["http_req_latency"]["thresholds"] == {"p(99)<1000 in every 10s": {"ok": False}}
    assert plain["metrics"]["http_reqs"]["values"]["count"] == 10_317
    assert plain["metrics"]["data_sent"]["contains"] == "data"
    assert plain["state"]["testRunDurationMs"] == 60_000


def test_the_summary_holds_checks_in_their_groups(frozen: Run) -> None:
    root = json.loads(render(findings_of(frozen), Format.SUMMARY))["root_group"]

    assert (root["name"], root["path"], root["id"]) == ("", "", "d41d8cd98f00b204e9800998ecf8427e")
    assert [each["name"] for each in root["checks"]] == ["body is JSON"]
    (group,) = root["groups"]
    assert (group["name"], group["path"]) == ("checkout", "::checkout")
    (check,) = group["checks"]
    assert (check["path"], check["passes"] + check["fails"]) == ("::checkout::status is 200", 10_317)


def cases(found: str) -> dict[tuple[str, str], str | None]:
    root = ET.fromstring(found)  # noqa: S314 - written by ourselves a moment ago
    return {
        (case.get("classname", ""), case.get("name", "")): next((child.tag for child in case), None)
        for case in root.iter("testcase")
    }


def test_junit_has_a_case_for_each_threshold_and_check(frozen: Run) -> None:
    found = cases(render(findings_of(frozen), Format.JUNIT))

    assert found[("validity", "the load generator kept up")] is None
    assert found[("http_req_duration", "p(95)<500")] is None
    assert found[("http_req_latency", "p(99)<1000 in every 10s")] == "failure"
    assert found[("http_req_duration{name:nobody}", "p(95)<500")] == "skipped"
    assert found[("checks", "body is JSON")] is None
    assert found[("checks::checkout", "status is 200")] == "skipped"


def test_junit_calls_an_invalid_run_an_error_and_counts_what_it_holds(invalid: Run) -> None:
    text = render(findings_of(invalid), Format.JUNIT)
    suites = {each.get("name"): each for each in ET.fromstring(text).iter("testsuite")}  # noqa: S314 - our own

    assert cases(text)[("validity", "the load generator kept up")] == "error"
    assert suites["validity"].get("errors") == "1"
    assert (suites["thresholds"].get("tests"), suites["thresholds"].get("skipped")) == ("8", "1")


def test_csv_has_a_line_for_each_stretch(frozen: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(render(findings_of(frozen), Format.CSV))))

    assert len(rows) == 60
    assert sum(float(row["requests_per_s"]) for row in rows) == pytest.approx(10_317)
    assert [float(rows[0]["planned_iterations_per_s"]), float(rows[30]["planned_iterations_per_s"])] == [53.75, 200]
    assert float(rows[30]["latency_max_ms"]) > 1500


def test_markdown_says_the_verdict_first_and_has_a_row_for_each_threshold(frozen: Run) -> None:
    text = render(findings_of(frozen), Format.MARKDOWN)

    assert text.startswith("## ❌ FAIL: mixed operations\n\n1 of 8 thresholds was crossed.")
    assert text.count("| ✓ |") == 6
    assert r"| ✗ | http\_req\_latency | p\(99\)\<1000 in every 10s | p\(99\)=1.72s |" in text


def test_markdown_lets_no_name_be_markup_or_mention_anybody(hostile: Run) -> None:
    text = render(findings_of(hostile), Format.MARKDOWN)

    assert re.search(r"(?<!\\)[<>`\[]", text) is None
    assert "@team" not in text
    assert all(line.count(" | ") < 8 for line in text.splitlines())
    assert "\x1b" not in text


@pytest.mark.parametrize("form", list(Format))
def test_every_form_bears_ten_thousand_endpoints_and_hostile_names(hostile: Run, form: Format) -> None:
    text = render(findings_of(hostile), form)

    assert len(text) < 300_000
    assert "\x1b" not in text
    assert "<script>alert" not in text or form is Format.SUMMARY
    if form is Format.JUNIT:
        assert len(cases(text)) == 4
    if form is Format.SUMMARY:
        assert json.loads(text)["plimsoll"]["verdict"] == "INVALID"


def test_the_end_summary_has_what_users_of_k6_look_for(frozen: Run) -> None:
    text = end_summary(findings_of(frozen), width=160)

    assert "✓ 'p(95)<500' p(95)=" in text
    assert re.search(r"http_reqs\.+: 10,317 +171\.9/s", text)
    assert re.search(r"http_req_latency\.+: avg=.*p\(95\)=.*\n      from when it was due\n +http_req_duration", text)
    assert "    ✗ checkout / status is 200\n      ↳ 99.04% — ✓ 10,218 / ✗ 99" in text
    assert "503 Service Unavailable" in text
    assert text.rstrip().endswith("FAIL  1 of 8 thresholds was crossed.")


def test_the_end_summary_says_why_a_run_is_invalid_and_partial(invalid: Run) -> None:
    text = end_summary(findings_of(invalid))

    assert "! Partial: it ended early (interrupted)." in text
    assert text.rstrip().endswith("- 2.1 % of the arrivals started more than 50 ms late: the generator ran out of CPU.")


@pytest.mark.parametrize("width", [40, 80, 100, 200])
def test_the_end_summary_is_no_wider_than_its_terminal(frozen: Run, width: int) -> None:
    assert max(map(len, end_summary(findings_of(frozen), width=width).splitlines())) <= width


def test_colours_are_for_terminals_and_never_a_name_s_own(hostile: Run) -> None:
    found = findings_of(hostile)

    assert "\x1b" not in end_summary(found)
    ours = {f"\x1b[{number}m" for number in (0, 1, 2, 31, 32, 33)}
    assert set(re.findall(r"\x1b\[[\d;]*m", end_summary(found, colour=True))) <= ours


def samples(text: str) -> dict[str, float]:
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_prometheus_reads_what_is_exposed() -> None:
    recording = Recording()
    for value in (4, 40, 400, 4000):
        trend = recording.tally(names.HTTP_REQ_DURATION, tags(name='a"b\n\\'))
        assert isinstance(trend, Trend)
        trend.add(value)
        rate = recording.tally(names.HTTP_REQ_FAILED)
        assert isinstance(rate, Rate)
        rate.add(hit=value > 1000)
        counter = recording.tally(names.DATA_SENT)
        assert isinstance(counter, Counter)
        counter.add(value)
    found = samples(exposition(recording, timedelta(seconds=4)))
    name = ("name", 'a"b\n\\')

    assert found["plimsoll_elapsed_seconds[]"] == 4
    assert found[f"plimsoll_http_req_duration_seconds_bucket{[('le', '0.05'), name]}"] == 2
    assert found[f"plimsoll_http_req_duration_seconds_bucket{[('le', '+Inf'), name]}"] == 4
    assert found[f"plimsoll_http_req_duration_seconds_sum{[name]}"] == pytest.approx(4.444)
    assert found["plimsoll_http_req_failed_total[('value', 'true')]"] == 1
    assert found["plimsoll_data_sent_bytes_total[]"] == 4444


def test_what_is_exposed_of_a_run_is_whole(frozen: Run) -> None:
    found = samples(exposition(frozen.recording, frozen.lasted))
    requests = [value for name, value in found.items() if name.startswith("plimsoll_http_reqs_total")]

    assert sum(requests) == 10_317


def test_ten_thousand_endpoints_are_exposed_as_a_thousand_and_the_rest_as_one(hostile: Run) -> None:
    found = samples(exposition(hostile.recording, hostile.lasted))
    requests = {name: value for name, value in found.items() if name.startswith("plimsoll_http_reqs_total")}

    assert len(requests) == SERIES + 1
    assert sum(requests.values()) == 10_000


def test_reports_are_written_whole_or_not_at_all_and_the_others_all_the_same(good: Run, tmp_path: Path) -> None:
    wanted = {Format.HTML: tmp_path / "no" / "a.html", Format.CSV: tmp_path / "a.csv", Format.JUNIT: tmp_path / "a.xml"}

    with pytest.raises(InvalidInput, match=r"--html: .*a\.html cannot be written: No such file"):
        write_reports(findings_of(good), wanted)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.csv", "a.xml"]
