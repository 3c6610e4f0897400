"""Token buckets, lanes per receiving domain, and the warm-up ramp."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.rate import (
    Lane,
    Rate,
    WarmUp,
    admit,
    available,
    full_bucket,
    is_idle,
    next_at,
    open_lane,
    rate_of,
    spend,
    warmed,
)
from natalis.errors import InvalidInput

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
rates = st.builds(Rate, st.floats(0.01, 100_000), st.integers(1, 1000))
gaps = st.lists(st.timedeltas(timedelta(0), timedelta(seconds=5)), min_size=1, max_size=100)


def test_a_rested_bucket_lets_its_burst_go_at_once_and_then_one_per_interval() -> None:
    rate = Rate(2, burst=3)
    bucket = full_bucket(rate, now=NOW)

    for left in (3, 2, 1):
        assert available(bucket, rate, now=NOW) == left
        bucket = spend(bucket, rate, 1, now=NOW)

    assert available(bucket, rate, now=NOW) == 0
    assert next_at(bucket, rate, now=NOW) == NOW + timedelta(seconds=0.5)
    assert available(bucket, rate, now=NOW + timedelta(seconds=0.5)) == 1


def test_a_fraction_of_a_message_a_second_is_a_rate_too() -> None:
    rate = Rate(1 / 60)
    bucket = spend(full_bucket(rate, now=NOW), rate, 1, now=NOW)

    assert available(bucket, rate, now=NOW + timedelta(seconds=59)) == 0
    assert available(bucket, rate, now=NOW + timedelta(seconds=60)) == 1


@given(rate=rates, gaps=gaps)
def test_no_more_goes_in_any_time_than_the_burst_and_what_the_rate_brings(rate: Rate, gaps: list[timedelta]) -> None:
    bucket, now, gone = full_bucket(rate, now=NOW), NOW, 0
    for gap in gaps:
        now += gap
        count = available(bucket, rate, now=now)
        bucket = spend(bucket, rate, count, now=now)
        gone += count

    assert gone <= rate.burst + (now - NOW).total_seconds() * rate.per_second + 1e-3


@given(rate=rates, spent=st.integers(0, 2000))
def test_at_the_instant_that_is_named_a_token_is_there(rate: Rate, spent: int) -> None:
    bucket = spend(full_bucket(rate, now=NOW), rate, spent, now=NOW)

    assert available(bucket, rate, now=next_at(bucket, rate, now=NOW)) >= 1


@given(rate=rates, spent=st.integers(0, 1000), back=st.timedeltas(timedelta(0), timedelta(hours=1)))
def test_a_clock_that_is_set_back_brings_no_tokens(rate: Rate, spent: int, back: timedelta) -> None:
    bucket = spend(full_bucket(rate, now=NOW), rate, spent, now=NOW)

    assert available(bucket, rate, now=NOW - back) == available(bucket, rate, now=NOW)


@given(rate=rates, spent=st.integers(0, 1000), back=st.timedeltas(timedelta(0), timedelta(hours=1)))
def test_from_a_clock_that_is_set_back_tokens_come_as_fast_as_ever(rate: Rate, spent: int, back: timedelta) -> None:
    bucket = spend(full_bucket(rate, now=NOW), rate, spent, now=NOW)
    after = spend(bucket, rate, 0, now=NOW - back)

    assert next_at(bucket, rate, now=NOW - back) - (NOW - back) == next_at(bucket, rate, now=NOW) - NOW
    assert available(after, rate, now=next_at(after, rate, now=NOW - back)) >= 1


def test_a_lane_whose_clock_is_set_back_promises_no_slots_of_the_old_time() -> None:
    rate = Rate(10)
    lane, _ = admit(open_lane(rate, now=NOW), rate, now=NOW)
    lane, _ = admit(lane, rate, now=NOW)
    earlier = NOW - timedelta(hours=1)

    _, slot = admit(lane, rate, now=earlier)

    assert slot == earlier + timedelta(milliseconds=200)


@pytest.mark.parametrize("per_second", [0, -1, float("nan"), float("inf")])
def test_a_rate_that_nothing_could_pass_is_refused(per_second: float) -> None:
    with pytest.raises(InvalidInput, match="rate"):
        Rate(per_second)


def test_a_burst_that_lets_nothing_pass_is_refused() -> None:
    with pytest.raises(InvalidInput, match="burst"):
        Rate(1, burst=0)


def test_a_plain_rate_lets_a_seconds_worth_go_at_once() -> None:
    assert (rate_of(50).burst, rate_of(0.1).burst) == (50, 1)


def test_whoever_must_wait_in_a_lane_gets_a_slot_behind_all_earlier_ones() -> None:
    rate, lane = Rate(10), open_lane(Rate(10), now=NOW)

    slots = []
    for _ in range(4):
        lane, slot = admit(lane, rate, now=NOW)
        slots.append(slot)

    assert slots == [None, *(NOW + timedelta(milliseconds=100 * turn) for turn in (1, 2, 3))]


@given(rate=st.builds(Rate, st.floats(0.5, 1000), st.integers(1, 50)), size=st.integers(1, 300))
def test_a_herd_in_a_lane_comes_back_once_each_and_nobody_is_turned_away_twice(rate: Rate, size: int) -> None:
    lane, slots = open_lane(rate, now=NOW), []
    for _ in range(size):
        lane, slot = admit(lane, rate, now=NOW)
        slots.append(slot)

    for slot in (slot for slot in slots if slot is not None):
        lane, again = admit(lane, rate, now=slot)
        assert again is None


def test_a_lane_may_be_forgotten_once_it_is_full_and_promises_nothing() -> None:
    rate = Rate(1, burst=2)
    lane, _ = admit(open_lane(rate, now=NOW), rate, now=NOW)

    assert not is_idle(lane, rate, now=NOW)
    assert is_idle(lane, rate, now=NOW + timedelta(seconds=1))
    assert not is_idle(Lane(lane.bucket, NOW + timedelta(hours=1)), rate, now=NOW + timedelta(seconds=2))


def test_a_new_sender_begins_with_its_first_share_and_ends_with_the_whole() -> None:
    ramp, rate = WarmUp(NOW, first=0.01, over=timedelta(days=30)), Rate(100, burst=100)

    at = [warmed(rate, ramp, now=NOW + timedelta(days=day)) for day in (0, 15, 30, 99)]

    assert [(each.per_second, each.burst) for each in at] == [
        (pytest.approx(1), 1),
        (pytest.approx(10), 10),
        (100, 100),
        (100, 100),
    ]


@given(days=st.floats(0, 40), more=st.floats(0, 40))
def test_the_ramp_never_falls(days: float, more: float) -> None:
    ramp, rate = WarmUp(NOW), Rate(100, burst=100)

    sooner = warmed(rate, ramp, now=NOW + timedelta(days=days))
    later = warmed(rate, ramp, now=NOW + timedelta(days=days + more))

    assert sooner.per_second <= later.per_second <= rate.per_second
    assert sooner.burst <= later.burst <= rate.burst
