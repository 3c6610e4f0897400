"""What was recorded: found by metric and tags, merged exactly, never mixed up."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.errors import InvalidInput
from plimsoll.measure import names
from plimsoll.measure.recording import Kind, Metric, Recording, merge_tally, tags
from plimsoll.measure.tallies import Counter, Rate, Trend

EVENTS = st.lists(
    st.tuples(st.sampled_from(["create", "read"]), st.sampled_from(["200", "500"]), st.integers(1, 10**9)), max_size=40
)


def record(recording: Recording, name: str, status: str, nanoseconds: int) -> None:
    trend = recording.tally(names.HTTP_REQ_DURATION, tags(name=name, status=status))
    assert isinstance(trend, Trend)
    trend.histogram.record(nanoseconds)
    counter = recording.tally(names.HTTP_REQS, tags(name=name))
    assert isinstance(counter, Counter)
    counter.add(1)


@given(EVENTS, st.integers(min_value=1, max_value=5), st.randoms(use_true_random=False))
def test_parts_merged_in_any_order_equal_the_whole(
    events: list[tuple[str, str, int]], count: int, chance: random.Random
) -> None:
    whole, parts = Recording(), [Recording() for _ in range(count)]
    for event in events:
        record(whole, *event)
        record(chance.choice(parts), *event)
    merged = Recording()
    for part in chance.sample(parts, count):
        merged.merge(part)

    assert (merged.series, merged.metrics) == (whole.series, whole.metrics)


@given(EVENTS)
def test_a_selection_holds_what_has_its_tags_and_nothing_else(events: list[tuple[str, str, int]]) -> None:
    recording = Recording()
    for event in events:
        record(recording, *event)
    chosen = [event for event in events if event[0] == "create" and event[1] == "200"]
    tally = recording.select("http_req_duration", {"name": "create", "status": "200"})

    if not chosen:
        assert tally is None
    else:
        assert isinstance(tally, Trend)
        assert tally.histogram.count == len(chosen)
        assert tally.histogram.total == sum(event[2] for event in chosen)


def test_a_selection_is_a_copy() -> None:
    recording = Recording()
    record(recording, "create", "200", 5)
    first = recording.select("http_req_duration")
    assert isinstance(first, Trend)
    first.histogram.record(7)

    second = recording.select("http_req_duration")
    assert isinstance(second, Trend)
    assert second.histogram.count == 1


def test_tags_are_the_same_in_whatever_order_they_are_named() -> None:
    assert tags(b="2", a="1") == tags(a="1", b="2")


def test_a_name_is_of_one_kind_only() -> None:
    recording = Recording()
    recording.tally(Metric("mine", Kind.COUNTER))

    with pytest.raises(InvalidInput, match="a counter of default and a trend of default; give one of the two another"):
        recording.tally(Metric("mine", Kind.TREND))


def test_a_merge_with_another_kind_is_refused() -> None:
    ours, theirs = Recording(), Recording()
    ours.tally(Metric("mine", Kind.COUNTER))
    theirs.tally(Metric("mine", Kind.RATE))

    with pytest.raises(InvalidInput):
        ours.merge(theirs)
    with pytest.raises(TypeError):
        merge_tally(Counter(), Rate())


def test_the_values_of_a_tag_are_in_order() -> None:
    recording = Recording()
    for name in ("read", "create", "read"):
        record(recording, name, "200", 1)

    assert recording.values_of("http_reqs", "name") == ["create", "read"]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_tally_of_its_own(kind: Kind) -> None:
    assert type(Metric("m", kind).tally()).__name__.lower() == kind
