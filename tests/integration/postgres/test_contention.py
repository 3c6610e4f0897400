"""Rule: any number of planners, dispatchers, workers and people work on one database, and none gets another's rows."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

import pytest

from natalis.domain.delivery import DeliveryKey, Status
from natalis.domain.person import RequestKey
from natalis.errors import EmailTaken
from natalis.ports.outbox import Disposal, Due, Queued
from natalis.ports.people import Added, Reception, Repeated, Taken
from natalis.ports.store import Store
from natalis.stores.postgres.outbox import TIME_TO_PUBLISH
from natalis.testing.builders import NOON, a_profile, an_arrival
from natalis.testing.journeys import TOMORROW_AT_NINE, Journey, a_birthday_tomorrow
from natalis.testing.servers.postgres import PostgresDatabase

Open: TypeAlias = Callable[..., Awaitable[Store]]
pytestmark = pytest.mark.network

SECOND = timedelta(seconds=1)


@pytest.fixture
async def crew(open_one: Open, migrated: PostgresDatabase) -> list[Journey]:
    """Four processes on one database."""
    return [Journey(await open_one(migrated.url, instance=f"process-{number}")) for number in range(4)]


async def _due(crew: Sequence[Journey], count: int) -> None:
    await crew[0].arrive(*(a_birthday_tomorrow() for _ in range(count)))
    await crew[0].plan(limit=count)
    for journey in crew:
        journey.now = TOMORROW_AT_NINE


async def test_planners_plan_each_occasion_once(crew: list[Journey]) -> None:
    users = await crew[0].arrive(*(a_birthday_tomorrow() for _ in range(400)))

    batches = await asyncio.gather(*(journey.plan(limit=30) for journey in crew for _ in range(5)))

    planned = Counter(decision.plannable.occasion.user_id for batch in batches for decision in batch)
    assert planned == Counter(user.id for user in users)


async def test_dispatchers_publish_each_delivery_once_and_never_more_than_their_limit(crew: list[Journey]) -> None:
    await _due(crew, 400)
    published: list[DeliveryKey] = []

    async def publish(dues: Sequence[Due]) -> Sequence[Disposal]:
        assert len(dues) <= 30
        published.extend(due.key for due in dues)
        await asyncio.wait([asyncio.ensure_future(crew[0].store.connection.ping())])
        return [Queued(due.key) for due in dues]

    window = crew[0].window(limit=30)
    await asyncio.gather(*(journey.store.outbox.dispatch(window, publish) for journey in crew for _ in range(5)))

    assert len(published) == len(set(published)) == 400


async def test_nothing_is_locked_while_it_is_published(crew: list[Journey], migrated: PostgresDatabase) -> None:
    await _due(crew, 3)
    seen: list[str] = []

    async def publish(dues: Sequence[Due]) -> Sequence[Disposal]:
        seen.append(migrated.sql("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"))
        return [Queued(due.key) for due in dues]

    await crew[0].store.outbox.dispatch(crew[0].window(), publish)

    assert seen == ["0"]


async def test_what_a_dead_dispatcher_had_claimed_is_published_by_another(crew: list[Journey]) -> None:
    await _due(crew, 5)
    dying = asyncio.Event()

    async def die(_: Sequence[Due]) -> Sequence[Disposal]:
        dying.set()
        await asyncio.get_running_loop().create_future()
        return ()

    dead = asyncio.ensure_future(crew[0].store.outbox.dispatch(crew[0].window(), die))
    await dying.wait()
    reap = crew[1].store.recovery.reap
    early = await reap(now=TOMORROW_AT_NINE + TIME_TO_PUBLISH - SECOND, queued_before=NOON, hold=False, limit=10)
    late = await reap(now=TOMORROW_AT_NINE + TIME_TO_PUBLISH, queued_before=NOON, hold=False, limit=10)
    crew[1].now += TIME_TO_PUBLISH

    assert (len(early.lost), len(late.lost)) == (0, 5)
    assert sorted(await crew[1].dispatch()) == sorted(late.lost)

    dead.cancel()
    await asyncio.gather(dead, return_exceptions=True)
    assert (await crew[1].store.ledger.tally())[Status.QUEUED] == 5


async def test_a_cancelled_dispatcher_gives_back_at_once(crew: list[Journey]) -> None:
    await _due(crew, 5)
    publishing = asyncio.Event()

    async def never(_: Sequence[Due]) -> Sequence[Disposal]:
        publishing.set()
        await asyncio.get_running_loop().create_future()
        return ()

    dispatch = asyncio.ensure_future(crew[0].store.outbox.dispatch(crew[0].window(), never))
    await publishing.wait()
    dispatch.cancel()
    await asyncio.gather(dispatch, return_exceptions=True)

    assert len(await crew[1].dispatch()) == 5


async def test_workers_claim_each_delivery_once_in_whatever_order_they_ask(crew: list[Journey]) -> None:
    await _due(crew, 200)
    keys = await crew[0].dispatch(limit=200)

    orders = (keys, keys[::-1], sorted(keys), sorted(keys, reverse=True))
    claims = await asyncio.gather(*(journey.claim(*order) for journey, order in zip(crew * 3, orders * 3, strict=True)))

    claimed = [claim.delivery.key for batch in claims for claim in batch]
    assert sorted(claimed) == sorted(keys)


async def test_completions_and_reaping_at_once_end_each_attempt_once(crew: list[Journey]) -> None:
    await _due(crew, 200)
    claims = await crew[0].claim(*await crew[0].dispatch(limit=200))
    late = crew[1].now + timedelta(minutes=1)

    reaping = asyncio.ensure_future(crew[1].store.recovery.reap(now=late, queued_before=NOON, hold=False, limit=1000))
    ends = [[crew[0].completion(claim) for claim in claims[place::7]] for place in range(7)]
    fenced = [key for batch in await asyncio.gather(*map(crew[0].store.inbox.complete, ends)) for key in batch]

    assert sorted(fenced) == sorted((await reaping).leases)
    tally = await crew[0].store.ledger.tally()
    assert tally[Status.SENT] + tally[Status.RETRYING] == 200


async def test_of_those_who_want_one_address_at_once_one_gets_it(crew: list[Journey]) -> None:
    arrivals = [[an_arrival(a_profile(email=f"person{number}@x.org")) for number in range(20)] for _ in crew]

    receptions = await asyncio.gather(
        *(
            journey.store.people.add(own[::step])
            for journey, own, step in zip(crew, arrivals, (1, -1, 1, -1), strict=True)
        )
    )

    counted = Counter(type(reception) for batch in receptions for reception in batch)
    assert counted == {Added: 20, Taken: 60}
    holders = {reception.holder.id for batch in receptions for reception in batch if isinstance(reception, Taken)}
    assert holders <= {reception.user.id for batch in receptions for reception in batch if isinstance(reception, Added)}


async def test_of_requests_with_one_key_at_once_one_makes_a_user(crew: list[Journey]) -> None:
    request = RequestKey("key", "digest", NOON + timedelta(days=1))

    receptions = await asyncio.gather(
        *(journey.store.people.add([replace(an_arrival(), request=request)]) for journey in crew for _ in range(3))
    )

    added = [reception.user for (reception,) in receptions if isinstance(reception, Added)]
    assert len(added) == 1
    assert _all_but(receptions, Added(added[0])) == [[Repeated(added[0])]] * 11


async def test_of_changes_to_one_address_at_once_one_succeeds(crew: list[Journey]) -> None:
    users = await crew[0].arrive(*(a_profile() for _ in crew))

    outcomes = await asyncio.gather(
        *(
            journey.change(user.id, replace(user.profile, email="wanted@x.org"))
            for journey, user in zip(crew, users, strict=True)
        ),
        return_exceptions=True,
    )

    assert Counter(map(type, outcomes)) == {type(None): 1, EmailTaken: 3}


async def test_changes_of_one_person_are_made_one_after_the_other(crew: list[Journey]) -> None:
    (user,) = await crew[0].arrive(a_birthday_tomorrow())

    await asyncio.gather(*(journey.change(user.id, user.profile) for journey in crew for _ in range(5)))

    assert (await crew[0].store.people.get(user.id)).user.version == 21


@pytest.mark.parametrize("parameter", ["", "?pgbouncer=true"])
async def test_a_database_that_is_stricter_by_default_makes_nobody_fail(
    open_one: Open, migrated: PostgresDatabase, parameter: str
) -> None:
    migrated.sql(f"ALTER DATABASE {migrated.name} SET default_transaction_isolation = serializable")
    journeys = [Journey(await open_one(migrated.url + parameter)) for _ in range(2)]
    (user,) = await journeys[0].arrive(a_birthday_tomorrow())

    await asyncio.gather(*(journey.change(user.id, user.profile) for journey in journeys for _ in range(10)))

    assert (await journeys[0].store.people.get(user.id)).user.version == 21


async def test_planning_and_changing_at_once_leave_one_delivery_where_the_person_is(crew: list[Journey]) -> None:
    users = await crew[0].arrive(*(a_birthday_tomorrow() for _ in range(40)))
    moved = [replace(user.profile, timezone="Asia/Tokyo") for user in users]

    await asyncio.gather(
        *(crew[0].change(user.id, profile) for user, profile in zip(users, moved, strict=True)),
        *(journey.plan(limit=7) for journey in crew[1:] for _ in range(6)),
    )
    await crew[0].plan(limit=100)

    deliveries = await crew[0].deliveries()
    assert sorted(delivery.key.user_id for delivery in deliveries) == sorted(user.id for user in users)
    assert {delivery.timezone for delivery in deliveries} == {"Asia/Tokyo"}


def _all_but(receptions: Sequence[Sequence[Reception]], one: Reception) -> list[list[Reception]]:
    return [list(batch) for batch in receptions if list(batch) != [one]]
