"""The forecast of a date, from the people who are stored."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from natalis.caches.memory import MemoryCache
from natalis.clocks.virtual import VirtualClock
from natalis.domain.intake import UserInput
from natalis.domain.rulebook import Rulebook
from natalis.errors import InvalidInput
from natalis.ports.store import Store
from natalis.usecases.forecast import ForecastDay
from natalis.usecases.manage_occasions import ManageOccasions
from natalis.usecases.manage_users import ManageUsers


@pytest.fixture
def forecast(store: Store, cache: MemoryCache, book: Rulebook) -> ForecastDay:
    return ForecastDay(store.ledger, cache, book)


async def born(users: ManageUsers, name: str, on: str, zone: str, leap_day: str = "") -> str:
    said = UserInput(name, "Example", f"{name}@example.org", on, zone, leap_day=leap_day)
    return (await users.create(said)).user.id


async def test_everyone_whose_message_is_due_on_a_date_is_counted_by_minute_and_zone(
    forecast: ForecastDay, users: ManageUsers, occasions: ManageOccasions
) -> None:
    await born(users, "ada", "1985-12-10", "Europe/London")
    bob = await born(users, "bob", "1990-12-10", "Europe/London")
    await born(users, "eve", "1985-12-11", "Pacific/Kiritimati")  # due on the 10th in UTC
    await born(users, "yuki", "1985-03-01", "Asia/Tokyo")
    await occasions.put(bob, "anniversary", "2015-12-10")
    found = await forecast.on(date(2030, 12, 10))
    assert found.minutes == (
        (datetime(2030, 12, 10, 9, tzinfo=UTC), 3),
        (datetime(2030, 12, 10, 19, tzinfo=UTC), 1),
    )
    assert found.zones == {"Europe/London": 3, "Pacific/Kiritimati": 1}


async def test_who_was_born_on_29_february_is_counted_by_their_own_rule(
    forecast: ForecastDay, users: ManageUsers
) -> None:
    await born(users, "back", "1984-02-29", "UTC")
    await born(users, "forth", "1984-02-29", "UTC", "forward")
    await born(users, "never", "1984-02-29", "UTC", "omit")
    totals = [(await forecast.on(date(2027, *day))).total for day in ((2, 28), (3, 1))]
    assert (totals, (await forecast.on(date(2028, 2, 29))).total) == ([1, 1], 3)


async def test_a_limit_shows_the_backlog(forecast: ForecastDay, users: ManageUsers) -> None:
    for number in range(5):
        await born(users, f"u{number}", "1985-12-10", "UTC")
    (backlog,) = (await forecast.on(date(2026, 12, 10), limit=0.05)).backlogs
    assert (backlog.delayed, backlog.lasts) == (2, timedelta(seconds=100))


async def test_a_forecast_is_kept_for_five_minutes_unless_someone_comes(
    forecast: ForecastDay, users: ManageUsers, store: Store, clock: VirtualClock
) -> None:
    day = date(2026, 12, 10)
    first = await born(users, "ada", "1985-12-10", "UTC")
    assert (await forecast.on(day)).total == 1
    await born(users, "bob", "1985-12-10", "UTC")
    assert (await forecast.on(day)).total == 2
    await store.people.remove(first, now=clock.now(), erase=False)  # behind the cache's back
    assert (await forecast.on(day)).total == 2
    clock.advance(timedelta(minutes=5))
    assert (await forecast.on(day)).total == 1


@pytest.mark.parametrize("year", [1969, 2101])
async def test_a_date_out_of_range_is_refused(forecast: ForecastDay, year: int) -> None:
    with pytest.raises(InvalidInput, match="date"):
        await forecast.on(date(year, 1, 1))


@pytest.mark.parametrize("limit", [0.0, -1.0, float("inf"), float("nan")])
async def test_a_limit_must_be_a_rate(forecast: ForecastDay, limit: float) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        await forecast.on(date(2026, 1, 1), limit=limit)
