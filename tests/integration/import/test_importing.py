"""What becomes of the rows of a file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeAlias

import pytest

from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.errors import UnknownZone
from natalis.testing.builders import a_profile, an_arrival
from natalis.usecases.import_result import Outcome, Tally

Office: TypeAlias = Any
HEADER = "first,last,email,dob,tz\n"
ADA = "Ada,Lovelace,ada@example.org,1985-12-10,Europe/London\n"
BOB = "Bob,Baker,bob@example.org,--02-29,Asia/Tokyo\n"


async def test_good_rows_become_people_with_their_first_fire_time(office: Office) -> None:
    done = await office.take(HEADER + ADA + BOB)
    assert done.tally == Tally(added=2)
    ada = await office.store.people.get((await office.holder("ada@example.org")).id)
    assert ada.user.profile.full_name == "Ada Lovelace"
    assert ada.occasions["birthday"].upcoming.fire_at.isoformat() == "2026-12-10T09:00:00+00:00"


async def test_people_who_share_a_day_and_a_zone_share_the_fire_time_and_nothing_else(office: Office) -> None:
    await office.take(HEADER + ADA + "Eve,Adams,eve@example.org,1971-12-10,Europe/London\n")
    ada, eve = [
        await office.store.people.get((await office.holder(email)).id)
        for email in ("ada@example.org", "eve@example.org")
    ]
    assert ada.occasions["birthday"].upcoming == eve.occasions["birthday"].upcoming
    assert (ada.occasions["birthday"].on.year, eve.occasions["birthday"].on.year) == (1985, 1971)
    assert ada.occasions["birthday"].user_id != eve.occasions["birthday"].user_id


async def test_bad_rows_are_reported_with_line_and_reason_while_the_good_ones_land(office: Office) -> None:
    bad = "Eve,Adams,no address,1985-02-30,Mars/Olympus\n"
    done = await office.take(HEADER + ADA + bad + BOB)
    assert done.tally == Tally(added=2, bad=1)
    assert [result.outcome for result in done.results] == [Outcome.ADDED, Outcome.BAD, Outcome.ADDED]
    fault = done.results[1]
    assert fault.line == 3
    assert all(name in fault.reason for name in ("email:", "birthdayDate:", "timezone:"))


async def test_the_same_rows_again_change_nothing(office: Office) -> None:
    first = await office.take(HEADER + ADA + BOB)
    before = await office.people()
    again = await office.take(HEADER + ADA + BOB)
    assert again.tally == Tally(unchanged=2)
    assert [result.user_id for result in again.results] == [result.user_id for result in first.results]
    assert await office.people() == before


async def test_an_address_known_with_other_data_is_a_conflict_that_names_what_differs(office: Office) -> None:
    await office.take(HEADER + ADA)
    done = await office.take(HEADER + "Augusta,Lovelace,ADA@example.org,1985-12-11,Europe/London\n")
    assert done.tally == Tally(conflict=1)
    assert "another firstName, birthdayDate" in done.results[0].reason
    assert (await office.holder("ada@example.org")).profile.first_name == "Ada"


async def test_with_update_the_row_wins_and_the_fire_time_follows(office: Office) -> None:
    await office.take(HEADER + ADA)
    done = await office.take(HEADER + "Augusta,Lovelace,ada@example.org,1985-12-11,Europe/London\n", update=True)
    assert done.tally == Tally(updated=1)
    ada = await office.store.people.get(done.results[0].user_id)
    assert (ada.user.profile.first_name, ada.user.version) == ("Augusta", 2)
    assert ada.occasions["birthday"].upcoming.occasion_date.isoformat() == "2026-12-11"


async def test_a_later_row_with_the_same_address_is_compared_with_the_earlier_one(office: Office) -> None:
    done = await office.take(HEADER + ADA + ADA + ADA.replace("Ada", "Eve"))
    assert [result.outcome for result in done.results] == [Outcome.ADDED, Outcome.UNCHANGED, Outcome.CONFLICT]


async def test_with_update_the_last_of_several_rows_wins(office: Office) -> None:
    await office.take(HEADER + ADA + ADA.replace("Ada", "Eve") + ADA.replace("Ada", "Zoe"), update=True)
    assert (await office.holder("ada@example.org")).profile.first_name == "Zoe"


async def test_what_a_row_leaves_empty_is_neither_compared_nor_changed(office: Office) -> None:
    known = a_profile(name="Ada Lovelace", email="ada@example.org", locale="fr", leap_day=LeapDay.OMIT)
    await office.store.people.add([an_arrival(known)])
    row = "Ada,Lovelace,ada@example.org,1985-12-10,\n"
    assert (await office.take(HEADER + row, default_zone="Asia/Tokyo")).tally == Tally(unchanged=1)
    await office.take(HEADER + row.replace("Ada,", "Eve,"), default_zone="Asia/Tokyo", update=True)
    now = (await office.holder("ada@example.org")).profile
    assert (now.first_name, now.timezone, now.locale, now.leap_day) == ("Eve", "Europe/London", "fr", LeapDay.OMIT)


async def test_further_dates_land_are_compared_and_are_updated(office: Office) -> None:
    header, row = "first,last,email,dob,tz,anniversary\n", ADA.strip()
    await office.take(f"{header}{row},2011-06-04\n")
    ada = await office.store.people.get((await office.holder("ada@example.org")).id)
    assert ada.occasions["anniversary"].on == YearlyDate(6, 4, 2011)
    assert (await office.take(f"{header}{row},2011-06-04\n")).tally == Tally(unchanged=1)
    assert "another anniversary" in (await office.take(f"{header}{row},2011-06-05\n")).results[0].reason
    await office.take(f"{header}{row},2011-06-05\n", update=True)
    ada = await office.store.people.get(ada.user.id)
    assert ada.occasions["anniversary"].on == YearlyDate(6, 5, 2011)


async def test_a_date_of_a_kind_that_is_not_configured_is_bad(office: Office) -> None:
    done = await office.take(f"first,last,email,dob,tz,occasions.graduation\n{ADA.strip()},2011-06-04\n")
    assert "'graduation' is not a kind that is configured" in done.results[0].reason


async def test_a_default_zone_serves_people_without_one(office: Office) -> None:
    content = "first,last,email,dob\nAda,Lovelace,ada@example.org,1985-12-10\n"
    await office.take(content, default_zone="Europe/Kiev")
    assert (await office.holder("ada@example.org")).profile.timezone == "Europe/Kiev"


@pytest.mark.parametrize("offset", ["-05:00", "+0530", "UTC+2", "GMT+2", "Z", "+5"])
async def test_an_offset_is_no_zone(offset: str, office: Office) -> None:
    row = HEADER + ADA.replace("Europe/London", offset)
    assert "is an offset" in (await office.take(row)).results[0].reason
    await office.take(row, default_zone="America/New_York")
    assert (await office.holder("ada@example.org")).profile.timezone == "America/New_York"


@pytest.mark.parametrize("zone", ["UTC", "GMT+0", "Etc/GMT-14", "EST5EDT"])
async def test_zones_that_look_like_offsets_are_zones(zone: str, office: Office) -> None:
    await office.take(HEADER + ADA.replace("Europe/London", zone), default_zone="Asia/Tokyo")
    assert (await office.holder("ada@example.org")).profile.timezone == zone


async def test_a_row_without_a_zone_is_bad_where_there_is_no_default(office: Office) -> None:
    assert "give a default" in (await office.take(HEADER + ADA.replace("Europe/London", ""))).results[0].reason


async def test_a_default_zone_that_does_not_exist_is_refused_at_once(office: Office) -> None:
    with pytest.raises(UnknownZone):
        await office.take(HEADER + ADA, default_zone="Mars/Olympus")


async def test_vcards_and_ndjson_land_as_csv_does(office: Office) -> None:
    card = "BEGIN:VCARD\nVERSION:4.0\nFN:Ada Lovelace\nEMAIL:ada@example.org\nBDAY:19851210\nTZ:-0500\nEND:VCARD\n"
    line = '{"name":"Ada Lovelace","email":"ada@example.org","birthday":"1985-12-10","location":"Europe/London"}\n'
    assert (await office.take(card, default_zone="Europe/London")).tally == Tally(added=1)
    assert (await office.take(line)).tally == Tally(unchanged=1)
    assert (await office.take(HEADER + ADA)).tally == Tally(unchanged=1)


async def test_a_file_without_rows_finishes_at_once(office: Office) -> None:
    (last,) = (await office.take(HEADER)).steps
    assert (last.finished, last.tally) == (True, Tally())


async def test_progress_counts_bytes_up_to_the_size_of_the_file(office: Office) -> None:
    people = HEADER + "".join(ADA.replace("ada@", f"ada{n}@") for n in range(2_500))
    steps = (await office.take(people)).steps
    done = [step.bytes_done for step in steps]
    assert (done == sorted(done), done[-1], len(steps)) == (True, len(people), 4)
    assert {step.bytes_total for step in steps} == {len(people)}
    assert [step.finished for step in steps] == [False, False, False, True]


async def test_lists_that_were_cached_are_forgotten(office: Office) -> None:
    async def listed() -> int:
        return len(await office.people())

    key, lifetime = "users:list:50::", timedelta(minutes=10)
    assert await office.cache.fetch(key, lifetime, listed) == 0
    await office.take(HEADER + ADA)
    assert await office.cache.fetch(key, lifetime, listed) == 1
