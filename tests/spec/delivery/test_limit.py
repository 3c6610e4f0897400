"""A provider's limit: no second carries more, wherever it begins, and hardly anything of it is left unused."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natalis.domain.limit import Limit, Window, at_present, limit_of, note, room, room_at

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
limits = st.floats(0.1, 300)
pauses = st.lists(st.timedeltas(timedelta(0), timedelta(milliseconds=400)), min_size=1, max_size=60)


def all_that_may(window: Window, limit: Limit, now: datetime) -> tuple[Window, int]:
    window = at_present(window, limit, now=now)
    count = room(window, limit, now=now)
    for _ in range(count):
        window = note(window, limit, now=now)
    return window, count


@given(per_second=limits, pauses=pauses)
def test_no_second_carries_more_than_the_limit_wherever_it_begins(per_second: float, pauses: list[timedelta]) -> None:
    limit, window, now, gone = limit_of(per_second), Window(), NOW, list[datetime]()
    for pause in pauses:
        now = max(now + pause, room_at(window, limit, now=now))
        window, count = all_that_may(window, limit, now)
        gone += [now] * count

    assert all(sum(at <= each < at + SECOND for each in gone) <= math.ceil(per_second) for at in set(gone))


@given(per_second=limits, busy=st.timedeltas(timedelta(0), timedelta(milliseconds=400)))
def test_who_comes_late_loses_no_more_than_the_delay_once_a_second(per_second: float, busy: timedelta) -> None:
    limit, window, now, gone = limit_of(per_second), Window(), NOW, 0
    while now < NOW + 20 * limit.span:
        window, count = all_that_may(window, limit, now)
        gone += count
        now = max(now + timedelta(microseconds=1), room_at(window, limit, now=now) + busy)

    rounds = 20 * limit.span / (limit.span * 1.01 + busy)
    assert gone >= math.floor(rounds) * limit.count


@given(per_second=limits, counts=st.lists(st.timedeltas(timedelta(0), SECOND), max_size=30))
def test_at_the_instant_that_is_named_one_may_go(per_second: float, counts: list[timedelta]) -> None:
    limit, window, now = limit_of(per_second), Window(), NOW
    for pause in counts:
        now += pause
        if room(window, limit, now=now):
            window = note(window, limit, now=now)

    assert room(window, limit, now=room_at(window, limit, now=now)) >= 1


@pytest.mark.parametrize(("per_second", "count", "seconds"), [(50, 50, 1), (2.5, 3, 1.2), (0.1, 1, 10)])
def test_a_rate_is_so_many_in_a_second_or_a_little_more(per_second: float, count: int, seconds: float) -> None:
    assert limit_of(per_second) == Limit(count, timedelta(seconds=seconds))


def test_a_clock_that_is_set_back_holds_nobody_up_for_longer_than_a_span() -> None:
    limit = limit_of(2)
    window, _ = all_that_may(Window(), limit, NOW + timedelta(hours=1))

    window = at_present(window, limit, now=NOW)

    assert room(window, limit, now=NOW) == 0
    assert room(window, limit, now=NOW + SECOND) == 2


@given(moments=st.lists(st.timedeltas(timedelta(0), SECOND), max_size=2000))
def test_little_is_remembered_however_much_went(moments: list[timedelta]) -> None:
    limit, window = limit_of(1e6), Window()
    for moment in sorted(moments):
        window = note(at_present(window, limit, now=NOW + moment), limit, now=NOW + moment)

    assert len(window.gone) <= 102
