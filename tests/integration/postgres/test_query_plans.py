"""Rule: with a million people every query reads a range of an index: as much as it returns, however many there are.

Each query runs, as the store runs it, in a transaction that is undone; the server tells what it read.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from natalis.clocks.system import SystemClock
from natalis.stores.postgres.ids import BEGINNING, END, LOWEST_ID
from natalis.stores.postgres.migrating import apply_migrations
from natalis.stores.postgres.options import PoolOptions
from natalis.stores.postgres.servers import Manner
from natalis.stores.postgres.session import QUERIES
from natalis.testing.servers.postgres import Postgres, PostgresDatabase

pytestmark = [pytest.mark.network, pytest.mark.slow]

BATCH = 500
NOW = datetime(2026, 6, 4, 9, tzinfo=UTC)
_FIRST_DAYS = date(2026, 6, 1), date(2026, 6, 13)  # what is live of million.sql
_SMALL = {"tallies", "handovers", "suppressions", "former_emails", "requests"}


@pytest.fixture(scope="session")
def million(postgres_server: Postgres) -> PostgresDatabase:
    """A million people; see `million.sql`."""
    postgres_server.revive()
    database = postgres_server.create_database("million")
    asyncio.run(apply_migrations(database.url, clock=SystemClock()))
    database.sql(Path(__file__).with_name("million.sql").read_text("utf-8"))
    return database


@pytest.fixture
async def connection(million: PostgresDatabase) -> AsyncIterator[asyncpg.Connection]:
    """A connection that is told what the store tells its own."""
    manner = Manner(timedelta(seconds=60), PoolOptions(), "test", pooled=False)
    connection = await asyncpg.connect(million.admin_url, server_settings=dict(manner.settings))
    yield connection
    await connection.close()


@dataclass(frozen=True, slots=True)
class Work:
    """What a query did.

    Attributes:
        returned: Rows.
        read: Rows that were read from tables and indexes, those thrown away included.
        whole: Big tables that were read from end to end.
        months: Months of deliveries that were looked at.
        pages: Pages of tables and indexes.
    """

    returned: int
    read: int
    whole: list[str]
    months: int
    pages: int


def user_id(number: int) -> str:
    return f"01900000-0000-7000-8000-{number:012x}"


def day_of(number: int) -> date:
    return _FIRST_DAYS[0] + timedelta(days=number * 7919 % 365)


def live(*remainders: int) -> dict[str, list[object]]:
    """Return the keys of live deliveries whose status `million.sql` chose by these remainders of their number."""
    numbers = [number for number in range(1, 300_000) if number % 6 in remainders and day_of(number) < _FIRST_DAYS[1]][
        :BATCH
    ]
    return {
        "user_ids": [user_id(number) for number in numbers],
        "kinds": ["birthday"] * BATCH,
        "dates": [day_of(number) for number in numbers],
    }


SCHEDULED, QUEUED, SENDING = live(0, 1, 2), live(4), live(5)
PAGE = {
    "after_fire": BEGINNING,
    "after_user": LOWEST_ID,
    "after_kind": "",
    "after_date": date(1, 1, 1),
    "before": END,
    "kind": None,
    "limit": 100,
    "status": None,
    "timezone": None,
    "now": datetime(2026, 6, 1, tzinfo=UTC),
    "until": NOW,
}
ONE = {
    "user_id": SCHEDULED["user_ids"][0],
    "id": SCHEDULED["user_ids"][0],
    "kind": "birthday",
    "occasion_date": SCHEDULED["dates"][0],
    "year": 2026,
}
ENDS = {
    "numbers": [1] * BATCH,
    "statuses": ["sent"] * BATCH,
    "finishes": [NOW] * BATCH,
    "outcomes": ["delivered"] * BATCH,
    "details": ["202 Accepted"] * BATCH,
    "dues": [None] * BATCH,
    "provider_ids": ["abc"] * BATCH,
    "counted": [True] * BATCH,
}
INSTANTS = {"fires": [NOW] * BATCH, "expiries": [NOW] * BATCH}
NEW = [user_id(number) for number in range(2_000_000, 2_000_000 + BATCH)]

HOT: Mapping[str, tuple[dict[str, Any], int, int]] = {
    # the query: its values, how many rows it may read for each that it returns or is given, how many months it may see
    "occasions_to_plan": ({"until": NOW + timedelta(days=9), "limit": BATCH}, 1, 0),
    "hand_over": ({"now": NOW, "late_before": NOW - timedelta(hours=1), "limit": BATCH, "late_limit": 0,
                   "handover": 1, "until": NOW}, 3, 16),
    "end_handover": ({**QUEUED, "handover": 1}, 1, 1),
    "take_back": ({**QUEUED, "handover": 1, "statuses": ["scheduled"] * BATCH, "dues": [None] * BATCH}, 1, 1),
    "claim": ({**QUEUED, "lease_until": NOW, "now": datetime(2026, 6, 1, tzinfo=UTC), "worker_id": "worker",
               "birthday": "birthday"}, 3, 1),
    "renew": ({**SENDING, "numbers": [1] * BATCH, "lease_until": NOW}, 1, 1),
    "begun_by": ({**SENDING, "worker_id": "worker"}, 1, 1),
    "complete": ({**SENDING, **ENDS, "slot": 0}, 1, 1),
    "expire": ({"now": NOW, "limit": BATCH, "reason": "late"}, 6, 16),
    "next_due": ({}, 20, 16),
    "give_leases_back": ({"run_out": NOW, "limit": BATCH, "now": NOW, "status": "retrying", "reason": "", "detail": ""},
                         4, 16),
    "give_lost_back": ({"before": NOW, "handovers": [1], "limit": BATCH, "now": NOW}, 4, 16),
    "follow_deliveries": ({**SCHEDULED, **INSTANTS, "timezone": "Etc/UTC"}, 1, 1),
    "retime_deliveries": ({**SCHEDULED, **INSTANTS}, 1, 1),
    "cancel_deliveries": ({**SCHEDULED, "reasons": [""] * BATCH}, 1, 1),
    "schedule_again": ({**SCHEDULED, "found": ["failed"] * BATCH, "now": NOW, "expires_at": NOW, "reason": ""}, 1, 1),
    "deliveries_in_years": ({"user_ids": SCHEDULED["user_ids"], "kinds": SCHEDULED["kinds"], "years": [2026] * BATCH},
                            1, 9),
    "pending_of_occasions": ({"user_ids": SCHEDULED["user_ids"], "kinds": SCHEDULED["kinds"]}, 2, 16),
    "attempts_of_deliveries": (QUEUED, 3, 1),
    "delivery": (ONE, 1, 1),
    "lock_delivery": (ONE, 1, 1),
    "rate": ({**ONE, "rating": 5, "now": NOW}, 1, 1),
    "cancel": ({**ONE, "reason": "", "found": "scheduled"}, 1, 1),
    "deliveries_of_user": (ONE, 2, 16),
    "users_deliveries_in_year": (ONE, 2, 9),
    "user_deliveries_page": ({**PAGE, "user_id": ONE["user_id"]}, 2, 16),
    "live_deliveries_page": ({**PAGE, "status": "scheduled"}, 40, 16),
    "sent_deliveries_page": ({**PAGE, "status": "sent"}, 40, 16),
    "unsent_deliveries_page": ({**PAGE, "status": "failed"}, 10, 16),
    "deliveries_page": (PAGE, 40, 16),
    "upcoming_deliveries": (PAGE, 40, 16),
    "upcoming_occasions": ({**PAGE, "until": NOW + timedelta(days=1)}, 60, 0),
    "cohorts": ({"months": [6], "days": [20]}, 3000, 0),
    "occasions_of_user": (ONE, 1, 0),
    "person": (ONE, 4, 16),
    "lock_living_user": (ONE, 1, 0),
    "living_users_after": ({"after": user_id(500_000), "limit": 100}, 1, 0),
    "occasions_after": ({"user_id": user_id(500_000), "kind": "", "limit": 100}, 2, 0),
    "quarantined_after": ({"user_id": LOWEST_ID, "kind": "", "limit": 100}, 1, 0),
    "holders_of_emails": ({"email_keys": [f"person{number}@example.org" for number in range(BATCH)]}, 1, 0),
    "users_with_email": ({"email_key": "person7@example.org"}, 1, 0),
    "retime_occasions": ({**SCHEDULED, **INSTANTS, "seen_dates": SCHEDULED["dates"], "seen_fires": [NOW] * BATCH},
                         1, 0),
    "write_plans": ({"user_ids": NEW, "kinds": ["birthday"] * BATCH, "dates": SCHEDULED["dates"], **INSTANTS,
                     "timezones": ["Etc/UTC"] * BATCH, "moved_ids": SCHEDULED["user_ids"],
                     "moved_kinds": SCHEDULED["kinds"], "moved_months": [6] * BATCH, "next_dates": SCHEDULED["dates"],
                     "next_fires": [NOW] * BATCH, "next_expiries": [NOW] * BATCH, "last_years": [2026] * BATCH,
                     "now": NOW}, 1, 0),
    "schedule_again_or_first": ({**SCHEDULED, **INSTANTS, "timezones": ["Etc/UTC"] * BATCH, "now": NOW,
                                 "superseded": "superseded"}, 1, 1),
    "quarantine_occasions": ({"user_ids": SCHEDULED["user_ids"], "kinds": SCHEDULED["kinds"], "months": [6] * BATCH,
                              "reasons": ["no such zone"] * BATCH}, 1, 0),
    "add_users": ({**dict.fromkeys(("ids", "first_names", "last_names", "emails", "email_keys", "user_ids"), NEW),
                   **dict.fromkeys(("months", "days", "on_months", "on_days"), [6] * BATCH),
                   **dict.fromkeys(("years", "locales", "leap_days", "on_years", "on_leap_days", "user_leap_days",
                                    "quarantines"), [None] * BATCH),
                   **dict.fromkeys(("created", "updated", "fires", "expiries"), [NOW] * BATCH),
                   **dict.fromkeys(("timezones", "on_timezones"), ["Etc/UTC"] * BATCH),
                   "versions": [1] * BATCH, "kinds": ["birthday"] * BATCH,
                   "occasion_dates": SCHEDULED["dates"]}, 1, 0),
    "lock_occasions_of_user": (ONE, 1, 0),
    "lock_deliveries_of_user": (ONE, 2, 16),
    "cancel_all_deliveries": ({**ONE, "reason": ""}, 2, 16),
    "end_all_occasions": (ONE, 1, 0),
    "erase_deliveries": (ONE, 2, 16),
    "erase_attempts": (ONE, 2, 0),
    "user_exists": (ONE, 1, 0),
    "live_in_month": ({"first_day": _FIRST_DAYS[0]}, 1, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", HOT)
async def test_a_query_reads_what_it_returns(name: str, connection: asyncpg.Connection) -> None:
    values, factor, months = HOT[name]

    work = await _run(connection, name, values)

    given = max((len(value) for value in values.values() if isinstance(value, list)), default=1)
    assert work.whole == []
    assert work.read <= factor * max(work.returned, given, 1)
    assert work.months <= months


async def test_late_ones_are_found_no_slower(connection: asyncpg.Connection) -> None:
    values, factor, months = HOT["hand_over"]

    work = await _run(connection, "hand_over", {**values, "late_before": NOW, "late_limit": BATCH})

    assert work.returned == BATCH
    assert work.read <= factor * BATCH
    assert (work.whole, work.months <= months) == ([], True)


async def test_a_key_is_looked_for_in_its_own_month_alone(connection: asyncpg.Connection) -> None:
    work = await _run(connection, "delivery", ONE)

    assert (work.returned, work.read, work.months) == (1, 1, 1)


@pytest.mark.parametrize(("day", "forgotten"), [(date(2025, 7, 1), BATCH), (date(2025, 6, 1), 0)])
async def test_ratings_are_forgotten_without_looking_at_those_that_stay(
    day: date, forgotten: int, connection: asyncpg.Connection
) -> None:
    work = await _run(connection, "forget_feedback", {"day": day, "limit": BATCH})

    assert (work.read, work.whole) == (2 * forgotten, [])  # found by their date, deleted by their key
    assert work.pages <= 20 * (forgotten + 1)


async def test_counting_by_status_leaves_out_what_was_sent(connection: asyncpg.Connection) -> None:
    sent = await connection.fetchval("SELECT count(*) FROM deliveries WHERE stage = 's'")

    work = await _run(connection, "tally", {})

    assert work.read < sent / 2
    assert work.whole == []


async def _run(connection: asyncpg.Connection, name: str, values: Mapping[str, Any]) -> Work:
    """Run a query under the plan that is made for all values alike, as the store does, and undo it."""
    query = QUERIES[name]
    prepared = await connection.prepare(query.sql)
    kinds = [kind.name for kind in prepared.get_parameters()]
    written = [_literal(values[each], kind) for each, kind in zip(query.parameters, kinds, strict=True)]
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(f"PREPARE asked{_in_brackets(kinds)} AS {query.sql}")
    (told,) = await connection.fetch(
        f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE asked{_in_brackets(written)}"
    )
    await transaction.rollback()
    await connection.execute("DEALLOCATE asked")
    return _work(json.loads(told[0])[0]["Plan"])


def _work(plan: dict[str, Any]) -> Work:
    scans = [node for node in _nodes(plan) if "Scan" in node["Node Type"] and node.get("Relation Name")]
    done = [node for node in scans if node["Actual Loops"] and node["Relation Name"] not in _SMALL]
    return Work(
        int(plan["Actual Rows"]),
        int(sum((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in done)),
        [node["Relation Name"] for node in done if "Seq" in node["Node Type"]],
        len({node["Relation Name"] for node in done if node["Relation Name"].startswith("deliveries")}),
        plan["Shared Hit Blocks"] + plan["Shared Read Blocks"],
    )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _literal(value: Any, kind: str) -> str:
    if isinstance(value, list):
        return f"ARRAY[{', '.join(_literal(each, kind.removesuffix('[]')) for each in value)}]::{kind}"
    return f"NULL::{kind}" if value is None else f"'{value}'::{kind}"


def _in_brackets(parts: list[str]) -> str:
    return f"({', '.join(parts)})" if parts else ""
