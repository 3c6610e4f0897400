"""What every store tells about what happened, and what will."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from natalis.domain.delivery import SUPERSEDED, DeliveryKey, Status
from natalis.domain.occasion import ANNIVERSARY, BIRTHDAY
from natalis.domain.planning import Quarantine
from natalis.domain.scheduling import Yearly
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.errors import InvalidInput, NotFound
from natalis.ports.ledger import Cohort, DeliveryFilter, Upcoming
from natalis.ports.store import Store
from natalis.testing.builders import NOON, a_profile, an_arrival
from natalis.testing.journeys import TOMORROW_AT_NINE, Journey, a_birthday_tomorrow

DAY = timedelta(days=1)
ZONES_BY_NINE = ("Asia/Tokyo", "Asia/Kolkata", "Europe/London", "America/New_York", "America/Los_Angeles")


async def _around_the_world(journey: Journey) -> list[DeliveryKey]:
    return await journey.planned(*(replace(a_birthday_tomorrow(), timezone=zone) for zone in reversed(ZONES_BY_NINE)))


async def _page(store: Store, wanted: DeliveryFilter) -> list[DeliveryKey]:
    return [delivery.key for delivery in (await store.ledger.page(wanted, limit=100, cursor=None)).items]


async def test_deliveries_are_listed_by_fire_time_a_page_at_a_time(journey: Journey) -> None:
    keys = (await _around_the_world(journey))[::-1]

    seen: list[DeliveryKey] = []
    cursor = None
    while True:
        page = await journey.store.ledger.page(DeliveryFilter(), limit=2, cursor=cursor)
        seen += [delivery.key for delivery in page.items]
        if (cursor := page.cursor) is None:
            break

    assert seen == keys


async def test_a_list_of_deliveries_of_one_instant_misses_nobody(journey: Journey) -> None:
    keys = await journey.planned(*(a_birthday_tomorrow() for _ in range(7)))

    seen: list[DeliveryKey] = []
    cursor = None
    while True:
        page = await journey.store.ledger.page(DeliveryFilter(status=Status.SCHEDULED), limit=3, cursor=cursor)
        seen += [delivery.key for delivery in page.items]
        if (cursor := page.cursor) is None:
            break

    assert sorted(seen) == sorted(keys)


@pytest.mark.parametrize("status", list(Status))
async def test_a_list_can_be_narrowed_to_a_status(journey: Journey, status: Status) -> None:
    expected = {status: await _one_of_each(journey, status)}

    found = await _page(journey.store, DeliveryFilter(status=status))

    assert found == [expected[status]]


async def test_a_list_can_be_narrowed_by_every_field(journey: Journey) -> None:
    dates = {ANNIVERSARY: Yearly(YearlyDate(6, 2, 2020))}
    arrival = an_arrival(a_birthday_tomorrow(), dates=dates)
    await journey.store.people.add([arrival])
    birthday, anniversary = (DeliveryKey(arrival.user.id, kind, date(2026, 6, 2)) for kind in (BIRTHDAY, ANNIVERSARY))
    (other,) = await journey.planned(replace(a_birthday_tomorrow(), timezone="Asia/Tokyo"))
    store = journey.store

    assert await _page(store, DeliveryFilter(user_id=other.user_id)) == [other]
    assert await _page(store, DeliveryFilter(kind=ANNIVERSARY)) == [anniversary]
    assert await _page(store, DeliveryFilter(fire_from=TOMORROW_AT_NINE)) == sorted([birthday, anniversary])
    assert await _page(store, DeliveryFilter(fire_to=TOMORROW_AT_NINE)) == [other]
    assert await _page(store, DeliveryFilter(user_id=other.user_id, kind=ANNIVERSARY)) == []
    assert await _page(store, DeliveryFilter(Status.SCHEDULED, BIRTHDAY, birthday.user_id)) == [birthday]
    assert await _page(store, DeliveryFilter(Status.FAILED, fire_from=NOON)) == []


async def test_a_bad_cursor_is_refused(store: Store) -> None:
    for cursor in ("nonsense", "WyJhIl0"):
        with pytest.raises(InvalidInput):
            await store.ledger.page(DeliveryFilter(), limit=2, cursor=cursor)
        with pytest.raises(InvalidInput):
            await store.ledger.upcoming(now=NOON, until=NOON, timezone=None, limit=2, cursor=cursor)


async def test_an_unknown_delivery_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.ledger.get(DeliveryKey("nobody", BIRTHDAY, date(2026, 6, 2)))


async def test_every_attempt_is_told_first_one_first(journey: Journey) -> None:
    (claimed,) = await journey.claimed()
    await journey.end(claimed, Status.RETRYING, "deferred", due_at=journey.now, counts=False)
    await journey.dispatch()
    (again,) = await journey.claim(claimed.delivery.key, worker_id="worker-2")
    await journey.end(again)

    _, attempts = await journey.store.ledger.get(claimed.delivery.key)

    assert [(each.number, each.worker_id, each.outcome) for each in attempts] == [
        (1, "worker-1", "deferred"),
        (2, "worker-2", "delivered"),
    ]


async def test_upcoming_merges_what_is_planned_and_what_is_not_by_fire_time(journey: Journey) -> None:
    await _around_the_world(journey)
    late = a_profile(name="Bea Brown", email="bea@x.org", birthday="1985-06-04")
    await journey.arrive(late, replace(a_birthday_tomorrow(), timezone="Pacific/Auckland"))
    until = NOON + 4 * DAY

    seen: list[Upcoming] = []
    cursor = None
    while True:
        page = await journey.store.ledger.upcoming(now=NOON, until=until, timezone=None, limit=2, cursor=cursor)
        seen += page.items
        if (cursor := page.cursor) is None:
            break

    expected = [("Pacific/Auckland", False), *((zone, True) for zone in ZONES_BY_NINE), ("Europe/London", False)]
    assert [(each.timezone, each.planned) for each in seen] == expected
    assert (seen[-1].full_name, seen[-1].email, seen[-1].kind) == ("Bea Brown", "bea@x.org", BIRTHDAY)
    assert (seen[-1].occasion_date, seen[-1].fire_at) == ("2026-06-04", TOMORROW_AT_NINE + 2 * DAY)


async def test_upcoming_can_be_narrowed_to_a_zone(journey: Journey) -> None:
    await _around_the_world(journey)
    await journey.arrive(
        replace(a_profile(birthday="1985-06-04"), timezone="Asia/Tokyo"), a_profile(birthday="---06-04")
    )

    page = await journey.store.ledger.upcoming(
        now=NOON, until=NOON + 4 * DAY, timezone="Asia/Tokyo", limit=10, cursor=None
    )

    assert [(each.timezone, each.planned) for each in page.items] == [("Asia/Tokyo", True), ("Asia/Tokyo", False)]


async def test_upcoming_leaves_out_what_will_not_be_sent(journey: Journey) -> None:
    (cancelled,) = await journey.planned()
    await journey.store.desk.move(cancelled, Status.CANCELLED, now=NOON, expires_at=NOON, reason="no")
    await journey.sent()
    (deleted,) = await journey.arrive(a_profile(birthday="1985-06-05"))
    await journey.store.people.remove(deleted.id, now=NOON, erase=False)

    page = await journey.store.ledger.upcoming(now=NOON, until=NOON + 9 * DAY, timezone=None, limit=10, cursor=None)

    assert list(page.items) == []


async def test_cohorts_count_people_by_all_a_fire_time_depends_on(journey: Journey) -> None:
    await journey.arrive(
        a_profile(birthday="1990-03-01"),
        a_profile(birthday="1991-03-01"),
        a_profile(birthday="1991-03-01", timezone="Asia/Tokyo"),
        a_profile(birthday="---02-29", timezone="Asia/Tokyo"),
        a_profile(birthday="---02-29", timezone="Asia/Tokyo", leap_day=LeapDay.OMIT),
        a_profile(birthday="1991-03-02"),
    )

    cohorts = await journey.store.ledger.cohorts([(3, 1), (2, 29), (3, 1)])

    assert sorted(cohorts, key=str) == sorted(
        [
            Cohort(BIRTHDAY, 3, 1, "Europe/London", None, 2),
            Cohort(BIRTHDAY, 3, 1, "Asia/Tokyo", None, 1),
            Cohort(BIRTHDAY, 2, 29, "Asia/Tokyo", None, 1),
            Cohort(BIRTHDAY, 2, 29, "Asia/Tokyo", LeapDay.OMIT, 1),
        ],
        key=str,
    )


async def test_an_occasions_own_word_on_leap_days_goes_before_the_users(journey: Journey) -> None:
    dates = {ANNIVERSARY: Yearly(YearlyDate(2, 29), LeapDay.FORWARD)}
    await journey.store.people.add([an_arrival(a_profile(leap_day=LeapDay.OMIT), dates=dates)])

    (cohort,) = await journey.store.ledger.cohorts([(2, 29)])

    assert cohort.leap_day is LeapDay.FORWARD


async def test_cohorts_leave_out_who_is_gone_or_set_aside(journey: Journey) -> None:
    gone, _ = await journey.arrive(a_birthday_tomorrow(), a_birthday_tomorrow())
    await journey.store.people.remove(gone.id, now=NOON, erase=False)
    await journey.store.plans.plan(
        until=NOON + DAY, limit=10, now=NOON, decide=lambda found: [Quarantine(each, "no zone") for each in found]
    )

    assert list(await journey.store.ledger.cohorts([(6, 2)])) == []


async def test_the_tally_names_every_status(journey: Journey) -> None:
    empty = await journey.store.ledger.tally()
    for status in sorted(Status, key=lambda each: each is Status.SCHEDULED):  # last, or it would be dispatched
        await _one_of_each(journey, status)

    assert dict(empty) == dict.fromkeys(Status, 0)
    assert dict(await journey.store.ledger.tally()) == dict.fromkeys(Status, 1)


async def test_a_year_is_told_by_kind_with_attempts_and_what_comes_next(journey: Journey) -> None:
    dates = {ANNIVERSARY: Yearly(YearlyDate(9, 1, 2020))}
    arrival = an_arrival(a_birthday_tomorrow(), dates=dates)
    await journey.store.people.add([arrival])
    await journey.plan()
    journey.now = TOMORROW_AT_NINE
    (claimed,) = await journey.claim(*await journey.dispatch())
    await journey.end(claimed)

    anniversary, birthday = await journey.store.history.year(arrival.user.id, 2026)

    assert (anniversary.kind, anniversary.delivery, list(anniversary.attempts)) == (ANNIVERSARY, None, [])
    assert anniversary.occasion == arrival.occasions[1]
    assert birthday.delivery == await journey.delivery(claimed.delivery.key)
    assert [attempt.outcome for attempt in birthday.attempts] == ["delivered"]
    assert birthday.occasion is not None
    assert birthday.occasion.upcoming is not None
    assert birthday.occasion.upcoming.occasion_date == date(2027, 6, 2)


async def test_a_year_tells_the_delivery_that_counts_not_a_superseded_one(journey: Journey) -> None:
    (old,) = await journey.planned(a_profile(birthday="1985-06-02"))
    await journey.change(old.user_id, a_profile(birthday="1985-06-01"))
    await journey.plan()
    assert (await journey.delivery(old)).reason == SUPERSEDED

    (record,) = await journey.store.history.year(old.user_id, 2026)

    assert record.delivery is not None
    assert record.delivery.key.occasion_date == date(2026, 6, 1)


async def test_a_deleted_user_still_has_a_history(journey: Journey) -> None:
    (key,) = await journey.sent()
    await journey.store.people.remove(key.user_id, now=journey.now, erase=False)

    (record,) = await journey.store.history.year(key.user_id, 2026)

    assert record.delivery is not None
    assert record.delivery.status is Status.SENT
    assert record.occasion is None


async def test_nobody_has_no_history(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.history.year("nobody", 2026)


async def test_users_are_found_by_every_address_they_have_or_had(journey: Journey) -> None:
    (deleted,) = await journey.arrive(a_profile(email="ada@x.org"))
    await journey.store.people.remove(deleted.id, now=NOON, erase=False)
    (moved,) = await journey.arrive(a_profile(email="ada@x.org"))
    await journey.change(moved.id, replace(moved.profile, email="ada@new.org"))
    (living,) = await journey.arrive(a_profile(email="ada@x.org"))

    found = list(await journey.store.history.find(" ADA@x.org "))

    assert found[0] == living.id
    assert set(found) == {living.id, moved.id, deleted.id}
    assert len(found) == 3
    assert list(await journey.store.history.find("ada@new.org")) == [moved.id]
    assert list(await journey.store.history.find("eve@x.org")) == []


async def _one_of_each(journey: Journey, status: Status) -> DeliveryKey:
    """Return the delivery of a new person, brought to `status`."""
    profile = a_birthday_tomorrow()
    if status is Status.SCHEDULED:
        return (await journey.planned(profile))[0]
    if status is Status.QUEUED:
        return (await journey.queued(profile))[0]
    if status is Status.CANCELLED:
        (key,) = await journey.planned(profile)
        await journey.store.desk.move(key, status, now=NOON, expires_at=NOON, reason="no")
        return key
    (claimed,) = await journey.claimed(profile)
    if status is not Status.SENDING:
        await journey.end(claimed, status)
    return claimed.delivery.key
