"""The planner."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, tzinfo

import pytest

from natalis.domain.events import Planned, Quarantined
from natalis.domain.rulebook import Rulebook
from natalis.errors import UnknownZone
from natalis.services.planner import PlannerOptions
from natalis.testing.builders import a_profile, an_arrival
from natalis.testing.house import EVE, House, run


async def people(house: House, *, timezone: str, birthday: str = "1990-06-02", count: int = 1) -> None:
    """Add people."""
    arrivals = [
        an_arrival(a_profile(birthday=birthday, timezone=timezone), now=house.clock.now(), book=house.book)
        for _ in range(count)
    ]
    await house.store.people.add(arrivals)


async def test_what_fires_within_the_horizon_is_planned_and_nothing_after_it(house: House) -> None:
    await people(house, timezone="Etc/UTC", birthday="1990-06-02")
    await people(house, timezone="Etc/UTC", birthday="1990-06-03")

    await run(house.planner(PlannerOptions(horizon=timedelta(hours=24))))

    assert [str(delivery.key.occasion_date) for delivery in await house.deliveries()] == ["2026-06-02"]
    assert house.telemetry.of(Planned) == [Planned(1)]


async def test_a_step_plans_a_batch_and_says_whether_there_may_be_more(house: House) -> None:
    await people(house, timezone="Etc/UTC", count=5)
    planner = house.planner(PlannerOptions(batch=2))

    worked = [(await planner.step()).worked for _ in range(4)]

    assert worked == [True, True, True, False]
    assert [event.count for event in house.telemetry.of(Planned)] == [2, 2, 1]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Apia", "Asia/Kolkata", "Europe/Paris", "Etc/GMT+12"])
async def test_the_horizon_covers_the_whole_earth_so_that_nobody_is_planned_after_their_hour(
    house: House, zone: str
) -> None:
    await people(house, timezone=zone, birthday="1990-06-04")
    planner = house.planner(PlannerOptions(horizon=timedelta(hours=1)))

    for _ in range(5 * 24 * 2):
        await run(planner)
        house.clock.advance(timedelta(minutes=30))

    (delivery,) = await house.deliveries()
    assert delivery.planned_at is not None
    assert timedelta(0) < delivery.fire_at - delivery.planned_at <= timedelta(hours=1)


@pytest.mark.parametrize("fault", [UnknownZone("Mars/Base", ()), RuntimeError("nobody foresaw this")])
async def test_one_person_who_cannot_be_planned_is_set_aside_and_the_others_go_on(
    house: House, fault: Exception
) -> None:
    await people(house, timezone="Europe/Paris", count=3)
    await people(house, timezone="Europe/Rome")

    def zone(name: str) -> tzinfo:
        if name == "Europe/Rome":
            raise fault
        return house.book.zone(name)

    await run(house.planner(book=Rulebook(house.book.kinds, zone)))

    assert len(await house.deliveries()) == 3
    (event,) = house.telemetry.of(Quarantined)
    ((aside,), _) = await house.store.plans.quarantined(limit=10, cursor=None)
    assert event.user_id == aside.occasion.user_id
    assert str(fault) in event.reason


async def test_two_planners_at_once_plan_everyone_once(house: House) -> None:
    await people(house, timezone="Etc/UTC", count=50)
    planners = [house.planner(PlannerOptions(batch=7)) for _ in range(2)]

    await asyncio.gather(*(run(planner) for planner in planners))

    assert len(await house.deliveries()) == 50
    assert sum(event.count for event in house.telemetry.of(Planned)) == 50


async def test_a_year_later_the_next_delivery_is_planned(house: House) -> None:
    await people(house, timezone="Etc/UTC")
    await run(house.planner())

    house.clock.advance_to(datetime(2027, 6, 1, 12, tzinfo=EVE.tzinfo))
    await run(house.planner())

    assert [delivery.key.occasion_date.year for delivery in await house.deliveries()] == [2026, 2027]
