"""Rule: months are made before they are needed, on demand at the latest, and leave whole when their time is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

import asyncpg
import pytest

from natalis.domain.delivery import Status
from natalis.domain.person import RequestKey
from natalis.errors import InvalidInput
from natalis.ports.store import Store
from natalis.testing.builders import NOON, a_profile, an_arrival
from natalis.testing.journeys import Journey
from natalis.testing.servers.postgres import PostgresDatabase

Open: TypeAlias = Callable[..., Awaitable[Store]]
pytestmark = pytest.mark.network

TODAY = NOON.date()
TWO_YEARS = timedelta(days=730)


def months(database: PostgresDatabase, parent: str = "deliveries") -> list[str]:
    query = f"SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = '{parent}'::regclass ORDER BY 1"  # noqa: S608 - our own names
    return database.sql(query).split()


async def test_months_are_made_ahead_and_from_yesterday_on(store: Store, migrated: PostgresDatabase) -> None:
    done = await store.connection.maintain(today=TODAY, keep=None)
    again = await store.connection.maintain(today=TODAY, keep=None)

    names = ["2026_05", "2026_06", "2026_07", "2026_08", "2026_09"]
    assert months(migrated) == [f"deliveries_{name}" for name in names]
    assert months(migrated, "attempts") == [f"attempts_{name}" for name in names]
    assert (len(done), again) == (5, [])


async def test_a_month_that_nobody_made_is_made_when_it_is_needed(open_one: Open, migrated: PostgresDatabase) -> None:
    crew = [Journey(await open_one(migrated.url)) for _ in range(4)]
    await crew[0].arrive(*(a_profile(birthday=f"1985-06-{day:02d}") for day in range(2, 30)))
    for journey in crew:
        journey.now = NOON + timedelta(days=30)

    batches = await asyncio.gather(*(journey.plan(limit=5) for journey in crew for _ in range(3)))

    assert sum(map(len, batches)) == 28
    assert months(migrated) == ["deliveries_2026_06"]


async def test_a_month_past_its_retention_is_dropped_whole(journey: Journey, migrated: PostgresDatabase) -> None:
    (key,) = await journey.sent()
    await journey.store.feedback.rate(key, 5, now=journey.now)

    kept = await journey.store.connection.maintain(today=date(2028, 6, 29), keep=TWO_YEARS)
    gone = await journey.store.connection.maintain(today=date(2028, 7, 1), keep=TWO_YEARS)

    assert not any("dropped" in each for each in kept)
    assert gone == ["made 2028-10", "dropped attempts_2026_06", "dropped deliveries_2026_06"]
    assert "deliveries_2026_06" not in months(migrated)
    assert await journey.deliveries() == []
    assert await journey.store.feedback.mean() == (0.0, 0)
    assert (await journey.store.ledger.tally())[Status.SENT] == 1


async def test_a_month_with_a_delivery_that_has_not_ended_stays(journey: Journey, migrated: PostgresDatabase) -> None:
    await journey.planned()

    done = await journey.store.connection.maintain(today=date(2030, 1, 1), keep=TWO_YEARS)

    assert any("kept deliveries_2026_06" in each for each in done)
    assert "deliveries_2026_06" in months(migrated)


async def test_a_retention_that_was_interrupted_is_finished(journey: Journey, migrated: PostgresDatabase) -> None:
    await journey.sent()
    migrated.sql("ALTER TABLE attempts DETACH PARTITION attempts_2026_06")

    done = await journey.store.connection.maintain(today=date(2030, 1, 1), keep=TWO_YEARS)

    assert {"dropped attempts_2026_06", "dropped deliveries_2026_06"} <= set(done)
    assert migrated.sql("SELECT count(*) FROM pg_class WHERE relname LIKE '%2026_06'") == "0"


@pytest.mark.parametrize(
    "left",
    [
        "DROP TABLE attempts_2026_06",
        "DROP TABLE deliveries_2026_06",
        "DROP TABLE attempts_2026_06; ALTER TABLE deliveries DETACH PARTITION deliveries_2026_06",
        "ALTER TABLE attempts DETACH PARTITION attempts_2026_06",
    ],
)
async def test_a_month_of_which_a_retention_left_a_part_is_made_whole_by_whoever_needs_it(
    left: str, open_one: Open, migrated: PostgresDatabase
) -> None:
    before = Journey(await open_one(migrated.url))
    await before.planned()
    migrated.sql(left)

    await Journey(await open_one(migrated.url)).planned(a_profile(birthday="1985-06-02", email="bea@example.org"))

    assert months(migrated) == ["deliveries_2026_06"]
    assert months(migrated, "attempts") == ["attempts_2026_06"]


async def test_a_month_that_a_retention_was_about_to_detach_is_made_whole_by_whoever_needs_it(
    open_one: Open, migrated: PostgresDatabase
) -> None:
    (kept,) = await Journey(await open_one(migrated.url)).planned()
    await _cut_off_while_detaching("deliveries_2026_06", migrated)

    (new,) = await Journey(await open_one(migrated.url)).planned(a_profile(birthday="1985-06-02"))

    assert months(migrated) == ["deliveries_2026_06"]
    assert migrated.sql("SELECT user_id FROM deliveries ORDER BY 1").split() == sorted([kept.user_id, new.user_id])


async def test_others_read_and_write_while_a_month_leaves(open_one: Open, migrated: PostgresDatabase) -> None:
    here, there = [Journey(await open_one(migrated.url)) for _ in range(2)]
    await here.sent()
    there.now = datetime(2030, 6, 1, 12, tzinfo=UTC)

    _, keys = await asyncio.gather(
        here.store.connection.maintain(today=date(2030, 6, 1), keep=TWO_YEARS),
        there.planned(*(a_profile(birthday="1985-06-02") for _ in range(5))),
    )

    assert len(keys) == 5
    assert "deliveries_2026_06" not in months(migrated)


async def test_one_process_maintains_at_a_time(open_one: Open, migrated: PostgresDatabase) -> None:
    stores = [await open_one(migrated.url) for _ in range(3)]

    done = await asyncio.gather(*(store.connection.maintain(today=TODAY, keep=None) for store in stores))

    assert sorted(len(each) for each in done) == [0, 0, 5]


async def test_what_was_sent_this_year_must_be_known_for_a_year(store: Store) -> None:
    with pytest.raises(InvalidInput):
        await store.connection.maintain(today=TODAY, keep=timedelta(days=365))


async def test_request_keys_past_their_time_are_forgotten(store: Store, migrated: PostgresDatabase) -> None:
    arrival = an_arrival()
    request = RequestKey("key", "digest", NOON + timedelta(hours=1))
    await store.people.add([type(arrival)(arrival.user, arrival.occasions, request)])

    await store.connection.maintain(today=TODAY, keep=None)
    assert migrated.sql("SELECT count(*) FROM requests") == "1"
    await store.connection.maintain(today=TODAY + timedelta(days=1), keep=None)

    assert migrated.sql("SELECT count(*) FROM requests") == "0"


async def _cut_off_while_detaching(month: str, database: PostgresDatabase) -> None:
    """End a retention while it waits for somebody who reads."""
    reader, retention = [await asyncpg.connect(database.admin_url) for _ in range(2)]
    async with reader.transaction():
        await reader.execute("SELECT FROM deliveries")
        await retention.execute("SET statement_timeout = 100")
        with pytest.raises(asyncpg.QueryCanceledError):
            await retention.execute(f"ALTER TABLE deliveries DETACH PARTITION {month} CONCURRENTLY")
    assert await retention.fetchval("SELECT count(*) FROM pg_inherits WHERE inhdetachpending") == 1
    for connection in (reader, retention):
        await connection.close()
