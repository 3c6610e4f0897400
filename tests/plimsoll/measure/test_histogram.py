"""A histogram: constant memory, an error of at most 0.4 %, and merges that lose nothing."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.measure.histogram import BITS, Histogram, bounds_of, bucket_of

WHOLE = st.integers(min_value=-(10**15), max_value=10**15)
MANY = st.lists(WHOLE, max_size=60)
SOME = st.lists(WHOLE, min_size=1, max_size=60)
PERCENT = st.floats(min_value=0, max_value=100)
ERROR = 2.0**-BITS


def of(values: list[int], bits: int = BITS) -> Histogram:
    made = Histogram(bits)
    for value in values:
        made.record(value)
    return made


def nearest_rank(values: list[int], percent: float) -> int:
    """The smallest value that so many percent of all do not exceed, looked up in the whole list."""
    ordered = sorted(values)
    wanted = percent / 100 * len(ordered)
    return next((value for rank, value in enumerate(ordered, 1) if rank >= wanted - 1e-9), ordered[-1])


@given(WHOLE, st.integers(min_value=2, max_value=12))
def test_a_value_lies_in_its_bucket(value: int, bits: int) -> None:
    low, high = bounds_of(bucket_of(value, bits), bits)

    assert low <= value <= high


@given(WHOLE)
def test_buckets_follow_one_another_without_a_gap(value: int) -> None:
    _, high = bounds_of(bucket_of(value))

    assert bucket_of(high + 1) == bucket_of(value) + 1


@given(WHOLE)
def test_a_bucket_is_at_most_a_128th_of_its_value_wide(value: int) -> None:
    low, high = bounds_of(bucket_of(value))

    assert high - low <= max(abs(low), abs(high)) / 2 ** (BITS - 1)


@given(SOME, PERCENT)
def test_a_percentile_is_within_its_error_of_the_sorted_list(values: list[int], percent: float) -> None:
    truth = nearest_rank(values, percent)

    assert abs(of(values).percentile(percent) - truth) <= abs(truth) * ERROR * (1 + 1e-6) + 0.5


@given(SOME, PERCENT)
def test_no_percentile_is_beyond_the_extremes(values: list[int], percent: float) -> None:
    assert min(values) <= of(values).percentile(percent) <= max(values)


@given(SOME, PERCENT, PERCENT)
def test_a_higher_percentile_is_never_lower(values: list[int], one: float, other: float) -> None:
    low, high = of(values).percentiles((min(one, other), max(one, other)))

    assert low <= high


@given(SOME)
def test_extremes_sum_count_and_mean_are_exact(values: list[int]) -> None:
    made = of(values)

    assert (made.low, made.high) == (min(values), max(values))
    assert (made.total, made.count) == (sum(values), len(values))
    assert (made.percentile(0), made.percentile(100)) == (min(values), max(values))
    assert made.mean == sum(values) / len(values)


@given(SOME, st.integers(min_value=1, max_value=6), st.randoms(use_true_random=False))
def test_parts_merged_in_any_order_equal_the_whole(values: list[int], parts: int, chance: random.Random) -> None:
    split: list[list[int]] = [[] for _ in range(parts)]
    for value in values:
        chance.choice(split).append(value)
    chance.shuffle(split)
    merged = Histogram()
    for part in split:
        merged.merge(of(part))

    assert merged == of(values)


@given(MANY)
def test_what_is_merged_stays_as_it_was(values: list[int]) -> None:
    source = of(values)
    into = of([1, 2, 3])
    into.merge(source)
    into.record(7)

    assert source == of(values)


@given(st.lists(st.integers(min_value=0, max_value=10**15), max_size=60))
def test_many_counted_at_once_are_counted_as_one_by_one_to_within_a_bucket(values: list[int]) -> None:
    at_once = Histogram()
    at_once.record_all(values)
    one_by_one = of(values)

    assert (at_once.count, at_once.total, at_once.low, at_once.high) == (
        one_by_one.count,
        one_by_one.total,
        one_by_one.low,
        one_by_one.high,
    )
    for percent in (10, 50, 90, 99):
        truth = one_by_one.percentile(percent)
        assert abs(at_once.percentile(percent) - truth) <= truth * 2 * ERROR + 1


@given(SOME)
def test_counted_coarser_it_holds_as_many_and_the_same_extremes(values: list[int]) -> None:
    coarse = of(values).coarser(5)

    assert (coarse.count, coarse.total, coarse.low, coarse.high) == (
        len(values),
        sum(values),
        min(values),
        max(values),
    )


@given(MANY)
def test_json_brings_back_the_same(values: list[int]) -> None:
    made = of(values)

    assert Histogram.from_json(made.to_json()) == made


@given(SOME, WHOLE)
def test_the_share_at_most_a_value_is_right_to_within_a_bucket(values: list[int], bound: int) -> None:
    low, high = bounds_of(bucket_of(bound))
    share = of(values).share_at_most(bound)

    assert sum(value < low for value in values) / len(values) <= share
    assert share <= sum(value <= high for value in values) / len(values)


@given(MANY)
def test_its_spread_is_in_order_and_adds_up(values: list[int]) -> None:
    spread = list(of(values).spread())

    assert spread == sorted(spread)
    assert sum(times for _, _, times in spread) == len(values)


def test_a_million_values_take_no_more_room_than_a_thousand() -> None:
    chance = random.Random(3)
    small, large = Histogram(), Histogram()
    values = [round(chance.lognormvariate(17, 0.3)) for _ in range(1000)]
    for value in values:
        small.record(value)
        large.record(value, times=1000)

    assert len(large.buckets) == len(small.buckets)
    assert large.count == 1_000_000


def test_counting_no_times_counts_nothing() -> None:
    made = Histogram()
    made.record(5, times=0)
    made.record(5, times=-1)

    assert made == Histogram()


def test_an_empty_one_reads_nothing_everywhere() -> None:
    empty = Histogram()

    assert (empty.mean, empty.percentile(99), empty.share_at_most(1)) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"bits": 8, "total": 0, "low": None, "high": None, "buckets": [1], "counts": []},
        {"bits": 8, "total": 1.5, "low": 1, "high": 1, "buckets": [1], "counts": [1]},
        {"bits": 8, "total": 1, "low": None, "high": 1, "buckets": [1], "counts": [1]},
        {"bits": True, "total": 0, "low": None, "high": None, "buckets": [], "counts": []},
        {"bits": 8, "total": 0, "low": None, "high": None, "buckets": "", "counts": ""},
        {"bits": 8, "total": 1, "low": 1, "high": 1, "buckets": [1], "counts": [-1]},
        {"bits": 8, "total": 1, "low": 1, "high": 1, "buckets": [1, 1], "counts": [1, 1]},
        {"bits": 8, "total": 1, "low": 2, "high": 1, "buckets": [1], "counts": [1]},
        {"bits": 0, "total": 1, "low": 1, "high": 1, "buckets": [1], "counts": [1]},
        {"bits": 10**9, "total": 1, "low": 1, "high": 1, "buckets": [1], "counts": [1]},
    ],
)
def test_what_is_no_histogram_is_refused(plain: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Histogram.from_json(plain)


@given(st.lists(st.integers(min_value=-(10**12), max_value=10**12)), st.lists(st.integers(0, 10**9)))
def test_packing_changes_nothing_but_the_room_it_takes(first: list[int], second: list[int]) -> None:
    plain, packed, more = of(first), of(first), of(second)

    packed.pack()
    packed.pack()

    assert packed == plain
    assert plain == packed
    assert list(packed.spread()) == list(plain.spread())
    assert packed.to_json() == plain.to_json()
    assert packed.percentiles((0, 50, 99.9, 100)) == plain.percentiles((0, 50, 99.9, 100))
    assert all(packed.buckets.get(bucket, 0) == plain.buckets.get(bucket, 0) for bucket in range(-3, 300))
    more.merge(packed)
    packed.merge(of(second))
    plain.merge(of(second))
    assert packed == more == plain
