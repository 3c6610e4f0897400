"""What every store does for the planner."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from natalis.domain.delivery import Delivery, DeliveryKey, Status
from natalis.domain.occasion import ANNIVERSARY, BIRTHDAY, Firing
from natalis.domain.planning import Decision, Plan, Plannable, Quarantine, Retime, decide_plans, decide_retime
from natalis.domain.scheduling import Yearly
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.errors import InvalidInput, NotFound
from natalis.ports.store import Store
from natalis.testing.builders import NOON, a_profile, a_rulebook, an_arrival
from natalis.testing.journeys import TOMORROW_AT_NINE, Journey, a_birthday_tomorrow

BOOK = a_rulebook()
DAY = timedelta(days=1)


def decide(plannables: Sequence[Plannable]) -> Sequence[Decision]:
    return decide_plans(plannables, BOOK)


def put_aside(plannables: Sequence[Plannable]) -> Sequence[Decision]:
    return [Quarantine(plannable, "no such zone") for plannable in plannables]


async def test_planning_makes_a_delivery_and_moves_the_occasion_one_year_on(journey: Journey) -> None:
    (user,) = await journey.arrive(a_birthday_tomorrow())

    (decision,) = await journey.plan()

    assert isinstance(decision, Plan)
    key = DeliveryKey(user.id, BIRTHDAY, date(2026, 6, 2))
    end = TOMORROW_AT_NINE + DAY
    expected = Delivery(
        key, Status.SCHEDULED, TOMORROW_AT_NINE, TOMORROW_AT_NINE, end, "Europe/London", planned_at=NOON
    )
    assert await journey.delivery(key) == expected
    upcoming = (await journey.store.people.get(user.id)).occasions[BIRTHDAY].upcoming
    assert upcoming is not None
    assert upcoming.occasion_date == date(2027, 6, 2)


async def test_what_fires_at_the_horizon_is_planned_and_what_fires_after_it_is_not(journey: Journey) -> None:
    await journey.arrive(a_birthday_tomorrow())
    until = TOMORROW_AT_NINE

    too_soon = await journey.store.plans.plan(
        until=until - timedelta(microseconds=1), limit=10, now=NOON, decide=decide
    )
    in_time = await journey.store.plans.plan(until=until, limit=10, now=NOON, decide=decide)

    assert (len(too_soon), len(in_time)) == (0, 1)


async def test_the_soonest_are_planned_first_up_to_the_limit(journey: Journey) -> None:
    zones = ["America/New_York", "Asia/Tokyo", "Europe/London"]
    await journey.arrive(*(replace(a_birthday_tomorrow(), timezone=zone) for zone in zones))

    decisions = await journey.plan(limit=2)

    assert [decision.plannable.timezone for decision in decisions] == ["Asia/Tokyo", "Europe/London"]


async def test_deciding_sees_the_zone_and_both_words_on_leap_days(journey: Journey) -> None:
    profile = a_profile(birthday="2000-06-02", leap_day=LeapDay.FORWARD)
    dates = {ANNIVERSARY: Yearly(YearlyDate(6, 2), LeapDay.OMIT)}
    await journey.store.people.add([an_arrival(profile, dates=dates)])

    decisions = await journey.plan()

    seen = {each.plannable.occasion.kind: each.plannable for each in decisions}
    assert {kind: (each.leap_day, each.occasion.leap_day) for kind, each in seen.items()} == {
        BIRTHDAY: (LeapDay.FORWARD, None),
        ANNIVERSARY: (LeapDay.FORWARD, LeapDay.OMIT),
    }


async def test_concurrent_planners_never_get_the_same_occasion(journey: Journey) -> None:
    await journey.arrive(*(a_birthday_tomorrow() for _ in range(20)))

    batches = await asyncio.gather(*(journey.plan(limit=3) for _ in range(10)))

    planned = [decision.plannable.occasion.user_id for batch in batches for decision in batch]
    assert len(planned) == len(set(planned)) == 20


async def test_a_decision_that_raises_leaves_everything_to_be_planned(journey: Journey) -> None:
    await journey.arrive(a_birthday_tomorrow())

    def fail(_: Sequence[Plannable]) -> Sequence[Decision]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await journey.store.plans.plan(until=NOON + DAY, limit=10, now=NOON, decide=fail)
    assert len(await journey.plan()) == 1


async def test_a_delivery_that_stands_under_the_same_key_stays_as_it_is(journey: Journey) -> None:
    (key,) = await journey.sent()
    before = await journey.delivery(key)
    firing = Firing(key.occasion_date, before.fire_at, before.expires_at)
    await _put_back(journey, key, firing)

    await journey.plan()

    assert await journey.delivery(key) == before


async def test_a_superseded_delivery_is_scheduled_again_when_the_change_is_undone(journey: Journey) -> None:
    (key,) = await journey.planned()
    await journey.change(key.user_id, a_profile(birthday="1985-09-09"))
    await journey.change(key.user_id, a_birthday_tomorrow())

    await journey.plan()

    delivery = await journey.delivery(key)
    assert (delivery.status, delivery.reason, delivery.attempts) == (Status.SCHEDULED, "", 0)


async def test_what_an_operator_cancelled_stays_cancelled(journey: Journey) -> None:
    (key,) = await journey.planned()
    await journey.store.desk.move(key, Status.CANCELLED, now=NOON, expires_at=NOON, reason="asked by phone")
    before = await journey.delivery(key)
    await _put_back(journey, key, Firing(key.occasion_date, before.fire_at, before.expires_at))

    await journey.plan()

    assert await journey.delivery(key) == before


@pytest.mark.parametrize("status", [Status.SENT, Status.RETRYING])
async def test_no_second_delivery_is_made_in_a_year_that_is_used_or_may_be(journey: Journey, status: Status) -> None:
    (claimed,) = await journey.claimed()
    await journey.end(claimed, status, "unknown" if status is Status.RETRYING else "delivered")
    next_day = claimed.delivery.key.occasion_date + DAY
    await _put_back(journey, claimed.delivery.key, Firing(next_day, TOMORROW_AT_NINE + DAY, TOMORROW_AT_NINE + 2 * DAY))

    (decision,) = await journey.plan()

    assert isinstance(decision, Plan)
    assert [delivery.key for delivery in await journey.deliveries()] == [claimed.delivery.key]
    assert not await journey.plan()


async def test_a_year_used_by_one_kind_is_free_for_another(journey: Journey) -> None:
    dates = {ANNIVERSARY: Yearly(YearlyDate(6, 3, 2020))}
    await journey.store.people.add([an_arrival(a_birthday_tomorrow(), dates=dates)])
    await journey.plan()
    journey.now = TOMORROW_AT_NINE
    await journey.claim(*await journey.dispatch())

    await journey.plan()

    assert [delivery.key.kind for delivery in await journey.deliveries()] == [BIRTHDAY, ANNIVERSARY]


async def test_what_cannot_be_planned_is_set_aside_alone_and_visibly(journey: Journey) -> None:
    ada, bea = await journey.arrive(a_birthday_tomorrow(), a_birthday_tomorrow())

    def put_ada_aside(plannables: Sequence[Plannable]) -> Sequence[Decision]:
        return [
            Quarantine(each, "no such zone") if each.occasion.user_id == ada.id else decide([each])[0]
            for each in plannables
        ]

    await journey.store.plans.plan(until=NOON + DAY, limit=10, now=NOON, decide=put_ada_aside)

    ((aside,), cursor) = await journey.store.plans.quarantined(limit=10, cursor=None)
    assert (aside.occasion.user_id, aside.occasion.quarantined, aside.occasion.upcoming) == (
        ada.id,
        "no such zone",
        None,
    )
    assert cursor is None
    assert [delivery.key.user_id for delivery in await journey.deliveries()] == [bea.id]
    assert not await journey.plan()


async def test_what_is_set_aside_can_be_released(journey: Journey) -> None:
    (user,) = await journey.arrive(a_birthday_tomorrow())
    await journey.store.plans.plan(until=NOON + DAY, limit=10, now=NOON, decide=put_aside)
    firing = Firing(date(2026, 6, 2), TOMORROW_AT_NINE, TOMORROW_AT_NINE + DAY)

    await journey.store.plans.release(user.id, BIRTHDAY, firing)

    assert len(await journey.plan()) == 1
    with pytest.raises(NotFound):
        await journey.store.plans.release(user.id, BIRTHDAY, firing)


async def test_what_is_set_aside_is_listed_a_page_at_a_time(journey: Journey) -> None:
    users = await journey.arrive(*(a_birthday_tomorrow() for _ in range(3)))
    await journey.store.plans.plan(until=NOON + DAY, limit=10, now=NOON, decide=put_aside)

    first, cursor = await journey.store.plans.quarantined(limit=2, cursor=None)
    second, end = await journey.store.plans.quarantined(limit=2, cursor=cursor)

    assert [each.occasion.user_id for each in (*first, *second)] == [user.id for user in users]
    assert end is None
    with pytest.raises(InvalidInput):
        await journey.store.plans.quarantined(limit=2, cursor="nonsense")


async def test_a_scan_reads_every_occasion_once_with_what_is_pending(journey: Journey) -> None:
    keys = await journey.planned(*(a_birthday_tomorrow() for _ in range(3)))
    dates = {ANNIVERSARY: Yearly(YearlyDate(8, 1))}
    await journey.store.people.add([an_arrival(a_profile(), dates=dates)])

    found: list[Plannable] = []
    cursor = None
    while True:
        page, cursor = await journey.store.plans.scan(after=cursor, limit=2)
        found += page
        if cursor is None:
            break

    assert [delivery.key for each in found for delivery in each.pending] == keys
    assert [each.occasion.kind for each in found] == [BIRTHDAY, BIRTHDAY, BIRTHDAY, ANNIVERSARY, BIRTHDAY]


async def test_a_scan_leaves_out_what_has_begun_or_ended(journey: Journey) -> None:
    await journey.sent()
    await journey.claimed()

    page, _ = await journey.store.plans.scan(after=None, limit=10)

    assert [each.pending for each in page] == [(), ()]


async def test_retiming_moves_the_occasion_and_what_is_pending(journey: Journey) -> None:
    (key,) = await journey.planned()
    ((plannable,), _) = await journey.store.plans.scan(after=None, limit=10)
    later = Firing(date(2027, 6, 2), datetime(2027, 6, 2, 9, tzinfo=UTC), datetime(2027, 6, 3, 9, tzinfo=UTC))
    moved = Firing(key.occasion_date, TOMORROW_AT_NINE + timedelta(hours=1), TOMORROW_AT_NINE + DAY)

    written = await journey.store.plans.retime([Retime(plannable, later, {key: moved})])

    assert written == 1
    assert (await journey.store.people.get(key.user_id)).occasions[BIRTHDAY].upcoming == later
    delivery = await journey.delivery(key)
    assert (delivery.fire_at, delivery.due_at, delivery.expires_at) == (moved.fire_at, moved.fire_at, moved.expires_at)


async def test_retiming_leaves_an_occasion_that_has_changed_since_it_was_read(journey: Journey) -> None:
    (user,) = await journey.arrive(a_birthday_tomorrow())
    ((plannable,), _) = await journey.store.plans.scan(after=None, limit=10)
    await journey.plan()
    before = await journey.store.people.get(user.id)
    upcoming = plannable.occasion.upcoming
    assert upcoming is not None

    later = replace(upcoming, fire_at=upcoming.fire_at + timedelta(hours=1))
    written = await journey.store.plans.retime([Retime(plannable, later, {})])

    assert written == 0
    assert await journey.store.people.get(user.id) == before


async def test_retiming_does_not_touch_what_is_being_sent(journey: Journey) -> None:
    (key,) = await journey.queued()
    ((plannable,), _) = await journey.store.plans.scan(after=None, limit=10)
    await journey.claim(key)
    upcoming = plannable.occasion.upcoming
    assert upcoming is not None
    later = Firing(key.occasion_date, TOMORROW_AT_NINE + DAY, TOMORROW_AT_NINE + 2 * DAY)

    await journey.store.plans.retime([Retime(plannable, upcoming, {key: later})])

    delivery = await journey.delivery(key)
    assert (delivery.status, delivery.fire_at) == (Status.SENDING, TOMORROW_AT_NINE)


async def test_nothing_moves_under_the_same_zones(store: Store) -> None:
    await store.people.add([an_arrival(a_birthday_tomorrow())])
    page, _ = await store.plans.scan(after=None, limit=10)

    assert [decide_retime(each, BOOK) for each in page] == [None]


async def _put_back(journey: Journey, key: DeliveryKey, firing: Firing) -> None:
    """Set an occasion back to a firing, as no use case would: the store must hold all the same."""
    page, _ = await journey.store.plans.scan(after=None, limit=100)
    (plannable,) = (each for each in page if each.occasion.user_id == key.user_id and each.occasion.kind == key.kind)
    assert await journey.store.plans.retime([Retime(plannable, firing, {})]) == 1
