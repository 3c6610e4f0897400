"""Rule: migrations are planned, told of, safe to repeat, to interrupt and to run while the service is up."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias
from uuid import uuid4

import asyncpg
import pytest

from natalis.clocks.system import SystemClock
from natalis.errors import StoreUnavailable
from natalis.ports.ledger import DeliveryFilter
from natalis.ports.store import Store
from natalis.stores.postgres import PoolOptions, open_store
from natalis.stores.postgres.migrating import MIGRATIONS, MigrationPlan, Progress, apply_migrations, plan_migrations
from natalis.stores.postgres.migration_files import MigrationFileInvalid, StepKind, load_steps, parse_steps
from natalis.testing.journeys import Journey, a_birthday_tomorrow
from natalis.testing.servers.postgres import PostgresDatabase

Open: TypeAlias = Callable[..., Awaitable[Store]]
pytestmark = pytest.mark.network

CLOCK = SystemClock()
FIRST = """\
-- works with: 1

-- step: tables transaction
-- People.
CREATE TABLE people (id integer PRIMARY KEY, name text, initial text);
INSERT INTO people (id, name) SELECT id, 'Ada' FROM generate_series(1, 250) AS id;
"""
SECOND = """\
-- works with: 1

-- step: find_by_name alone
-- People are listed by name.
CREATE INDEX CONCURRENTLY people_name ON people (name);

-- step: initials batches
-- The initial is kept beside the name.
UPDATE people SET initial = left(name, 1)
WHERE id IN (SELECT id FROM people WHERE initial IS NULL LIMIT 100);

-- step: always transaction
-- From now on everybody has one.
ALTER TABLE people ALTER COLUMN initial SET NOT NULL;
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """What makes a package of migrations of the given files."""
    monkeypatch.syspath_prepend(tmp_path)
    made: list[str] = []

    def make(*files: str) -> str:
        name = f"migrations_{uuid4().hex}"
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        for number, text in enumerate(files, start=1):
            (tmp_path / name / f"{number:04d}_step.sql").write_text(text)
        made.append(name)
        return name

    yield make
    for name in made:
        sys.modules.pop(name, None)


async def _apply(database: PostgresDatabase, package: str) -> MigrationPlan:
    return await apply_migrations(database.url, clock=CLOCK, package=package)


async def test_the_plan_says_what_is_missing_and_writes_nothing(postgres: PostgresDatabase) -> None:
    for _ in range(2):
        plan = await plan_migrations(postgres.url)

        assert plan.version == 0
        assert [(step.version, step.name) for step in plan.missing] == [
            (1, "tables"),
            (2, "ratings_by_date"),
            (2, "months_anew"),
        ]
        assert all(step.explanation.endswith(".") for step in plan.missing)


async def test_what_is_missing_is_done_once(postgres: PostgresDatabase, package: Callable[..., str]) -> None:
    after = await _apply(postgres, package(FIRST))
    again = await _apply(postgres, package(FIRST))

    assert (after.version, after.missing) == (again.version, again.missing) == (1, ())
    assert postgres.sql("SELECT count(*) FROM people") == "250"


async def test_every_step_is_told_with_its_rows(postgres: PostgresDatabase, package: Callable[..., str]) -> None:
    told: list[Progress] = []

    await apply_migrations(postgres.url, clock=CLOCK, progress=told.append, package=package(FIRST, SECOND))

    assert [(each.step.name, each.rows, each.finished) for each in told if each.step.version == 2] == [
        ("find_by_name", 0, False),
        ("find_by_name", 0, True),
        ("initials", 0, False),
        ("initials", 100, False),
        ("initials", 200, False),
        ("initials", 250, False),
        ("initials", 250, True),
        ("always", 0, False),
        ("always", 0, True),
    ]
    assert postgres.sql("SELECT count(*) FROM people WHERE initial = 'A'") == "250"


async def test_several_processes_migrate_at_once_and_one_of_them_does_it(
    postgres: PostgresDatabase, package: Callable[..., str]
) -> None:
    both = package(FIRST, SECOND)

    plans = await asyncio.gather(*(_apply(postgres, both) for _ in range(5)))

    assert {(plan.version, plan.missing) for plan in plans} == {(2, ())}
    assert postgres.sql("SELECT count(*) FROM people") == "250"


async def test_an_interrupted_migration_goes_on_where_it_was(
    postgres: PostgresDatabase, package: Callable[..., str]
) -> None:
    broken = SECOND.replace("SET NOT NULL", "SET NOTHING")
    with pytest.raises(StoreUnavailable):
        await _apply(postgres, package(FIRST, broken))
    assert [step.name for step in (await plan_migrations(postgres.url, package=package(FIRST, SECOND))).missing] == [
        "always"
    ]

    assert (await _apply(postgres, package(FIRST, SECOND))).missing == ()


