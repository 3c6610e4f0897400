"""Migrating: what a database lacks, and bringing it up to date; every start does the latter by itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from natalis.runtime.settings import Settings
from natalis.stores.sqlite import open_store
from natalis.stores.sqlite.inspecting import inspect, missing_after


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """What there is to do.

    Attributes:
        path: The file.
        exists: Whether it is there yet.
        version: The last migration it has had; 0 for none.
        missing: The migrations it lacks, in order.
    """

    path: Path
    exists: bool
    version: int
    missing: tuple[str, ...]


def plan_migration(settings: Settings) -> MigrationPlan:
    """Say what a start would do; nothing is written.

    Raises:
        StoreUnavailable: The file is not a database, or cannot be read.
    """
    path = settings.database_path
    if not path.exists():
        return MigrationPlan(path, exists=False, version=0, missing=missing_after(0))
    found = inspect(path, thoroughly=False)
    return MigrationPlan(path, exists=True, version=found.version, missing=found.missing)


async def apply_migration(settings: Settings) -> MigrationPlan:
    """Bring the file up to date, in one transaction, and say how it is then; safe to repeat.

    Raises:
        StoreUnavailable: The file cannot be opened, or belongs to another program or a newer version.
    """
    store = await open_store(settings.database_path)
    await store.connection.close()
    return plan_migration(settings)
