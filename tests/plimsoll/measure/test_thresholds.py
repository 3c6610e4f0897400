"""Thresholds on a run: as k6 judges them, and per stage and per window besides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.errors import InvalidInput
from plimsoll.measure import names
from plimsoll.measure.recording import Kind, Metric, Recording, tags
from plimsoll.measure.run import Judged
from plimsoll.measure.tallies import Counter, Rate, Trend
from plimsoll.measure.thresholds import Judge, judge, scaled, threshold_in_words, thresholds_of

DURATION = names.HTTP_REQ_DURATION


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def recorded(*values: float, metric: Metric = DURATION, **named: str) -> Recording:
    recording = Recording()
    for value in values:
        match recording.tally(metric, tags(**named)):
            case Trend() as trend:
                trend.add(value)
            case Counter() as counter:
                counter.add(value)
            case Rate() as rate:
                rate.add(hit=bool(value))
            case other:
                raise AssertionError(other)
    return recording


def both(*recordings: Recording) -> Recording:
    whole = Recording()
    for each in recordings:
        whole.merge(each)
    return whole


def test_a_threshold_holds_or_is_crossed_and_says_by_what_figure() -> None:
    found = judge(
        thresholds_of({"http_req_duration": ["max<500", "max<50"]}), recorded(100, metric=DURATION), seconds(1)
    )

    assert found == (
        Judged("http_req_duration", "max<500", True, 100),
        Judged("http_req_duration", "max<50", False, 100),
    )


def test_a_sub_metric_is_judged_by_the_series_that_have_its_tags() -> None:
    recording = both(
        recorded(10, name="create", status="201"), recorded(900, name="create", status="500"), recorded(50, name="read")
    )
    plain = {"http_req_duration{name:create,status:201}": "max<500", "http_req_duration{name:create}": "max<500"}

    assert [each.holds for each in judge(thresholds_of(plain), recording, seconds(1))] == [True, False]


def test_a_stage_is_judged_as_any_tag() -> None:
    recording = both(recorded(10, stage="1"), recorded(900, stage="2"))
    plain = {"http_req_duration{stage:1}": "max<500", "http_req_duration{stage:2}": "max<500"}

    assert [each.holds for each in judge(thresholds_of(plain), recording, seconds(1))] == [True, False]


def test_a_counter_s_rate_is_a_second_of_the_run() -> None:
    (found,) = judge(thresholds_of({"http_reqs": "rate>=10"}), recorded(*[1] * 50, metric=names.HTTP_REQS), seconds(5))

    assert (found.holds, found.actual) == (True, 10)


def test_where_nothing_was_recorded_nothing_is_said_for_or_against() -> None:
    plain = {"http_req_duration{name:typo}": "p(95)<500", "http_req_failed": "rate<0.01"}

    assert [each.holds for each in judge(thresholds_of(plain), Recording(), seconds(1))] == [None, None]


def test_a_counter_that_never_counted_reads_nothing_and_is_judged() -> None:
    plain = {"dropped_iterations": "count<1", "http_reqs": "count>0", "http_reqs{status:500}": "count==0"}
    found = judge(thresholds_of(plain), Recording(), seconds(1))

    assert [(each.holds, each.actual) for each in found] == [(True, 0), (False, 0), (True, 0)]


def test_a_metric_of_the_user_is_judged_as_any() -> None:
    mine = Metric("basket_value", Kind.TREND)

    assert judge(thresholds_of({"basket_value": "avg>5"}), recorded(4, 8, metric=mine), seconds(1))[0].holds is True


def test_thresholds_are_read_as_k6_s_options_hold_them() -> None:
    plain: dict[str, Any] = {
        "http_req_failed": ["rate<0.01", {"threshold": "rate<0.1", "abortOnFail": True, "delayAbortEval": "10s"}],
        "http_req_duration": "p(95)<200",
        "checks": {"threshold": "rate>0.9", "window": "1m30s"},
    }
    found = thresholds_of(plain)

    assert [(each.metric, each.words, each.abort_on_fail, each.delay_abort) for each in found] == [
        ("http_req_failed", "rate<0.01", False, seconds(0)),
        ("http_req_failed", "rate<0.1", True, seconds(10)),
        ("http_req_duration", "p(95)<200", False, seconds(0)),
        ("checks", "rate>0.9 in every 1m30s", False, seconds(0)),
    ]


@pytest.mark.parametrize(
    ("plain", "why"),
    [
        ({"http_req_duration": [5]}, "5 is no threshold"),
        ({"http_req_duration": {"threshold": "max<5", "abortonfail": True}}, "is no threshold"),
        ({"http_req_duration": {"abortOnFail": True}}, "is no threshold"),
        ({"http_req_duration": {"threshold": "max<5", "window": 30}}, "30 is no length of time"),
        ({"http_req_duration": {"threshold": "max<5", "window": "100ms"}}, "shorter than a second"),
        ({"http_req_duration": {"threshold": "max<5", "delayAbortEval": "soon"}}, "'soon' is no length of time"),
        ({"http_req_duration": {"threshold": "max<5", "abortOnFail": "yes"}}, "'yes' is neither true nor false"),
        ({"http_reqs": "p(95)<5"}, r"http_reqs is a counter and has no p\(95\)"),
    ],
)
def test_what_is_no_threshold_is_refused(plain: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        thresholds_of(plain)


def test_a_metric_that_nothing_records_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidInput, match=r"no metric 'http_req_duratoin'; did you mean http_req_duration\?"):
        thresholds_of({"http_req_duratoin": "p(95)<5"}, known=names.BUILT_IN)


@pytest.mark.parametrize(
    ("text", "metric", "condition"),
    [
        ("http_req_duration:p(95)<500", "http_req_duration", "p(95)<500"),
        ("http_req_duration{name:create}:p(95)<500", "http_req_duration{name:create}", "p(95)<500"),
        ("http_reqs : rate > 5", "http_reqs", "rate > 5"),
    ],
)
def test_the_command_line_says_it_in_one_word(text: str, metric: str, condition: str) -> None:
    found = threshold_in_words(text)

    assert (found.metric, found.condition) == (metric, condition)


@pytest.mark.parametrize("text", ["", "http_req_duration", "p(95)<500", "http_req_duration{name:create}"])
def test_the_command_line_is_told_what_is_missing(text: str) -> None:
    with pytest.raises(InvalidInput):
        threshold_in_words(text)


def test_a_crossed_threshold_ends_the_run_where_it_was_asked_to_and_not_before_its_delay() -> None:
    plain = {"http_req_duration": ["max<50", {"threshold": "max<80", "abortOnFail": True, "delayAbortEval": "10s"}]}
    watching, recording = Judge(thresholds_of(plain)), recorded(100)

    assert watching.aborting(recording, seconds(9)) is None
    assert watching.aborting(recording, seconds(10)) == Judged("http_req_duration", "max<80", False, 100, aborted=True)
    assert [each.aborted for each in watching.judge(recording, seconds(10))] == [False, True]


def test_a_run_goes_on_while_all_that_could_end_it_hold() -> None:
    plain = {"http_req_duration": {"threshold": "max<500", "abortOnFail": True}}

    assert Judge(thresholds_of(plain)).aborting(recorded(100), seconds(60)) is None


def fed(plain: dict[str, Any], parts: list[Recording]) -> Judged:
    watching, whole = Judge(thresholds_of(plain)), Recording()
    for number, part in enumerate(parts, 1):
        watching.feed(part, seconds(number))
        whole.merge(part)
    return watching.judge(whole, seconds(len(parts)))[0]


def test_ten_bad_seconds_in_a_good_run_cross_a_window_though_not_the_whole() -> None:
    parts = [recorded(*[900 if 50 <= number < 60 else 10] * 10) for number in range(600)]

    assert fed({"http_req_duration": "p(95)<500"}, parts).holds is True
    found = fed({"http_req_duration": {"threshold": "p(95)<500", "window": "30s"}}, parts)
    assert found.holds is False
    assert found.actual == pytest.approx(900, rel=0.005)


def test_once_crossed_a_window_stays_crossed() -> None:
    parts = [recorded(900)] * 5 + [recorded(10)] * 50

    assert fed({"http_req_duration": {"threshold": "max<500", "window": "5s"}}, parts).holds is False


def test_a_rate_in_a_window_is_a_second_of_the_window() -> None:
    parts = [recorded(*[1] * 10, metric=names.HTTP_REQS)] * 30 + [Recording()] * 10 + [
        recorded(*[1] * 10, metric=names.HTTP_REQS)
    ] * 30  # fmt: skip
    found = fed({"http_reqs": {"threshold": "rate>5", "window": "10s"}}, parts)

    assert (found.holds, found.actual) == (False, 0)
    assert fed({"http_reqs": {"threshold": "rate>=5", "window": "20s"}}, parts).actual == pytest.approx(5)


def test_a_run_shorter_than_the_window_is_judged_as_one() -> None:
    parts = [recorded(10), recorded(900)]

    assert fed({"http_req_duration": {"threshold": "max<500", "window": "1m"}}, parts).holds is False


def test_a_window_in_which_nothing_was_recorded_says_nothing() -> None:
    found = fed({"http_req_duration": {"threshold": "max<500", "window": "5s"}}, [Recording()] * 30)

    assert (found.holds, found.actual) == (None, None)


def test_a_window_that_is_crossed_ends_the_run() -> None:
    plain = {"http_req_duration": {"threshold": "max<500", "window": "5s", "abortOnFail": True}}
    watching, whole = Judge(thresholds_of(plain)), Recording()
    ended = None
    for number in range(60):
        part = recorded(900 if number == 20 else 10)
        whole.merge(part)
        watching.feed(part, seconds(number + 1))
        if watching.aborting(whole, seconds(number + 1)):
            ended = number
            break

    assert ended == 20


def test_a_shortened_run_has_shorter_windows_and_delays_but_none_below_a_second() -> None:
    given = [
        {"threshold": "rate<1", "window": "30s", "delayAbortEval": "1m", "abortOnFail": True},
        {"threshold": "rate<2", "window": "5s"},
        "rate<3",
    ]
    long, short, plain = (scaled(each, 10) for each in thresholds_of({"http_req_failed": given}))

    assert (long.window, long.delay_abort) == (timedelta(seconds=3), timedelta(seconds=6))
    assert (short.window, plain.window) == (timedelta(seconds=1), None)
    assert long.words == "rate<1 in every 3s"


@given(st.lists(st.integers(min_value=0, max_value=20), min_size=12, max_size=60))
def test_a_window_says_what_looking_at_every_stretch_would(counts: list[int]) -> None:
    parts = [recorded(*[1] * count, metric=names.HTTP_REQS) for count in counts]
    worst = min(sum(counts[start : start + 10]) / 10 for start in range(len(counts) - 9))

    assert fed({"http_reqs": {"threshold": "rate>3", "window": "10s"}}, parts).actual == pytest.approx(worst)


def test_a_window_of_an_hour_holds_no_more_than_one_of_a_minute() -> None:
    plain = {"http_req_duration": {"threshold": "max<500", "window": "1h"}}
    watching, part = Judge(thresholds_of(plain)), recorded(10)
    for number in range(5000):
        watching.feed(part, seconds(number + 1))
    (window,) = watching._windows.values()

    assert len(window._parts) <= 61
    assert watching.judge(part, seconds(5000))[0].holds is True
