"""Every query finds its rows through an index, however many rows there are."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from natalis.domain.delivery import Status
from natalis.domain.planning import decide_plans
from natalis.ports.people import Arrival
from natalis.stores.sqlite import open_store
from natalis.stores.sqlite.session import QUERIES
from natalis.testing.builders import NOON, a_profile, an_arrival
from natalis.testing.journeys import Journey

PEOPLE = 20_000
ZONES = ("Europe/London", "Asia/Tokyo", "America/New_York", "Africa/Lagos", "Australia/Sydney")

HOT = {
    "occasions_to_plan": "occasions USING INDEX occasions_next",
    "deliveries_in_years": "deliveries USING INDEX deliveries_key",
    "move_occasions_on": "occasions USING INTEGER PRIMARY KEY",
    "due_on_time": "deliveries USING INDEX deliveries_due",
    "due_late": "deliveries USING INDEX deliveries_due",
    "mark_queued": "deliveries USING INTEGER PRIMARY KEY",
    "next_due": "deliveries USING COVERING INDEX deliveries_due",
    "expired_deliveries": "deliveries USING INDEX deliveries_expiry",
    "claimable": "deliveries USING INDEX deliveries_key",
    "begin_attempts": "json_each",
    "mark_sending": "deliveries USING INTEGER PRIMARY KEY",
    "under_way": "deliveries USING INDEX deliveries_key",
    "end_deliveries": "deliveries USING INTEGER PRIMARY KEY",
    "end_attempts": "attempts USING INTEGER PRIMARY KEY",
    "leases_held": "attempts USING INTEGER PRIMARY KEY",
    "leases_run_out": "deliveries USING INDEX deliveries_lease",
    "queued_too_long": "deliveries USING INDEX deliveries_queued",
    "living_user": "users USING INDEX sqlite_autoindex_users_1",
    "holders_of_emails": "users USING INDEX users_living_email",
    "occasions_of_user": "occasions USING INDEX occasions_user",
    "deliveries_of_user": "deliveries USING INDEX deliveries_key",
    "living_users_after": "users USING INDEX sqlite_autoindex_users_1",
    "deliveries_page": "deliveries USING INDEX deliveries_fire",
    "live_deliveries_page": "deliveries USING INDEX deliveries_live",
    "ended_deliveries_page": "deliveries USING INDEX deliveries_ended",
    "upcoming_deliveries": "deliveries USING INDEX deliveries_live",
    "upcoming_occasions": "occasions USING INDEX occasions_next",
    "cohorts": "occasions USING INDEX occasions_cohort",
    "occasions_after": "occasions USING INDEX occasions_user",
    "living_users": "users USING COVERING INDEX sqlite_autoindex_users_1",
}
"""What each query that runs often, or over many rows, must be found by."""

WHOLE = {
    "living_users": "it counts everybody by an index, once in some minutes, and then those who were deleted",
    "tally": "it counts narrow indexes that hold only what has not ended, or ended badly",
    "users_with_email": "it orders the handful of users it has found",
    "tokens_by_name": "there are a few tokens",
    "ratings": "the mean is over all of them",
    "anything": "the table has one row",
}
"""Queries that may read something from end to end, and why."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A file with many people and some deliveries in every state, whose statistics SQLite has gathered."""
    path = tmp_path_factory.mktemp("plans") / "natalis.db"
    asyncio.run(_load(path))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ANALYZE")
        yield connection


def _plan(connection: sqlite3.Connection, name: str) -> list[str]:
    sql = QUERIES[name].sql
    values = dict.fromkeys(re.findall(r":([a-z_]+)", sql))
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


@pytest.mark.parametrize(("name", "way"), HOT.items())
def test_what_runs_often_goes_through_its_index(loaded: sqlite3.Connection, name: str, way: str) -> None:
    assert any(way in step for step in _plan(loaded, name)), _plan(loaded, name)


@pytest.mark.parametrize("name", sorted(QUERIES.keys() - WHOLE.keys()))
def test_no_query_reads_a_table_from_end_to_end(loaded: sqlite3.Connection, name: str) -> None:
    scans = [step for step in _plan(loaded, name) if step.startswith("SCAN") and "VIRTUAL TABLE" not in step]

    assert [step for step in scans if "CONSTANT ROW" not in step] == []


@pytest.mark.parametrize("name", ["occasions_to_plan", "due_on_time", "due_late", "deliveries_page", "leases_run_out"])
def test_what_is_read_in_order_is_not_sorted(loaded: sqlite3.Connection, name: str) -> None:
    assert not any("TEMP B-TREE" in step for step in _plan(loaded, name))


async def _load(path: Path) -> None:
    store = await open_store(path)
    journey = Journey(store)
    for start in range(0, PEOPLE, 1_000):
        await store.people.add([_somebody(number) for number in range(start, start + 1_000)])
    await store.plans.plan(
        until=NOON + timedelta(days=30), limit=5_000, now=NOON, decide=lambda found: decide_plans(found, journey.book)
    )
    for status in (Status.SENT, Status.FAILED, Status.CANCELLED, Status.RETRYING, Status.SENDING):
        journey.now += timedelta(days=1)
        for claimed in await journey.claim(*await journey.dispatch(limit=200)):
            if status is not Status.SENDING:
                await journey.end(claimed, status, "refused")
    await store.outbox.expire(now=journey.now, limit=200)
    await store.connection.close()


def _somebody(number: int) -> Arrival:
    day = number % 28 + 1
    month = number // 28 % 12 + 1
    profile = a_profile(
        email=f"p{number * 7919 % 1_000_003}@example.org",
        birthday=f"1985-{month:02d}-{day:02d}",
        timezone=ZONES[number % len(ZONES)],
    )
    return an_arrival(profile)
