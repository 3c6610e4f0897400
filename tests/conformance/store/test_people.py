"""What every people store does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from natalis.domain.delivery import SUPERSEDED, Status
from natalis.domain.occasion import ANNIVERSARY, BIRTHDAY
from natalis.domain.person import Person, PersonChange, RequestKey
from natalis.domain.scheduling import Yearly, amend, further_dates
from natalis.domain.user import User
from natalis.domain.yearly_date import LeapDay, YearlyDate
from natalis.errors import EmailTaken, InvalidInput, NotFound, PreconditionFailed
from natalis.ports.people import Added, KeyReused, Repeated, Taken
from natalis.ports.store import Store
from natalis.testing.builders import NOON, a_profile, a_rulebook, an_arrival, renamed
from natalis.testing.journeys import Journey, a_birthday_tomorrow

BOOK = a_rulebook()


def a_request(key: str = "key-1", digest: str = "digest-1", *, hours: int = 24) -> RequestKey:
    return RequestKey(key, digest, NOON + timedelta(hours=hours))


async def test_a_user_is_read_as_added(store: Store) -> None:
    profile = a_profile(
        name="Zoë Þorvaldsdóttir", email="Zoë@example.org", birthday="---02-29", locale="is", leap_day=LeapDay.FORWARD
    )
    arrival = an_arrival(profile, dates={ANNIVERSARY: Yearly(YearlyDate(6, 14, 2020), LeapDay.OMIT)})

    (reception,) = await store.people.add([arrival])

    assert reception == Added(arrival.user)
    expected = Person(arrival.user, {each.kind: each for each in arrival.occasions})
    assert await store.people.get(arrival.user.id) == expected


async def test_an_address_in_another_spelling_is_taken(store: Store) -> None:
    first, second = (an_arrival(a_profile(email=email)) for email in ("Ada@Example.org", "ada@example.ORG"))
    await store.people.add([first])

    assert await store.people.add([second]) == [Taken(first.user)]
    with pytest.raises(NotFound):
        await store.people.get(second.user.id)


async def test_one_that_cannot_be_added_does_not_hold_up_the_others(store: Store) -> None:
    first, same, other = (an_arrival(a_profile(email=email)) for email in ("a@x.org", "a@x.org", "b@x.org"))

    assert await store.people.add([first, same, other]) == [Added(first.user), Taken(first.user), Added(other.user)]


async def test_no_arrivals_are_no_trouble(store: Store) -> None:
    assert list(await store.people.add([])) == []


async def test_a_request_that_comes_again_makes_no_second_user(store: Store) -> None:
    arrival = replace(an_arrival(), request=a_request())
    again = replace(an_arrival(), request=a_request())
    await store.people.add([arrival])

    assert await store.people.add([again]) == [Repeated(arrival.user)]
    assert len((await store.people.page(email=None, limit=10, cursor=None)).items) == 1


async def test_a_repeated_request_wins_over_a_taken_address(store: Store) -> None:
    arrival = replace(an_arrival(), request=a_request())
    await store.people.add([arrival])

    assert await store.people.add([arrival]) == [Repeated(arrival.user)]


async def test_a_request_key_with_another_body_is_refused(store: Store) -> None:
    await store.people.add([replace(an_arrival(), request=a_request())])
    other = replace(an_arrival(), request=a_request(digest="digest-2"))

    assert await store.people.add([other]) == [KeyReused("key-1")]


async def test_request_keys_hold_within_one_call_too(store: Store) -> None:
    first, again, other = (
        replace(an_arrival(), request=a_request(digest=digest)) for digest in ("digest-1", "digest-1", "digest-2")
    )

    assert await store.people.add([first, again, other]) == [
        Added(first.user),
        Repeated(first.user),
        KeyReused("key-1"),
    ]


async def test_an_expired_request_key_is_forgotten(store: Store) -> None:
    await store.people.add([replace(an_arrival(), request=a_request(hours=1))])
    later = replace(an_arrival(now=NOON + timedelta(hours=1)), request=a_request(digest="digest-2", hours=25))

    assert await store.people.add([later]) == [Added(later.user)]


async def test_a_request_that_was_refused_leaves_its_key_free(store: Store) -> None:
    await store.people.add([an_arrival(a_profile(email="a@x.org"))])
    refused = replace(an_arrival(a_profile(email="a@x.org")), request=a_request())
    corrected = replace(an_arrival(a_profile(email="b@x.org")), request=a_request(digest="digest-2"))
    await store.people.add([refused])

    assert await store.people.add([corrected]) == [Added(corrected.user)]


async def test_people_are_listed_by_id_a_page_at_a_time(store: Store) -> None:
    arrivals = [an_arrival() for _ in range(5)]
    await store.people.add(arrivals)

    first = await store.people.page(email=None, limit=2, cursor=None)
    second = await store.people.page(email=None, limit=2, cursor=first.cursor)
    third = await store.people.page(email=None, limit=2, cursor=second.cursor)

    assert [*first.items, *second.items, *third.items] == [arrival.user for arrival in arrivals]
    assert third.cursor is None


async def test_a_full_last_page_has_no_cursor(store: Store) -> None:
    await store.people.add([an_arrival(), an_arrival()])

    assert (await store.people.page(email=None, limit=2, cursor=None)).cursor is None


async def test_a_user_is_found_by_any_spelling_of_the_address(store: Store) -> None:
    arrival = an_arrival(a_profile(email="Ada@Example.org"))
    await store.people.add([arrival, an_arrival()])

    page = await store.people.page(email="ADA@example.org", limit=10, cursor=None)

    assert list(page.items) == [arrival.user]


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "WzFd", "W10", "\x00"])
async def test_a_bad_cursor_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await store.people.page(email=None, limit=2, cursor=cursor)

    assert refused.value.field == "cursor"


async def test_a_change_returns_the_person_as_stored(journey: Journey) -> None:
    (user,) = await journey.arrive(a_birthday_tomorrow())

    await journey.change(user.id, replace(user.profile, timezone="Asia/Tokyo"))

    person = await journey.store.people.get(user.id)
    assert (person.user.version, person.user.profile.timezone) == (2, "Asia/Tokyo")
    upcoming = person.occasions[BIRTHDAY].upcoming
    assert upcoming is not None
    assert upcoming.fire_at.hour == 0


async def test_a_change_that_raises_changes_nothing(journey: Journey) -> None:
    (user,) = await journey.arrive(a_profile())

    def refuse(_: Person) -> PersonChange:
        raise InvalidInput("firstName", "is empty", "give one")

    with pytest.raises(InvalidInput):
        await journey.store.people.change(user.id, refuse)
    assert (await journey.store.people.get(user.id)).user == user


async def test_a_change_sees_the_deliveries(journey: Journey) -> None:
    (key,) = await journey.planned()
    seen: list[Person] = []

    def look(person: Person) -> PersonChange:
        seen.append(person)
        return amend(person, renamed(person.user.profile, "Augusta"), further_dates(person), BOOK, now=NOON)

    await journey.store.people.change(key.user_id, look)

    assert [delivery.key for delivery in seen[0].deliveries] == [key]


async def test_a_pending_delivery_follows_to_the_new_zone(journey: Journey) -> None:
    (key,) = await journey.planned()

    await journey.change(key.user_id, replace(a_birthday_tomorrow(), timezone="America/New_York"))

    delivery = await journey.delivery(key)
    assert (delivery.status, delivery.timezone) == (Status.SCHEDULED, "America/New_York")
    assert delivery.fire_at == delivery.due_at
    assert delivery.fire_at.hour == 13


async def test_a_delivery_that_waits_for_another_attempt_follows_and_keeps_its_attempts(journey: Journey) -> None:
    (claimed,) = await journey.claimed()
    await journey.end(claimed, Status.RETRYING, "deferred")

    await journey.change(claimed.delivery.key.user_id, replace(a_birthday_tomorrow(), timezone="America/New_York"))

    delivery = await journey.delivery(claimed.delivery.key)
    assert (delivery.status, delivery.attempts) == (Status.RETRYING, 1)
    assert delivery.due_at == delivery.fire_at


async def test_a_delivery_whose_date_is_gone_is_cancelled_as_superseded(journey: Journey) -> None:
    (key,) = await journey.queued()

    await journey.change(key.user_id, a_profile(birthday="1985-07-01"))

    delivery = await journey.delivery(key)
    assert (delivery.status, delivery.reason) == (Status.CANCELLED, SUPERSEDED)
    assert await journey.claim(key) == []


async def test_a_missed_delivery_can_get_another_chance(journey: Journey) -> None:
    (key,) = await journey.planned()
    journey.now += timedelta(days=3)
    await journey.store.outbox.expire(now=journey.now, limit=10)

    def again(person: Person) -> PersonChange:
        firing = replace(person.occasions[BIRTHDAY].upcoming, occasion_date=key.occasion_date)  # type: ignore[type-var] # it has one
        user = replace(person.user, version=2)
        return PersonChange(user, person.occasions, {key: firing}, {})  # type: ignore[dict-item] # as above

    await journey.store.people.change(key.user_id, again)

    delivery = await journey.delivery(key)
    assert (delivery.status, delivery.reason) == (Status.SCHEDULED, "")


async def test_what_is_being_sent_does_not_follow(journey: Journey) -> None:
    (claimed,) = await journey.claimed()

    await journey.change(claimed.delivery.key.user_id, a_profile(birthday="1985-07-01"))

    assert (await journey.delivery(claimed.delivery.key)).status is Status.SENDING


async def test_a_kind_that_is_left_out_is_removed(store: Store) -> None:
    arrival = an_arrival(dates={ANNIVERSARY: Yearly(YearlyDate(6, 14, 2020))})
    await store.people.add([arrival])

    person = await store.people.change(
        arrival.user.id, lambda person: amend(person, person.user.profile, {}, BOOK, now=NOON)
    )

    assert set(person.occasions) == {BIRTHDAY}


async def test_an_address_of_another_living_user_cannot_be_taken_over(journey: Journey) -> None:
    ada, bea = await journey.arrive(a_profile(email="ada@x.org"), a_profile(email="bea@x.org"))

    with pytest.raises(EmailTaken):
        await journey.change(bea.id, replace(bea.profile, email="ADA@x.org"))

    assert (await journey.store.people.get(bea.id)).user == bea
    assert (await journey.store.people.get(ada.id)).user == ada


async def test_the_spelling_of_an_own_address_can_be_changed(journey: Journey) -> None:
    (user,) = await journey.arrive(a_profile(email="ada@x.org"))

    await journey.change(user.id, replace(user.profile, email="Ada@x.org"))

    assert (await journey.store.people.get(user.id)).user.profile.email == "Ada@x.org"


async def test_a_deleted_user_is_gone_and_leaves_the_address_free(journey: Journey) -> None:
    (user,) = await journey.arrive(a_profile(email="ada@x.org"))

    await journey.store.people.remove(user.id, now=NOON, erase=False)

    with pytest.raises(NotFound):
        await journey.store.people.get(user.id)
    with pytest.raises(NotFound):
        await journey.change(user.id, user.profile)
    with pytest.raises(NotFound):
        await journey.store.people.remove(user.id, now=NOON, erase=False)
    assert list((await journey.store.people.page(email=None, limit=10, cursor=None)).items) == []
    assert len(await journey.arrive(a_profile(email="ada@x.org"))) == 1


async def test_a_check_that_raises_keeps_the_user_from_being_deleted(journey: Journey) -> None:
    (user,) = await journey.arrive(a_profile())
    seen: list[User] = []

    def refuse(found: User) -> None:
        seen.append(found)
        raise PreconditionFailed("version 2", "version 1")

    for erase in (False, True):
        with pytest.raises(PreconditionFailed):
            await journey.store.people.remove(user.id, now=NOON, erase=erase, check=refuse)

    assert seen == [user, user]
    assert (await journey.store.people.get(user.id)).user == user


async def test_deleting_cancels_what_is_pending_and_plans_nothing_more(journey: Journey) -> None:
    (scheduled,) = await journey.planned()
    (waiting,) = await journey.arrive(a_birthday_tomorrow())

    await journey.store.people.remove(scheduled.user_id, now=NOON, erase=False)
    await journey.store.people.remove(waiting.id, now=NOON, erase=False)

    delivery = await journey.delivery(scheduled)
    assert delivery.status is Status.CANCELLED
    assert "deleted" in delivery.reason
    assert not await journey.plan()


async def test_an_unknown_user_cannot_be_deleted_or_erased(store: Store) -> None:
    for erase in (False, True):
        with pytest.raises(NotFound):
            await store.people.remove("nobody", now=NOON, erase=erase)


@pytest.mark.parametrize("deleted_before", [False, True])
async def test_erasing_leaves_no_personal_datum(journey: Journey, deleted_before: bool) -> None:
    (claimed,) = await journey.claimed(a_birthday_tomorrow(name="Ada Lovelace", email="ada@secret.example"))
    user_id = claimed.delivery.key.user_id
    await journey.change(user_id, replace(a_birthday_tomorrow(name="Ada Lovelace"), email="ada@new.example"))
    await journey.end(claimed, Status.FAILED, "refused", detail="550 ada@secret.example is unknown")
    if deleted_before:
        await journey.store.people.remove(user_id, now=journey.now, erase=False)

    await journey.store.people.remove(user_id, now=journey.now, erase=True)

    delivery, attempts = await journey.store.ledger.get(claimed.delivery.key)
    assert delivery.status is Status.FAILED
    assert "secret" not in f"{delivery} {attempts}"
    assert list(await journey.store.history.find("ada@secret.example")) == []
    assert list(await journey.store.history.find("ada@new.example")) == []
    with pytest.raises(NotFound):
        await journey.store.people.remove(user_id, now=journey.now, erase=True)


async def test_an_answer_that_comes_after_the_erasure_leaves_nothing_either(journey: Journey) -> None:
    (claimed,) = await journey.claimed(a_birthday_tomorrow(email="ada@secret.example"))
    await journey.store.people.remove(claimed.delivery.key.user_id, now=journey.now, erase=True)

    await journey.end(claimed, Status.SENT, detail="accepted for ada@secret.example", provider_id="ada@secret.example")

    delivery, attempts = await journey.store.ledger.get(claimed.delivery.key)
    assert delivery.status is Status.SENT
    assert "secret" not in f"{delivery} {attempts}"


async def test_a_request_key_of_an_erased_user_is_free_again(store: Store) -> None:
    arrival = replace(an_arrival(), request=a_request())
    await store.people.add([arrival])
    await store.people.remove(arrival.user.id, now=NOON, erase=True)
    again = replace(an_arrival(), request=a_request())

    assert await store.people.add([again]) == [Added(again.user)]


async def test_a_person_shows_deliveries_of_the_latest_years_only(journey: Journey) -> None:
    (user,) = await journey.arrive(a_birthday_tomorrow())
    for _ in range(5):
        await journey.plan()
        journey.now += timedelta(days=365)

    years = [delivery.key.occasion_date.year for delivery in (await journey.store.people.get(user.id)).deliveries]

    assert years == sorted(years)
    assert years[-1] - years[0] == 2