async def test_an_index_that_was_left_half_built_is_built_anew(
    postgres: PostgresDatabase, package: Callable[..., str]
) -> None:
    await _apply(postgres, package(FIRST))
    postgres.sql("INSERT INTO people (id, name) VALUES (1000, 'Bea'), (1001, 'Bea'), (1002, 'Cid')")
    unique = SECOND.replace("CREATE INDEX", "CREATE UNIQUE INDEX").replace("(name)", "(id, name)")
    clash = unique.replace("(id, name)", "(name)")
    with pytest.raises(StoreUnavailable):
        await _apply(postgres, package(FIRST, clash))
    assert postgres.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'people_name'::regclass") == "f"

    await _apply(postgres, package(FIRST, unique))

    assert postgres.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'people_name'::regclass") == "t"


async def test_a_migration_waits_for_a_lock_in_short_turns_so_that_others_are_not_held_up(
    postgres: PostgresDatabase, package: Callable[..., str]
) -> None:
    await _apply(postgres, package(FIRST))
    async with _transaction(postgres) as reader:
        await reader.execute("SELECT FROM people")
        migrating = asyncio.ensure_future(_apply(postgres, package(FIRST, SECOND)))
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
        while await asyncio.to_thread(postgres.sql, waiting) == "0":
            assert not migrating.done()

        others = await asyncio.to_thread(postgres.sql, "SELECT count(*) FROM people")

    assert others == "250"
    assert (await migrating).missing == ()


async def test_older_code_works_beside_a_newer_schema_that_bears_it(
    postgres: PostgresDatabase, package: Callable[..., str]
) -> None:
    await _apply(postgres, package(FIRST, SECOND))

    plan = await plan_migrations(postgres.url, package=package(FIRST))

    assert (plan.version, plan.missing) == (2, ())


async def test_reads_and_writes_go_on_over_a_migration_that_changes_what_they_return(
    open_one: Open, migrated: PostgresDatabase
) -> None:
    store = await open_one(migrated.url, options=PoolOptions(most=1))
    journey = Journey(store)
    (key,) = await journey.planned()
    for wider in ("bigint", "integer"):
        await store.ledger.get(key)
        await store.ledger.page(DeliveryFilter(user_id=key.user_id), limit=1, cursor=None)
        await store.people.get(key.user_id)

        migrated.sql(f"ALTER TABLE deliveries ALTER COLUMN attempts TYPE {wider}")

        delivery, _ = await store.ledger.get(key)
        page = await store.ledger.page(DeliveryFilter(user_id=key.user_id), limit=1, cursor=None)
        assert list(page.items) == [delivery]
        await journey.change(key.user_id, a_birthday_tomorrow())


async def test_code_that_is_too_old_is_told_so(postgres: PostgresDatabase, package: Callable[..., str]) -> None:
    await _apply(postgres, package(FIRST, SECOND.replace("works with: 1", "works with: 2")))

    with pytest.raises(StoreUnavailable, match="newer version of Natalis"):
        await plan_migrations(postgres.url, package=package(FIRST))


async def test_a_database_of_another_program_is_left_alone(postgres: PostgresDatabase) -> None:
    postgres.sql("CREATE TABLE users (id integer)")

    with pytest.raises(StoreUnavailable, match="belongs to another program"):
        await open_store(postgres.url, clock=CLOCK, instance="test")

    assert postgres.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "1"


async def test_opening_brings_a_database_up_to_date_unless_told_otherwise(postgres: PostgresDatabase) -> None:
    store = await open_store(postgres.url, clock=CLOCK, instance="test", migrate=False)
    with pytest.raises(StoreUnavailable, match="natalis migrate"):
        await store.ledger.tally()
    await store.connection.close()

    store = await open_store(postgres.url, clock=CLOCK, instance="test")
    await store.ledger.tally()
    await store.connection.close()


@pytest.mark.parametrize(
    "text",
    [
        "-- step: tables transaction\n-- No header.\nSELECT 1;\n",
        "-- works with: 1\n",
        "-- works with: 1\n\n-- step: tables somehow\n-- An unknown kind.\nSELECT 1;\n",
        "-- works with: 1\n\n-- step: tables transaction\n-- Nothing to run.\n",
        "-- works with: 1\n\n-- step: a alone\n-- Once.\nSELECT 1;\n\n-- step: a alone\n-- Twice.\nSELECT 1;\n",
    ],
)
def test_a_file_that_does_not_hold_to_the_form_is_refused(text: str) -> None:
    with pytest.raises(MigrationFileInvalid):
        parse_steps(text, version=1)


def test_a_file_is_read_step_by_step() -> None:
    steps = parse_steps(SECOND, version=2)

    kinds = MappingProxyType({step.name: step.kind for step in steps})
    assert kinds == {
        "find_by_name": StepKind.ALONE,
        "initials": StepKind.BATCHES,
        "always": StepKind.TRANSACTION,
    }
    assert steps[0].sql == "CREATE INDEX CONCURRENTLY people_name ON people (name);"
    assert {step.works_with for step in load_steps(MIGRATIONS)} == {1}


@asynccontextmanager
async def _transaction(database: PostgresDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.admin_url)
    async with connection.transaction():
        yield connection
    await connection.close()
