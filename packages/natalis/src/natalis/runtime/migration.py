"""Migrating: what a database lacks, and bringing it up to date; every start does the latter by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from natalis.ports.clock import Clock
from natalis.runtime.settings import Settings
from natalis.stores.sqlite import open_store
from natalis.stores.sqlite.inspecting import inspect, missing_after
from natalis.stores.sqlite.migrating import check_owner, migrations

if TYPE_CHECKING:
    from natalis.stores.postgres.migrating import Progress
    from natalis.stores.postgres.migration_files import Step

_AT_ONCE = "with all the others, in one transaction"
_MANNERS = {
    "transaction": "in a transaction that holds its locks for a moment",
    "alone": "beside what reads and writes, for as long as it takes",
    "batches": "in batches, for as long as it takes",
}


@dataclass(frozen=True, slots=True)
class Lacking:
    """Something a database lacks.

    Attributes:
        name: Such as `0002`, or `0002 find_by_name` where a migration has steps.
        purpose: What it is for, in a sentence; empty where that is not said.
        manner: How it is done.
        sql: What is run.
    """

    name: str
    purpose: str
    manner: str
    sql: str


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """What there is to do.

    Attributes:
        place: The file, or the database without its password.
        exists: Whether there is anything of ours in it yet.
        version: The last migration it has had whole; 0 for none.
        missing: What it lacks, in order.
    """

    place: str
    exists: bool
    version: int
    missing: tuple[Lacking, ...]


@dataclass(frozen=True, slots=True)
class Advance:
    """How far one of the missing is.

    Attributes:
        name: Which.
        rows: How many rows it has changed so far; 0 where nobody counts.
        finished: Whether it is done.
    """

    name: str
    rows: int
    finished: bool


Heard: TypeAlias = Callable[[Advance], None]


async def plan_migration(settings: Settings) -> MigrationPlan:
    """Say what a start would do; nothing is written.

    Raises:
        StoreUnavailable: The database cannot be read, belongs to another program or to a newer version.
    """
    if not settings.is_fleet:
        return _plan_of_file(settings)
    from natalis.stores.postgres.migrating import plan_migrations  # noqa: PLC0415 - one machine loads no driver it does not use

    plan = await plan_migrations(settings.database_url)
    missing = tuple(_lacking(step) for step in plan.missing)
    return MigrationPlan(plan.place, exists=plan.version > 0, version=plan.version, missing=missing)


async def apply_migration(settings: Settings, clock: Clock, *, progress: Heard = lambda _: None) -> MigrationPlan:
    """Bring the database up to date and say how it is then; safe to repeat, and to interrupt.

    Args:
        settings: Which database.
        clock: To wait for another process, or for a lock.
        progress: Told when a step begins, after each batch, and when it has ended; a file has none.

    Raises:
        StoreUnavailable: The database cannot be opened, or belongs to another program or a newer version.
    """
    if settings.is_fleet:
        from natalis.stores.postgres.migrating import apply_migrations  # noqa: PLC0415 - as above

        await apply_migrations(settings.database_url, clock=clock, progress=lambda told: progress(_advance(told)))
    else:
        store = await open_store(settings.database_path)
        await store.connection.close()
    return await plan_migration(settings)


def _plan_of_file(settings: Settings) -> MigrationPlan:
    path = settings.database_path
    exists = path.exists()
    found = inspect(path, thoroughly=False) if exists else None
    if found is not None:
        check_owner(path, found.version, is_foreign=found.has_tables and not found.is_ours)
    missing = missing_after(0) if found is None else found.missing
    texts = {f"{number:04d}": sql for number, sql in migrations().items()}
    lacking = tuple(Lacking(name, "", _AT_ONCE, texts[name]) for name in missing)
    return MigrationPlan(str(path), exists=exists, version=0 if found is None else found.version, missing=lacking)


def _lacking(step: Step) -> Lacking:
    return Lacking(_name(step), step.explanation, _MANNERS[step.kind.value], step.sql)


def _advance(told: Progress) -> Advance:
    return Advance(_name(told.step), told.rows, told.finished)


def _name(step: Step) -> str:
    return f"{step.version:04d} {step.name}"
