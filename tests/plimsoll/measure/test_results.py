"""Runs as JSON: exact there and back, and whatever is none is refused with a sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.errors import InvalidInput
from plimsoll.measure import names
from plimsoll.measure.recording import Kind, Metric, Recording, tags
from plimsoll.measure.results import decode_recording, decode_run, encode_recording, encode_run
from plimsoll.measure.run import OBJECTIVE, Judged, Run, Scenario, Verdict
from plimsoll.measure.tallies import Counter, Gauge, Rate, Trend
from plimsoll.measure.timeline import Timeline


def recording(values: list[int]) -> Recording:
    made = Recording()
    for value in values:
        match made.tally(names.HTTP_REQ_LATENCY, tags(name=f"é{value % 3}\x00<b>")):
            case Trend(histogram=histogram):
                histogram.record(value)
        match made.tally(Metric("mine", Kind.COUNTER)):
            case Counter() as counter:
                counter.add(value / 7)
        match made.tally(names.VUS):
            case Gauge() as gauge:
                gauge.set(float(value), at=value)
        match made.tally(names.CHECKS, tags(check="ok")):
            case Rate() as rate:
                rate.add(hit=value % 2 == 0)
    return made


def a_run(values: list[int]) -> Run:
    made, timeline = recording(values), Timeline()
    timeline.add(3, made)
    hour = timedelta(hours=1)
    return Run(
        name="run",
        started_at=datetime(2026, 3, 14, 9, tzinfo=UTC),
        lasted=timedelta(seconds=4.5),
        scenarios=(Scenario("s", "x", "much", True, hour, hour, ((hour, 1.5),), ((hour, 2.0),)),),
        recording=made,
        timeline=timeline,
        thresholds=(Judged("m", "p(95)<5", None, None), Judged("m", "max<5", False, 6.5, aborted=True)),
        reasons=("late",),
        partial="interrupted",
        shards=("1/2",),
        error_examples={"timeout": "10 s"},
    )


@given(st.lists(st.integers(min_value=0, max_value=2**60), max_size=20))
def test_a_run_comes_back_as_it_was(values: list[int]) -> None:
    run = a_run(values)

    assert decode_run(encode_run(run)) == run


@given(st.lists(st.integers(min_value=0, max_value=2**60), max_size=20))
def test_a_recording_comes_back_as_it_was(values: list[int]) -> None:
    made = recording(values)

    assert decode_recording(encode_recording(made)) == made


def test_a_run_is_one_line() -> None:
    assert encode_run(a_run([1, 2])).count(b"\n") == 1


@pytest.mark.parametrize(
    "text",
    [b"", b"null", b"[]", b"{}", b"{", b"\xff", b'{"metrics": []}', b'{"metrics":[],"series":[["a",[],{}]]}'],
)
def test_what_is_no_recording_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        decode_recording(text)


@pytest.mark.parametrize("text", [b"", b"[]", b'{"plimsoll": 1}', b'{"plimsoll": 1, "run": []}', b'{"root_group": {}}'])
def test_what_is_no_run_is_refused_by_its_name(text: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"^old\.json: "):
        decode_run(text, where="old.json")


def test_a_run_of_a_version_to_come_is_refused_with_what_to_do() -> None:
    plain = msgspec.json.decode(encode_run(a_run([]))) | {"plimsoll": 2}

    with pytest.raises(InvalidInput, match="version 2; 1 is known; use the Plimsoll it came from"):
        decode_run(msgspec.json.encode(plain))


def test_a_run_that_was_kept_before_a_fact_was_known_is_read_without_it() -> None:
    plain = msgspec.json.decode(encode_run(replace(a_run([5]), objective=0.99)))
    del plain["run"]["objective"]

    assert decode_run(msgspec.json.encode(plain)).objective == OBJECTIVE


@pytest.mark.parametrize("where", ["recording", "timeline", "scenarios", "lasted", "thresholds"])
def test_a_run_with_a_part_spoilt_is_refused(where: str) -> None:
    plain = msgspec.json.decode(encode_run(a_run([5])))
    plain["run"][where] = {"slots": [7], "seconds": 1, "series": 5, "metrics": 5}

    with pytest.raises(InvalidInput):
        decode_run(msgspec.json.encode(plain))


def test_a_run_is_invalid_before_it_is_failed_and_failed_before_it_is_passed() -> None:
    run = a_run([])

    assert run.verdict is Verdict.INVALID
    assert replace(run, reasons=()).verdict is Verdict.FAIL
    assert replace(run, reasons=(), thresholds=run.thresholds[:1]).verdict is Verdict.PASS
