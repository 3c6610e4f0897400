"""A run over time: a fixed number of slots, whose sums stay true while they grow longer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plimsoll.measure import names
from plimsoll.measure.recording import Recording, tags
from plimsoll.measure.tallies import Counter, Gauge, Rate, Trend
from plimsoll.measure.timeline import SLOTS, Timeline, slot_of


def second(requests: int, *, failed: int = 0, vus: float = 1.0, nanoseconds: int = 1_000_000) -> Recording:
    recording = Recording()
    for number in range(requests):
        rate = recording.tally(names.HTTP_REQ_FAILED, tags(name="a"))
        trend = recording.tally(names.HTTP_REQ_LATENCY, tags(name="a"))
        counter = recording.tally(names.ITERATIONS)
        assert isinstance(rate, Rate)
        assert isinstance(trend, Trend)
        assert isinstance(counter, Counter)
        rate.add(hit=number < failed)
        trend.histogram.record(nanoseconds)
        counter.add(1)
    gauge = recording.tally(names.VUS)
    assert isinstance(gauge, Gauge)
    gauge.set(vus, at=0)
    return recording


def sums(timeline: Timeline) -> tuple[int, int, int, int]:
    slots = timeline.slots
    return (
        sum(slot.requests for slot in slots),
        sum(slot.failed for slot in slots),
        sum(slot.iterations for slot in slots),
        sum(slot.latency.total for slot in slots),
    )


@given(st.lists(st.integers(min_value=0, max_value=3), min_size=1, max_size=20), st.integers(1, 5000))
def test_it_never_has_more_slots_than_it_may_and_loses_nothing(counts: list[int], apart: int) -> None:
    timeline = Timeline()
    for number, count in enumerate(counts):
        timeline.add(number * apart, second(count, failed=count // 2))

    assert len(timeline.slots) <= SLOTS
    assert sums(timeline) == (
        sum(counts),
        sum(count // 2 for count in counts),
        sum(counts),
        sum(counts) * 1_000_000,
    )


@given(st.integers(min_value=0, max_value=10_000))
def test_a_second_falls_into_the_slot_that_holds_it(at: int) -> None:
    timeline = Timeline()
    timeline.add(at, second(1))

    (number,) = [number for number, slot in enumerate(timeline.slots) if slot.requests]
    assert number * timeline.seconds <= at < (number + 1) * timeline.seconds


def test_an_hour_takes_no_more_room_than_four_minutes() -> None:
    short, long = Timeline(), Timeline()
    for at in range(SLOTS):
        short.add(at, second(1))
    for at in range(3600):
        long.add(at, second(1))

    assert (len(short.slots), short.seconds) == (SLOTS, 1)
    assert (len(long.slots), long.seconds) == (225, 16)
    assert [slot.requests for slot in long.slots] == [16] * 225


def test_a_joined_slot_keeps_the_most_users_of_both() -> None:
    timeline = Timeline()
    timeline.add(0, second(1, vus=9))
    timeline.add(1, second(1, vus=4))
    timeline.add(SLOTS, second(1, vus=2))

    assert timeline.seconds == 2
    assert timeline.slots[0].vus == 9


@given(st.integers(1, 900), st.integers(1, 900))
def test_timelines_of_any_two_lengths_lie_over_one_another(first: int, second_length: int) -> None:
    ours, theirs = Timeline(), Timeline()
    for timeline, length in ((ours, first), (theirs, second_length)):
        for at in range(0, length, 7):
            timeline.add(at, second(1))
    expected = [sum(pair) for pair in zip(sums(ours), sums(theirs), strict=True)]
    before = sums(theirs)
    ours.merge(theirs)

    assert list(sums(ours)) == expected
    assert sums(theirs) == before


def test_users_of_two_machines_add_up() -> None:
    ours, theirs = Timeline(), Timeline()
    ours.add(0, second(1, vus=9))
    theirs.add(0, second(1, vus=4))
    theirs.add(1, second(1, vus=3))
    ours.merge(theirs)

    assert [slot.vus for slot in ours.slots] == [13, 3]


def test_a_slot_says_what_its_second_held() -> None:
    slot = slot_of(second(5, failed=2, vus=7))

    assert (slot.requests, slot.failed, slot.iterations, slot.vus) == (5, 2, 5, 7)
