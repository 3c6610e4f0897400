"""Rule: the zones that break naive code fire when a person there would say they should."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from natalis.domain.civil_time import Fold, Gap, Unambiguous, instant_of, local_date, resolve
from natalis.zones.pinned import TzdataZones

ZONES = TzdataZones()
NINE = time(9)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "at", "instant"),
    [
        # a half-hour change: 02:00 becomes 02:30, and 02:00 becomes 01:30
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03 15:45"),
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04 14:45"),
        # a two-hour change
        ("Antarctica/Troll", "2026-03-29", "02:30", "2026-03-29 02:30"),
        ("Antarctica/Troll", "2026-10-25", "02:30", "2026-10-25 00:30"),
        # standard time in summer, "negative" daylight saving in winter
        ("Europe/Dublin", "2026-03-29", "01:30", "2026-03-29 01:30"),
        ("Europe/Dublin", "2026-10-25", "01:30", "2026-10-25 00:30"),
        ("Europe/Dublin", "2026-07-01", "09:00", "2026-07-01 08:00"),
        # an hour back for Ramadan 2025, 23 February to 6 April
        ("Africa/Casablanca", "2025-02-22", "09:00", "2025-02-22 08:00"),
        ("Africa/Casablanca", "2025-02-23", "02:30", "2025-02-23 01:30"),
        ("Africa/Casablanca", "2025-03-15", "09:00", "2025-03-15 09:00"),
        ("Africa/Casablanca", "2025-04-06", "02:30", "2025-04-06 02:30"),
        ("Africa/Casablanca", "2025-04-07", "09:00", "2025-04-07 08:00"),
        # quarter hours
        ("Asia/Kathmandu", "2026-05-25", "09:00", "2026-05-25 03:15"),
        ("Pacific/Chatham", "2026-06-01", "09:00", "2026-05-31 20:15"),
        ("Pacific/Chatham", "2026-09-27", "03:00", "2026-09-26 14:15"),
        # an offset of seconds: Monrovia until 7 January 1972
        ("Africa/Monrovia", "1972-01-06", "09:00:00", "1972-01-06 09:44:30"),
        # midnight does not exist on the day the clocks change
        ("America/Santiago", "2026-09-06", "00:30", "2026-09-06 04:30"),
        # both ends of the earth
        ("Pacific/Kiritimati", "2026-06-01", "09:00", "2026-05-31 19:00"),
        ("Etc/GMT+12", "2026-06-01", "09:00", "2026-06-01 21:00"),
    ],
)
def test_a_local_time_has_its_instant(zone: str, day: str, at: str, instant: str) -> None:
    found = instant_of(date.fromisoformat(day), time.fromisoformat(at), ZONES.get(zone))

    assert found == utc(instant)


@pytest.mark.parametrize(
    ("zone", "vanished"),
    [
        ("Pacific/Apia", date(2011, 12, 30)),
        ("Pacific/Fakaofo", date(2011, 12, 30)),
        ("Pacific/Kiritimati", date(1994, 12, 31)),
        ("Pacific/Enderbury", date(1994, 12, 31)),
        ("Pacific/Kwajalein", date(1993, 8, 21)),
    ],
)
@pytest.mark.parametrize("at", [time(0), NINE, time(23, 59, 59)])
def test_a_day_that_vanished_is_kept_on_the_next_day_at_the_same_time(zone: str, vanished: date, at: time) -> None:
    after = date.fromordinal(vanished.toordinal() + 1)

    found = instant_of(vanished, at, ZONES.get(zone))

    assert isinstance(resolve(vanished, at, ZONES.get(zone)), Gap)
    assert found == instant_of(after, at, ZONES.get(zone))
    assert local_date(found, ZONES.get(zone)) == after


def test_a_gap_says_what_both_offsets_give() -> None:
    found = resolve(date(2026, 3, 29), time(2, 30), ZONES.get("Europe/Paris"))

    assert found == Gap(before=utc("2026-03-29 01:30"), after=utc("2026-03-29 00:30"))


def test_an_overlap_says_both_instants_and_the_first_one_counts() -> None:
    paris = ZONES.get("Europe/Paris")

    found = resolve(date(2026, 10, 25), time(2, 30), paris)

    assert found == Fold(utc("2026-10-25 00:30"), utc("2026-10-25 01:30"))
    assert instant_of(date(2026, 10, 25), time(2, 30), paris) == utc("2026-10-25 00:30")


def test_an_alias_is_a_zone_of_its_own_name_with_the_same_instants() -> None:
    kiev, kyiv = ZONES.get("Europe/Kiev"), ZONES.get("Europe/Kyiv")

    assert str(kiev) == "Europe/Kiev"
    assert resolve(date(2026, 6, 1), NINE, kiev) == resolve(date(2026, 6, 1), NINE, kyiv)
    assert resolve(date(2026, 6, 1), NINE, kiev) == Unambiguous(utc("2026-06-01 06:00"))


def test_the_next_day_at_nine_is_not_twenty_four_hours_later_when_the_clocks_change() -> None:
    paris = ZONES.get("Europe/Paris")

    saturday, sunday = (instant_of(date(2026, 3, day), NINE, paris) for day in (28, 29))

    assert (sunday - saturday).total_seconds() == 23 * 3600
