"""Numbers and names as people read them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.measure.run import Judged, Run
from plimsoll.report import words
from plimsoll.report.html import html_page
from plimsoll.report.markdown import markdown
from plimsoll.report.reading import findings_of
from plimsoll.report.terminal import end_summary


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0s"), (0.000158, "158ns"), (0.05654, "56.54µs"), (43.53, "43.53ms"), (109.76, "109.8ms"),
        (999.96, "1,000ms"), (1260, "1.26s"), (59_900, "59.9s"), (123_000, "2m3s"), (3_600_000, "1h"),
    ],
)  # fmt: skip
def test_a_time_is_said_in_the_unit_that_suits_it(value: float, text: str) -> None:
    assert words.milliseconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 B"), (999, "999 B"), (384e6, "384 MB"), (2.4e3, "2.4 kB"), (5e15, "5,000 TB")]
)
def test_data_are_said_in_the_unit_that_suits_them(value: float, text: str) -> None:
    assert words.data(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.00%"), (1, "100.00%"), (0.01, "1.00%"), (0.00001, "<0.01%"), (0.999999, ">99.99%"), (0.5, "50.00%")],
)
def test_a_small_share_is_never_shown_as_none_nor_a_large_one_as_all(value: float, text: str) -> None:
    assert words.share(value) == text


@given(st.text())
def test_a_cleaned_name_moves_no_cursor_and_breaks_no_line(text: str) -> None:
    cleaned = words.clean(text)

    assert cleaned.isprintable()
    assert len(cleaned) == len(text)


@pytest.mark.parametrize(
    ("judged", "text"),
    [
        (Judged("http_req_duration{a:b}", "p(95)<500 in every 30s", True, 12.5), "p(95)=12.5ms"),
        (Judged("http_req_failed", "rate<0.01", True, 0.005), "rate=0.50%"),
        (Judged("http_reqs", "rate>5", True, 5.5), "rate=5.5/s"),
        (Judged("data_sent", "count<5", False, 5e6), "count=5 MB"),
        (Judged("basket", "avg<5", False, 5.25), "avg=5.25"),
        (Judged("basket", "avg<5", None, None), "no data"),
    ],
)
def test_what_a_threshold_was_judged_by_is_said_with_its_unit(judged: Judged, text: str) -> None:
    assert words.actual(judged) == text


def test_each_verdict_is_a_sentence(good: Run, frozen: Run, invalid: Run) -> None:
    said = [words.verdict(findings_of(each)) for each in (good, frozen, invalid)]

    assert said == [
        "7 of 8 thresholds held; 1 could not be judged, for nothing was recorded.",
        "1 of 8 thresholds was crossed.",
        "This run says nothing about the service: the load generator itself was the bottleneck.",
    ]


def test_a_run_that_was_shortened_says_so_in_every_report(good: Run) -> None:
    short, whole = (findings_of(replace(good, time_scale=scale)) for scale in (10.0, 1.0))

    for said in (words.shortened, end_summary, markdown, html_page):
        assert "durations were divided by 10" in " ".join(said(short).split())
        assert "divided by" not in said(whole)


def test_what_was_burned_is_a_sentence(frozen: Run) -> None:
    assert words.burned(findings_of(frozen)).startswith(
        "Of a month's error budget at 99.9 % this run would have burned 0.02% in 1m: 9.6 times as fast"
    )
