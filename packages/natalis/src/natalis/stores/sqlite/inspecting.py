"""Looks at a file without changing it: whose it is, which version, whether it is whole, who runs it."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from natalis.stores.sqlite.failures import unavailable
from natalis.stores.sqlite.migrating import APPLICATION_ID, migrations


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file is.

    Attributes:
        is_ours: Whether Natalis made it.
        has_tables: Whether there is anything in it.
        version: The last migration it has had; 0 for none.
        missing: The migrations it still lacks, by number and name.
        faults: What SQLite finds broken in it, a line each; empty for a whole file, and when that was not asked.
    """

    is_ours: bool
    has_tables: bool
    version: int
    missing: tuple[str, ...]
    faults: tuple[str, ...] = ()


def inspect(path: Path, *, thoroughly: bool) -> Inspection:
    """Look at an existing file; `thoroughly` reads all of it, a second for every gigabyte or so.

    Raises:
        StoreUnavailable: It is not a database, or cannot be read.
    """
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            return _inspected(connection, thoroughly=thoroughly)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise unavailable(error, path) from error


def holder_of(path: Path) -> str | None:
    """Return the id of the process that runs the services on this file; None when none does."""
    lock = path.with_name(path.name + ".lock")
    if not lock.exists():
        return None
    descriptor = os.open(lock, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
    finally:
        os.close(descriptor)
    return None


def missing_after(version: int) -> tuple[str, ...]:
    """Return the migrations that a file of this version lacks, each as `0002`."""
    return tuple(f"{number:04d}" for number in migrations() if number > version)


def _inspected(connection: sqlite3.Connection, *, thoroughly: bool) -> Inspection:
    def ask(pragma: str) -> list[object]:
        return [row[0] for row in connection.execute(f"PRAGMA {pragma}")]

    version = int(str(ask("user_version")[0]))
    faults = [str(fault) for fault in ask("quick_check")] if thoroughly else []
    return Inspection(
        is_ours=ask("application_id") == [APPLICATION_ID],
        has_tables=ask("schema_version") != [0],
        version=version,
        missing=missing_after(version),
        faults=tuple(fault for fault in faults if fault != "ok"),
    )
