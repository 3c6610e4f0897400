"""What a caller may do with the yearly dates of a user besides the birthday."""

from __future__ import annotations

from datetime import date

import pytest

from natalis.domain.intake import UserInput
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.errors import InvalidInput, NotFound
from natalis.usecases.manage_occasions import ManageOccasions
from natalis.usecases.manage_users import ManageUsers

ADA = UserInput("Ada", "Lovelace", "ada@example.org", "1985-12-10", "Europe/London")


@pytest.fixture
async def ada(users: ManageUsers) -> str:
    return (await users.create(ADA)).user.id


async def test_a_further_date_is_stored_with_its_fire_time(
    users: ManageUsers, occasions: ManageOccasions, ada: str
) -> None:
    await users.read(ada)
    await occasions.put(ada, "anniversary", "2015-07-08")
    stored = (await users.read(ada)).occasions["anniversary"]
    assert stored.on == YearlyDate(7, 8, 2015)
    assert stored.upcoming is not None
    assert stored.upcoming.occasion_date == date(2026, 7, 8)


async def test_the_birthday_stays_as_it_is(users: ManageUsers, occasions: ManageOccasions, ada: str) -> None:
    before = (await users.read(ada)).occasions["birthday"]
    after = await occasions.put(ada, "anniversary", "2015-07-08")
    assert after.occasions["birthday"] == before


async def test_putting_a_date_again_changes_it(occasions: ManageOccasions, ada: str) -> None:
    await occasions.put(ada, "anniversary", "2015-07-08")
    changed = await occasions.put(ada, "anniversary", "--08-09")
    assert changed.occasions["anniversary"].on == YearlyDate(8, 9)


async def test_a_kind_may_have_its_own_leap_day(occasions: ManageOccasions, ada: str) -> None:
    person = await occasions.put(ada, "anniversary", "2016-02-29", "forward")
    stored = person.occasions["anniversary"]
    assert stored.leap_day is LeapDay.FORWARD
    assert stored.upcoming is not None
    assert stored.upcoming.occasion_date == date(2027, 3, 1)


async def test_a_date_is_taken_away(users: ManageUsers, occasions: ManageOccasions, ada: str) -> None:
    await occasions.put(ada, "anniversary", "2015-07-08")
    await users.read(ada)
    await occasions.remove(ada, "anniversary")
    assert set((await users.read(ada)).occasions) == {"birthday"}


async def test_a_date_is_taken_away_once(occasions: ManageOccasions, ada: str) -> None:
    with pytest.raises(NotFound, match="anniversary"):
        await occasions.remove(ada, "anniversary")


async def test_the_birthday_can_neither_be_taken_away_nor_put(occasions: ManageOccasions, ada: str) -> None:
    with pytest.raises(InvalidInput, match="every user has a birthday"):
        await occasions.remove(ada, "birthday")
    with pytest.raises(InvalidInput, match="birthdayDate"):
        await occasions.put(ada, "birthday", "1985-12-11")


async def test_a_kind_must_be_configured(occasions: ManageOccasions, ada: str) -> None:
    with pytest.raises(InvalidInput, match="use anniversary"):
        await occasions.put(ada, "aniversary", "2015-07-08")


@pytest.mark.parametrize("on", [None, "", "2015-02-29", "08/07/2015", "2030-01-01"])
async def test_a_date_must_be_one(occasions: ManageOccasions, ada: str, on: str | None) -> None:
    with pytest.raises(InvalidInput, match=r"^date: "):
        await occasions.put(ada, "anniversary", on)


async def test_a_leap_day_must_be_a_rule(occasions: ManageOccasions, ada: str) -> None:
    with pytest.raises(InvalidInput, match="leapDay"):
        await occasions.put(ada, "anniversary", "2015-07-08", "sideways")


async def test_an_unknown_user_is_not_found(occasions: ManageOccasions) -> None:
    with pytest.raises(NotFound, match="user"):
        await occasions.put("nobody", "anniversary", "2015-07-08")
    with pytest.raises(NotFound, match="user"):
        await occasions.remove("nobody", "anniversary")
