"""Rule: in every zone, around every change since 1970, a local time means what a second implementation says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.spec.time.conftest import FIRST, LAST, Change, Oracle, Wall, aware, seconds, shown

from natalis.domain.civil_time import Fold, Gap, Resolution, Unambiguous, instant_of, local_date, resolve
from natalis.zones.pinned import TzdataZones

ZONES = TzdataZones()
FROM, TO = (seconds(datetime(year, 1, 1)) for year in (FIRST, LAST + 1))  # noqa: DTZ001 - wall-clock times
DAY = 86_400
NINE = time(9)


def test_every_name_of_the_pinned_database_is_checked(oracle: Oracle) -> None:
    assert set(oracle.names) == ZONES.names()
    assert len(oracle.names) > 590


def test_around_every_change_every_local_time_has_the_instants_of_the_oracle(oracle: Oracle) -> None:
    checked, wrong = 0, []
    for wall in map(oracle.wall, oracle.names):
        zone = ZONES.get(wall.name)
        for local in times_around_changes(wall):
            when = shown(local)
            checked += 1
            if resolve(when.date(), when.time(), zone) != expected(wall, local):
                wrong.append((wall.name, when))
    assert not wrong
    assert checked > 300_000


def test_around_every_change_a_send_time_has_the_instant_of_the_oracle(oracle: Oracle) -> None:
    wrong = []
    for wall in map(oracle.wall, oracle.names):
        zone = ZONES.get(wall.name)
        for change in changes(wall):
            for offset, at in ((0, NINE), (DAY, NINE), (0, time(2, 30)), (0, time(0)), (0, time(23, 59, 59))):
                day = shown(change.at + change.before + offset).date()
                if instant_of(day, at, zone) != wall.fires(day, at):
                    wrong.append((wall.name, day, at))
    assert not wrong


def test_around_every_change_the_wall_calendar_shows_the_date_of_the_oracle(oracle: Oracle) -> None:
    wrong = [
        (wall.name, instant)
        for wall in map(oracle.wall, oracle.names)
        for change in changes(wall)
        for instant in (aware(change.at - 1), aware(change.at), aware(change.at + 1))
        if local_date(instant, ZONES.get(wall.name)) != wall.day(instant)
    ]
    assert not wrong


@settings(max_examples=2_000)
@given(data=st.data())
def test_any_local_time_in_any_zone_has_the_instants_of_the_oracle(oracle: Oracle, data: st.DataObject) -> None:
    wall = oracle.wall(data.draw(st.sampled_from(oracle.names)))
    local = data.draw(st.integers(FROM, TO))

    when = shown(local)

    assert resolve(when.date(), when.time(), ZONES.get(wall.name)) == expected(wall, local)


@given(
    instant=st.datetimes(datetime(FIRST, 1, 2), datetime(LAST, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants naive bounds
    name=st.sampled_from(sorted(ZONES.names())),
)
def test_the_instant_of_what_a_clock_shows_is_never_later_than_when_it_shows_it(instant: datetime, name: str) -> None:
    on_wall = instant.astimezone(ZONES.get(name))

    found = instant_of(on_wall.date(), on_wall.time(), ZONES.get(name))

    assert found <= instant
    assert found.astimezone(ZONES.get(name)).replace(tzinfo=None, fold=0) == on_wall.replace(tzinfo=None, fold=0)


@pytest.mark.parametrize("fold", [0, 1])
def test_a_fold_that_a_send_time_carries_means_nothing(fold: int) -> None:
    zone = ZONES.get("Europe/Paris")

    found = instant_of(datetime(2026, 10, 25).date(), time(2, 30, fold=fold), zone)  # noqa: DTZ001 - a date

    assert found == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def changes(wall: Wall) -> Iterator[Change]:
    return (change for change in wall.changes if FROM <= change.at < TO)


def times_around_changes(wall: Wall) -> Iterator[int]:
    """Just before, at both edges of, in, and after each gap or overlap, and a day either side."""
    for change in changes(wall):
        low, high = sorted((change.at + change.before, change.at + change.after))
        yield from (low - DAY, low - 1, low, low + 1, (low + high) // 2)
        yield from (high - 1, high, high + 1, high + DAY, 2 * low - high, 2 * high - low)


def expected(wall: Wall, local: int) -> Resolution:
    match [aware(instant) for instant in wall.showing(local)]:
        case []:
            change = wall.jump_over(local)
            return Gap(before=aware(local - change.before), after=aware(local - change.after))
        case [instant]:
            return Unambiguous(instant)
        case [first, second]:
            return Fold(first, second)
        case more:
            raise AssertionError(more)


def test_a_gap_is_read_with_the_offset_before_it_to_the_microsecond() -> None:
    zone = ZONES.get("America/New_York")
    microsecond = timedelta(microseconds=1)

    last = instant_of(datetime(2026, 3, 8).date(), time(2, 59, 59, 999_999), zone)  # noqa: DTZ001 - a date
    after = instant_of(datetime(2026, 3, 8).date(), time(3, 59, 59, 999_999), zone)  # noqa: DTZ001 - a date

    assert last == after == datetime(2026, 3, 8, 8, tzinfo=UTC) - microsecond
