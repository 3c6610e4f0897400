"""Rule: every table on the calendar's page holds as it stands."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from natalis.domain.calendar import firing_in, spread_offset
from natalis.domain.civil_time import instant_of
from natalis.domain.delivery import Delivery, DeliveryKey, Status
from natalis.domain.occasion import BIRTHDAY, Firing, KindRule, Lateness, Occasion, Until, Within
from natalis.domain.person import Person
from natalis.domain.scheduling import amend, arrive
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.testing.builders import ZONES, a_profile, a_rulebook, a_user
from natalis.zones.pinned import TzdataZones

PAGE = files("natalis.domain").joinpath("calendar.md").read_text(encoding="utf-8")
DAY = date(2026, 6, 1)
NOTHING = "-"
READ: list[list[str]] = []
"""The headers of the tables that a test here reads; filled while the tests are collected."""


def table(*columns: str) -> list[list[str]]:
    """Return the rows of the table with these columns."""
    blocks = [[cells(line) for line in block] for block in _tables()]
    (found,) = (rows for header, _, *rows in blocks if header == list(columns))
    assert found
    READ.append(list(columns))
    return found


def _tables() -> Iterator[list[str]]:
    for block in re.split(r"\n\s*\n", PAGE):
        lines = block.strip().splitlines()
        if lines and all(line.startswith("|") for line in lines):
            yield lines


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def lateness(text: str) -> Lateness:
    word, amount = text.split(" ", 1)
    return Until(time.fromisoformat(amount)) if word == "until" else Within(timedelta(hours=int(amount.split()[0])))


def test_every_table_on_the_page_is_read_here() -> None:
    assert sorted(READ) == sorted(cells(header) for header, *_ in _tables())


@pytest.mark.parametrize("row", table("zone", "local time", "fires at (UTC)", "because"))
def test_a_local_time_fires(row: list[str]) -> None:
    zone, local, expected, _ = row
    wall = datetime.fromisoformat(local)

    assert instant_of(wall.date(), wall.time(), ZONES.get(zone)) == utc(expected)


@pytest.mark.parametrize("row", table("kind", "user", "occasion", "in 2027", "in 2028"))
def test_a_leap_day_becomes(row: list[str]) -> None:
    kind, user, own = (None if word == NOTHING else LeapDay(word) for word in row[:3])
    person = a_user(a_profile(birthday="1996-02-29", leap_day=user))
    rule = KindRule(BIRTHDAY, leap_day=kind or LeapDay.BACKWARD)
    occasion = Occasion(person.id, BIRTHDAY, YearlyDate(2, 29), own or person.profile.leap_day)

    found = [firing_in(occasion, rule, ZONES.get("UTC"), year=year) for year in (2027, 2028)]

    assert [NOTHING if firing is None else firing.occasion_date.isoformat() for firing in found] == row[3:]


@pytest.mark.parametrize("row", table("zone", "day", "lateness", "fires at (UTC)", "missed from (UTC)"))
def test_it_may_be_late(row: list[str]) -> None:
    zone, text, late, fires, missed = row
    day = date.fromisoformat(text)
    occasion, rule = (
        Occasion("ada", BIRTHDAY, YearlyDate(day.month, day.day)),
        KindRule(BIRTHDAY, lateness=lateness(late)),
    )

    found = firing_in(occasion, rule, ZONES.get(zone), year=day.year)

    assert found == Firing(day, utc(fires), utc(missed))


@pytest.mark.parametrize("row", table("zone", "birthday", "lateness", "arrives (local)", "next one is for"))
def test_who_arrives_is_next(row: list[str]) -> None:
    zone, birthday, late, arrives, expected = row
    now = datetime.fromisoformat(arrives).replace(tzinfo=ZONES.get(zone)).astimezone(UTC)
    user = a_user(a_profile(birthday=f"--{birthday}", timezone=zone))

    (occasion,) = arrive(user, {}, a_rulebook(KindRule(BIRTHDAY, lateness=lateness(late))), now=now)

    assert occasion.upcoming is not None
    assert occasion.upcoming.occasion_date == date.fromisoformat(expected)


@pytest.mark.parametrize("row", table("from", "to", "state", "moves at (UTC)", "then"))
def test_who_moves_then(row: list[str]) -> None:
    start, end, state, at, then = row
    person = someone(start, state)

    outcome = amend(person, replace(person.user.profile, timezone=end), {}, a_rulebook(), now=utc(at))

    upcoming = outcome.occasions[BIRTHDAY].upcoming
    assert upcoming is not None
    this_year = [*outcome.moved.values(), upcoming][0]
    if then == "next year":
        assert this_year.occasion_date == date(2027, 6, 1)
    else:
        assert (this_year.occasion_date, this_year.fire_at) == (DAY, utc(then.removeprefix("fires ")))


def someone(zone: str, state: str) -> Person:
    """Return someone born on 1 June whose delivery, if there is one, is in this state."""
    user = a_user(a_profile(birthday="1990-06-01", timezone=zone))
    occasion = Occasion(user.id, BIRTHDAY, YearlyDate(6, 1, 1990))
    this, following = (firing_in(occasion, KindRule(BIRTHDAY), ZONES.get(zone), year=year) for year in (2026, 2027))
    assert this is not None
    if state == "unplanned":
        return Person(user, {BIRTHDAY: replace(occasion, upcoming=this)})
    unsure = state == "may have arrived"
    status = Status.RETRYING if unsure else Status(state)
    key = DeliveryKey(user.id, BIRTHDAY, DAY)
    delivery = Delivery(key, status, this.fire_at, this.fire_at, this.expires_at, zone, may_have_arrived=unsure)
    return Person(user, {BIRTHDAY: replace(occasion, upcoming=following)}, (delivery,))


@pytest.mark.parametrize("row", table("user", "kind", "offset"))
def test_a_person_has_an_offset(row: list[str]) -> None:
    user, kind, offset = row

    assert str(spread_offset(user, kind, timedelta(minutes=10))) == offset


@pytest.mark.parametrize("row", table("release", "zone", "day", "fires at (UTC)"))
def test_a_release_fires(row: list[str], tmp_path: Path) -> None:
    release, name, day, expected = row
    folder = tmp_path / "America"
    folder.mkdir()
    with as_file(files("tzdata").joinpath("zoneinfo")) as pinned:
        shutil.copy(pinned / "America/Phoenix", folder / "Denver")
    zones = ZONES if release == "pinned" else TzdataZones(tmp_path, release)

    assert instant_of(date.fromisoformat(day), time(9), zones.get(name)) == utc(expected)
